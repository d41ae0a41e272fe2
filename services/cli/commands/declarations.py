"""A party's own day: check and lodge declarations, keep receipts, hear the news."""

from pathlib import Path
from typing import Annotated

import typer

from services.cli.commands.options import ADMIN_FILE, DEFAULT_HUB, CredentialsFile, HubUrl
from services.cli.console import out

PANEL = "Declare, follow, hear"
commands = typer.Typer()


@commands.command(rich_help_panel=PANEL)
def check(
    file: Annotated[Path, typer.Argument(help="A declaration, JSON or XML.")],
    hub: HubUrl = DEFAULT_HUB,
    credentials: CredentialsFile = ADMIN_FILE,
) -> None:
    """Ask what the hub would find in a declaration; nothing is kept. The status is 1 if it would not pass."""
    from services.cli.check import check_file
    from services.cli.client_access import open_hub

    with open_hub(hub, credentials) as opened:
        passed = check_file(opened, file)
    if not passed:
        raise typer.Exit(1)


@commands.command(rich_help_panel=PANEL)
def load(
    file: Annotated[Path, typer.Argument(help="NDJSON: a declaration or a permit a line.")],
    answers: Annotated[
        Path | None, typer.Option(help="Where every answer is written; FILE.answers when not said.")
    ] = None,
    hub: HubUrl = DEFAULT_HUB,
    credentials: CredentialsFile = ADMIN_FILE,
) -> None:
    """Lodge declarations or issue permits from a file; run it again to go on where it broke. Status 1 if one failed."""
    from services.cli.client_access import open_hub
    from services.cli.load import load_file

    with open_hub(hub, credentials, retry_seconds=60.0) as opened:
        all_accepted = load_file(opened, file, answers or file.with_name(file.name + ".answers"))
    if not all_accepted:
        raise typer.Exit(1)


@commands.command("verify-receipt", rich_help_panel=PANEL)
def verify_receipt(
    file: Annotated[Path, typer.Argument(help="A receipt, as GET /v1/declarations/{id}/receipt answers it.")],
    keys: Annotated[
        str | None,
        typer.Option(help="The hub's published keys (JWKS), a file or an address; asked of --hub if not said."),
    ] = None,
    content: Annotated[Path | None, typer.Option(help="The bytes it should be for.")] = None,
    hub: HubUrl = DEFAULT_HUB,
) -> None:
    """Check a receipt with the hub's published keys; with --keys FILE no network is needed. Status 1 if it is bad."""
    from services.cli.receipt import RECEIPT_KEYS_PATH, verify_file

    verify_file(file, keys or hub.rstrip("/") + RECEIPT_KEYS_PATH, content)


@commands.command(rich_help_panel=PANEL)
def listen(
    forward: Annotated[
        str | None, typer.Option(help="Hand each on to this address, signed; http://127.0.0.1:3000/hooks")
    ] = None,
    types: Annotated[str, typer.Option(help="Only these: declaration.*,permit.used")] = "",
    after: Annotated[
        str | None, typer.Option(help="Begin after this cursor; empty for the beginning. Else where it ended, or now.")
    ] = None,
    keep: Annotated[
        Path | None, typer.Option(help="Where cursor and secret are kept; else listen.json beside the credentials.")
    ] = None,
    hub: HubUrl = DEFAULT_HUB,
    credentials: CredentialsFile = ADMIN_FILE,
) -> None:
    """Show a party's events as they come, and forward them to an address of this machine while one develops."""
    from services.cli.client_access import open_hub, read_credentials
    from services.cli.feed_position import FeedPosition
    from services.cli.listen import listen_until_interrupted

    name, _ = read_credentials(credentials)
    with open_hub(hub, credentials) as opened:
        position = FeedPosition(keep or credentials.with_name("listen.json"), f"{opened.url} {name}")
        position.cursor = position.cursor if after is None else after
        event_types = [one.strip() for one in types.split(",") if one.strip()]
        listen_until_interrupted(opened, position, event_types, forward, lambda said: out.print(said, markup=False))


@commands.command(rich_help_panel=PANEL)
def token(hub: HubUrl = DEFAULT_HUB, credentials: CredentialsFile = ADMIN_FILE) -> None:
    """Print an access token: curl -H "Authorization: Bearer $(saola token)" …"""
    from services.cli.client_access import open_hub

    with open_hub(hub, credentials) as opened:
        print(opened.access_token())
