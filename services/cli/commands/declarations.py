"""The commands of a party: check and lodge declarations, verify receipts, follow events."""

from pathlib import Path
from typing import Annotated

import typer

from services.cli.commands.options import ADMIN_FILE, DEFAULT_HUB, CredentialsFile, HubUrl
from services.cli.console import out

PANEL = "Declarations and events"
commands = typer.Typer()


@commands.command(rich_help_panel=PANEL, epilog="Example: saola check declaration.json --credentials trader.json")
def check(
    file: Annotated[Path, typer.Argument(help="A file with one declaration, JSON or XML.")],
    hub: HubUrl = DEFAULT_HUB,
    credentials: CredentialsFile = ADMIN_FILE,
) -> None:
    """Check a declaration without lodging it, and show the findings.

    The exit status is 1 if the hub would not accept it.
    """
    from services.cli.check import check_file
    from services.cli.client_access import open_hub

    with open_hub(hub, credentials) as opened:
        passed = check_file(opened, file)
    if not passed:
        raise typer.Exit(1)


@commands.command(rich_help_panel=PANEL, epilog="Example: saola load declarations.ndjson --credentials trader.json")
def load(
    file: Annotated[Path, typer.Argument(help="An NDJSON file: one declaration or permit per line.")],
    answers: Annotated[
        Path | None, typer.Option(help="The file for the result of each line. By default it is FILE.answers.")
    ] = None,
    hub: HubUrl = DEFAULT_HUB,
    credentials: CredentialsFile = ADMIN_FILE,
) -> None:
    """Lodge declarations or issue permits from a file. If it was interrupted, run it again, and it continues.

    The exit status is 1 if the hub refused a line.
    """
    from services.cli.client_access import open_hub
    from services.cli.load import load_file

    with open_hub(hub, credentials, retry_seconds=60.0) as opened:
        all_accepted = load_file(opened, file, answers or file.with_name(file.name + ".answers"))
    if not all_accepted:
        raise typer.Exit(1)


@commands.command(
    "verify-receipt",
    rich_help_panel=PANEL,
    epilog="Example: saola verify-receipt receipt.txt --keys receipt-keys.json --content declaration.json",
)
def verify_receipt(
    file: Annotated[Path, typer.Argument(help="A receipt, the response of GET /v1/declarations/{id}/receipt.")],
    keys: Annotated[
        str | None,
        typer.Option(help="The hub's published keys (JWKS), a file or an address. By default --hub publishes them."),
    ] = None,
    content: Annotated[Path | None, typer.Option(help="The declaration that the receipt must belong to.")] = None,
    hub: HubUrl = DEFAULT_HUB,
) -> None:
    """Verify a receipt with the hub's published keys. With --keys FILE this needs no network.

    The exit status is 1 if the receipt is not genuine.
    """
    from services.cli.receipt import RECEIPT_KEYS_PATH, verify_file

    verify_file(file, keys or hub.rstrip("/") + RECEIPT_KEYS_PATH, content)


@commands.command(
    rich_help_panel=PANEL,
    epilog="Example: saola listen --credentials trader.json --forward http://127.0.0.1:3000/hooks",
)
def listen(
    forward: Annotated[
        str | None, typer.Option(help="Forward each event to this URL as a signed webhook: http://127.0.0.1:3000/hooks")
    ] = None,
    types: Annotated[str, typer.Option(help="Show only these types: declaration.*,permit.used")] = "",
    after: Annotated[
        str | None,
        typer.Option(
            help="Start after this cursor; an empty one is the beginning. "
            "By default it continues after the last run, and the first run starts now."
        ),
    ] = None,
    keep: Annotated[
        Path | None,
        typer.Option(help="The file for cursor and secret. By default it is listen.json next to the credentials."),
    ] = None,
    hub: HubUrl = DEFAULT_HUB,
    credentials: CredentialsFile = ADMIN_FILE,
) -> None:
    """Show a party's events as they come. With --forward, send them to a program under development on this machine."""
    from services.cli.client_access import open_hub, read_credentials
    from services.cli.feed_position import FeedPosition
    from services.cli.listen import listen_until_interrupted

    name, _ = read_credentials(credentials)
    with open_hub(hub, credentials) as opened:
        position = FeedPosition(keep or credentials.with_name("listen.json"), f"{opened.url} {name}")
        position.cursor = position.cursor if after is None else after
        event_types = [one.strip() for one in types.split(",") if one.strip()]
        listen_until_interrupted(opened, position, event_types, forward, lambda said: out.print(said, markup=False))


@commands.command(
    rich_help_panel=PANEL,
    epilog='Example: curl -H "Authorization: Bearer $(saola token)" http://127.0.0.1:8000/v1/me',
)
def token(hub: HubUrl = DEFAULT_HUB, credentials: CredentialsFile = ADMIN_FILE) -> None:
    """Print an access token for a request to the API."""
    from services.cli.client_access import open_hub

    with open_hub(hub, credentials) as opened:
        print(opened.access_token())
