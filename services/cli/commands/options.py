"""What many commands are told the same way: which hub, whose credentials, which home."""

import os
from pathlib import Path
from typing import Annotated

import typer

DEFAULT_HUB = "http://127.0.0.1:8000"
ADMIN_FILE = Path(os.environ.get("SAOLA_HOME", "var")) / "admin.json"

HubUrl = Annotated[str, typer.Option("--hub", envvar="SAOLA_HUB", help="Address of the hub.")]
OptionalHubUrl = Annotated[
    str | None, typer.Option("--hub", envvar="SAOLA_HUB", help="Address of a hub; without it one is started for this.")
]
HomeFolder = Annotated[Path, typer.Option("--home", envvar="SAOLA_HOME", help="Everything is kept under this folder.")]
AdminFile = Annotated[
    Path,
    typer.Option(
        "--admin", help="The administrator's credentials; SAOLA_CLIENT_ID and SAOLA_CLIENT_SECRET come before it."
    ),
]
CredentialsFile = Annotated[
    Path,
    typer.Option(
        "--credentials", help="A party's credentials; SAOLA_CLIENT_ID and SAOLA_CLIENT_SECRET come before it."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON array in place of a table.")]
