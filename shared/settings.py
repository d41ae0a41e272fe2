"""Settings are read once from the environment: unknown and missing names are refused, all faults at once."""

import os
import sys
from collections.abc import Mapping
from typing import TypeVar

from pydantic import ValidationError
from pydantic_settings import BaseSettings

S = TypeVar("S", bound=BaseSettings)


class BadSettings(Exception):
    """The environment does not make a start possible; the message has one line a fault."""


def read(model: type[S], environ: Mapping[str, str] = os.environ) -> S:
    """Read a service's settings; raises BadSettings with one sentence for every missing, wrong or unknown name."""
    prefix = model.model_config.get("env_prefix", "")
    known = {f"{prefix}{name}".upper() for name in model.model_fields}
    faults = [
        f"{name} is no setting of this service; it knows {', '.join(sorted(known))}."
        for name in sorted(environ)
        if name.upper().startswith(prefix.upper()) and name.upper() not in known
    ]
    try:
        settings = model()
    except ValidationError as error:
        faults += [f"{prefix}{fault['loc'][0]}".upper() + f": {fault['msg']}." for fault in error.errors()]
        raise BadSettings("\n".join(faults)) from None
    if faults:
        raise BadSettings("\n".join(faults))
    return settings


def read_or_exit(model: type[S]) -> S:
    """Read the settings, or end the process with status 78 (EX_CONFIG) and one line a fault on stderr."""
    try:
        return read(model)
    except BadSettings as error:
        sys.stderr.write(f"The settings are not right:\n{error}\n")
        raise SystemExit(78) from None
