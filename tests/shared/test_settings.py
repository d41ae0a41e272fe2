"""Examples of settings: each setting has one, and its service accepts it."""

import pytest
from pydantic import TypeAdapter

from services.gateway.settings import Settings as GatewaySettings
from services.notifications.settings import Settings as NotificationsSettings
from services.permits.settings import Settings as PermitsSettings
from shared.settings import InvalidSettings, ServiceSettings, example_value, quote, read_settings, variable_names

MODELS = (GatewaySettings, PermitsSettings, NotificationsSettings)


@pytest.mark.parametrize("model", MODELS)
def test_setting_examples_are_accepted_by_their_service(model: type[ServiceSettings]) -> None:
    examples = {name: example_value(model, field) for field, name in variable_names(model).items()}
    assert all(examples.values())
    settings = read_settings(model, examples)
    for field in model.model_fields:
        adapter: TypeAdapter[object] = TypeAdapter(type(getattr(settings, field)))
        assert adapter.validate_python(example_value(model, field)) == getattr(settings, field)


@pytest.mark.parametrize("model", MODELS)
def test_setting_with_secret_is_absent_from_representation(model: type[ServiceSettings]) -> None:
    examples = {name: example_value(model, field) for field, name in variable_names(model).items()}
    assert "password" not in repr(read_settings(model, examples))


@pytest.mark.parametrize("url", ["ftp://permits", "permits:8080", "", "http://", "http://permits:port", "http://a b"])
@pytest.mark.parametrize(
    ("model", "name", "example"),
    [
        (GatewaySettings, "GATEWAY_PERMITS_URL", "http://permits:8080"),
        (GatewaySettings, "GATEWAY_NOTIFICATIONS_URL", "http://notifications:8080"),
        (GatewaySettings, "GATEWAY_PUBLIC_URL", "https://hub.example"),
        (PermitsSettings, "PERMITS_NOTIFICATIONS_URL", "http://notifications:8080"),
    ],
)
def test_setting_of_service_address_without_http_is_refused(
    model: type[ServiceSettings], name: str, example: str, url: str
) -> None:
    given = {variable: example_value(model, field) for field, variable in variable_names(model).items()}
    if (name, url) == ("GATEWAY_PUBLIC_URL", ""):
        assert read_settings(model, given | {name: url})
        return
    with pytest.raises(InvalidSettings) as refused:
        read_settings(model, given | {name: url})
    assert refused.value.faults == (
        f"{name} is {quote(url)}. Expected: an address that begins with http:// or https://. Example: {name}={example}",
    )
