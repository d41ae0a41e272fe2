"""Settings, read once from the environment. All faults are reported at once: missing, wrong and unknown variables.

A value may also be in a file: `X_FILE` names a file whose text is the value of `X`, as containers receive secrets. If
both are set, the process refuses to start, because it is not clear which one counts.
"""

import os
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

S = TypeVar("S", bound=BaseSettings)
FILE_SUFFIX = "_FILE"
REFERENCE_PAGE = "docs/reference/settings.md"


class ServiceSettings(BaseSettings):
    """The settings that every service has.

    A field with `repr=False` may contain a secret: no message shows its value. The text of a validator's ValueError is
    the expected form, because a message shows it after "Expected:".
    """

    database_url: str = Field(
        description="Address of the service's database, with its runner as the user",
        examples=["postgresql+asyncpg://{service}_runner:password@db.example:5432/{service}"],
        repr=False,
    )
    host: str = Field("127.0.0.1", description="Address to listen on")
    port: int = Field(ge=1, le=65535, description="Port to listen on", examples=["8000"])
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Lowest level of log lines; a request is a line of INFO, a health check one of DEBUG"
    )


class InvalidSettings(Exception):
    """The environment does not allow a start. The message has one line for each fault."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


def find_variable(name: str, environ: Mapping[str, str] = os.environ) -> str | None:
    """Return the value of a variable, or the text of the file that `<name>_FILE` names. Raise InvalidSettings."""
    file = environ.get(name + FILE_SUFFIX)
    if file is None:
        return environ.get(name)
    if name in environ:
        raise InvalidSettings([f"{name} and {name}{FILE_SUFFIX} are both set. Set only one of them."])
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        fault = f"{name}{FILE_SUFFIX} names {quote(file)}, which cannot be read: {reason}."
        raise InvalidSettings([f"{fault} Name a readable file that contains the value of {name}."]) from None


def variable_names(model: type[BaseSettings]) -> dict[str, str]:
    """Return the environment variable of each field of a settings model."""
    prefix = model.model_config.get("env_prefix", "")
    return {field: f"{prefix}{field}".upper() for field in model.model_fields}


def read_settings(model: type[S], environ: Mapping[str, str] = os.environ) -> S:
    """Read a service's settings. Raise InvalidSettings with a message for each missing, wrong or unknown variable."""
    faults = _unknown_variables(model, environ)
    found: dict[str, Any] = {}
    unreadable = set()
    for field, name in variable_names(model).items():
        try:
            value = find_variable(name, environ)
        except InvalidSettings as error:
            faults += error.faults
            unreadable.add(field)
        else:
            found |= {} if value is None else {field: value}
    try:
        settings = model(**found)
    except ValidationError as error:
        faults += [
            _fault_message(model, fault, environ) for fault in error.errors() if fault["loc"][0] not in unreadable
        ]
    if faults:
        raise InvalidSettings(faults)
    return settings


def expected_value(field: FieldInfo) -> str:
    """Return the form of a setting's values, in words."""
    kinds = get_args(field.annotation) or (field.annotation,)
    if all(isinstance(kind, str) for kind in kinds):
        return f"one of {', '.join(kinds)}"
    if bool in kinds:
        return "true or false"
    if int in kinds:
        [lowest] = [limit.ge for limit in field.metadata if hasattr(limit, "ge")]
        [highest] = [limit.le for limit in field.metadata if hasattr(limit, "le")]
        return f"a whole number from {lowest} to {highest}"
    if Path in kinds:
        return "the path of a file"
    return "an address" if "://" in str(field.examples) else "a text"


def example_value(model: type[BaseSettings], name: str) -> str:
    """Return an example of a setting's value: the first of the field's examples, else its default."""
    field = model.model_fields[name]
    example = field.examples[0] if field.examples else field.default
    text = str(example).lower() if isinstance(example, bool) else str(example)
    return text.replace("{service}", service_name(model))


def service_name(model: type[BaseSettings]) -> str:
    """Return the name of the service to which a settings model belongs."""
    return model.model_config.get("env_prefix", "").strip("_").lower()


def _unknown_variables(model: type[BaseSettings], environ: Mapping[str, str]) -> list[str]:
    prefix, service = model.model_config.get("env_prefix", "").upper(), service_name(model)
    known = sorted(variable_names(model).values())
    allowed = {*known, *(name + FILE_SUFFIX for name in known)}
    return [
        _unknown_message(name, service, known, prefix=prefix)
        for name in sorted(environ)
        if name.upper().startswith(prefix) and name.upper() not in allowed
    ]


def _unknown_message(name: str, service: str, known: Sequence[str], *, prefix: str) -> str:
    similar = get_close_matches(name.upper().removeprefix(prefix), [one.removeprefix(prefix) for one in known], n=1)
    hint = f"Did you mean {prefix}{similar[0]}?" if similar else f"The settings of {service} are {', '.join(known)}."
    return f"{name} is not a setting of {service}. {hint} Correct its name, or remove it. See {REFERENCE_PAGE}."


def _fault_message(model: type[BaseSettings], fault: Any, environ: Mapping[str, str]) -> str:
    """Return one fault in the hub's own words: the variable, the value found, the expected form, an example."""
    key = str(fault["loc"][0])
    name, field = variable_names(model)[key], model.model_fields[key]
    if fault["type"] == "missing":
        found = f"{name} is not set. It means: {field.description}."
    elif name not in environ:
        found = f"{name}{FILE_SUFFIX} names a file with a wrong value."
    elif not field.repr:
        found = f"{name} has a wrong value."
    else:
        found = f"{name} is {quote(environ[name])}."
    expected = str(fault["ctx"]["error"]) if fault["type"] == "value_error" else expected_value(field)
    return f"{found} Expected: {expected}. Example: {name}={example_value(model, key)}"


def require_http_url(url: str) -> str:
    """Return the address of a service. Raise ValueError if it is not one of http or https with a host."""
    try:
        parts = urlsplit(url)
        valid = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid or any(character.isspace() for character in url):
        raise ValueError("an address that begins with http:// or https://")
    return url


def quote(value: str) -> str:
    """Return a value between quotation marks, or the word `empty`."""
    return f'"{value}"' if value else "empty"


ServiceUrl = Annotated[str, AfterValidator(require_http_url)]
"""The address of a service that a process calls."""
