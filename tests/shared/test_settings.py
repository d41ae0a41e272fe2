"""Examples of settings: each setting has one, and its service accepts it."""

import pytest
from pydantic import TypeAdapter

from services.gateway.settings import Settings as GatewaySettings
from services.notifications.settings import Settings as NotificationsSettings
from services.permits.settings import Settings as PermitsSettings
from shared.settings import ServiceSettings, example_value, read_settings, variable_names

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
