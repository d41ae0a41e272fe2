"""The options that several commands share: the hub, the credentials, the home folder."""

import os
from pathlib import Path
from typing import Annotated

import typer

DEFAULT_HUB = "http://127.0.0.1:8000"
ADMIN_FILE = Path(os.environ.get("SAOLA_HOME", "var")) / "admin.json"

HubUrl = Annotated[str, typer.Option("--hub", envvar="SAOLA_HUB", help="URL of the hub.")]
OptionalHubUrl = Annotated[
    str | None,
    typer.Option("--hub", envvar="SAOLA_HUB", help="URL of a hub. By default a temporary hub runs for this command."),
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
