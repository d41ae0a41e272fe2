"""Settings, read once from the environment. All faults are reported at once: missing, wrong and unknown variables.

A value may also be in a file: `X_FILE` names a file whose text is the value of `X`, as containers receive secrets. If
both are set, the process refuses to start, because it is not clear which one counts.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings

S = TypeVar("S", bound=BaseSettings)
FILE_SUFFIX = "_FILE"


class ServiceSettings(BaseSettings):
    """The settings that every service has."""

    database_url: str = Field(description="postgresql+asyncpg://…, the service's database as its runner")
    host: str = Field("127.0.0.1", description="Address to listen on")
    port: int = Field(ge=1, le=65535, description="Port to listen on")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="DEBUG, INFO, WARNING or ERROR; every request is a line of INFO, a health check of DEBUG"
    )


class InvalidSettings(Exception):
    """The environment does not make a start possible; the message has one line a fault."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


def find_variable(name: str, environ: Mapping[str, str] = os.environ) -> str | None:
    """Answer what a variable is set to, itself or by the file that `<name>_FILE` names; raises InvalidSettings."""
    file = environ.get(name + FILE_SUFFIX)
    if file is None:
        return environ.get(name)
    if name in environ:
        raise InvalidSettings([f"{name} and {name}{FILE_SUFFIX} are both set; set one of them."])
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8"
        raise InvalidSettings([f"{name}{FILE_SUFFIX} names {file}, which cannot be read: {reason}."]) from None


def variable_names(model: type[BaseSettings]) -> dict[str, str]:
    """Answer the variable of every field of a settings model."""
    prefix = model.model_config.get("env_prefix", "")
    return {field: f"{prefix}{field}".upper() for field in model.model_fields}


def read_settings(model: type[S], environ: Mapping[str, str] = os.environ) -> S:
    """Read a service's settings; raises InvalidSettings with one sentence for every missing, wrong or unknown name."""
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
        faults += [_fault_message(model, fault) for fault in error.errors() if fault["loc"][0] not in unreadable]
    if faults:
        raise InvalidSettings(faults)
    return settings


def _unknown_variables(model: type[BaseSettings], environ: Mapping[str, str]) -> list[str]:
    prefix = model.model_config.get("env_prefix", "").upper()
    known = sorted(variable_names(model).values())
    allowed = {*known, *(name + FILE_SUFFIX for name in known)}
    return [
        f"{name} is no setting of this service; it knows {', '.join(known)}."
        for name in sorted(environ)
        if name.upper().startswith(prefix) and name.upper() not in allowed
    ]


def _fault_message(model: type[BaseSettings], fault: Any) -> str:
    field = str(fault["loc"][0])
    name = variable_names(model)[field]
    if fault["type"] != "missing":
        return f"{name}: {fault['msg']}."
    return f"{name} is not set: {model.model_fields[field].description or 'it has no default'}."
