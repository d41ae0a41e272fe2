"""The options that several commands share: the hub, the credentials, the home folder."""

import os
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from services.cli.console import CommandError

DEFAULT_HUB = "http://127.0.0.1:8000"
ADMIN_FILE = Path(os.environ.get("SAOLA_HOME", "var")) / "admin.json"


def _check_hub_url(context: typer.Context, param: typer.CallbackParam, value: str | None) -> str | None:
    """Return the URL of a hub. Raise CommandError, with the name of the option or variable, for a wrong one."""
    if value is None:
        return None
    try:
        parts = urlsplit(value)
        is_valid = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_valid = False
    if is_valid:
        return value
    source = context.get_parameter_source(str(param.name))
    name = "The variable SAOLA_HUB" if source is not None and source.name == "ENVIRONMENT" else "--hub"
    found = f"is {value!r}" if len(value) <= 60 and "@" not in value else "is not an address"
    raise CommandError(f"{name} {found}. Expected: http://host:port or https://host.")


HubUrl = Annotated[str, typer.Option("--hub", envvar="SAOLA_HUB", callback=_check_hub_url, help="URL of the hub.")]
OptionalHubUrl = Annotated[
    str | None,
    typer.Option(
        "--hub",
        envvar="SAOLA_HUB",
        callback=_check_hub_url,
        help="URL of a hub. By default a temporary hub runs for this command.",
    ),
]
HomeFolder = Annotated[
    Path, typer.Option("--home", envvar="SAOLA_HOME", help="Folder of the hub's data, keys and logs.")
]
AdminFile = Annotated[
    Path,
    typer.Option(
        "--admin",
        help="File with the administrator's credentials. SAOLA_CLIENT_ID and SAOLA_CLIENT_SECRET replace it.",
    ),
]
CredentialsFile = Annotated[
    Path,
    typer.Option(
        "--credentials",
        help="File with a party's credentials. SAOLA_CLIENT_ID and SAOLA_CLIENT_SECRET replace it.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print a JSON array instead of a table.")]
