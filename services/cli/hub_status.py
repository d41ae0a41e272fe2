"""`saola status`: the reconciliations of a hub after a restore, and what they cannot mend."""

import asyncio
import json
import os
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path

from services.cli.backup import open_server
from services.cli.console import CommandError, out
from services.cli.databases import EmbeddedPostgres
from services.cli.deployment import read_database_url
from services.cli.home import Home
from services.cli.tables import print_rows
from shared.contracts.characters import escape_forbidden
from shared.contracts.reconciliation import LostMessage, ReconciliationState
from shared.database import DATABASE_ERRORS, create_engine
from shared.reconciliation_state import list_lost, read_states

RECONCILING_SERVICES = ("gateway", "permits")
NAMED = 20
"""The most losses of one kind that the command names without `--json`."""
COLUMNS = ("messages", "status", "compared_at", "sent_again", "adopted", "lost")


def print_status(folder: Path, *, as_json: bool, environ: Mapping[str, str] = os.environ) -> None:
    """Print the state of the reconciliations, and name what they cannot mend. Raise CommandError.

    In a container it reads the database of `<SERVICE>_DATABASE_URL`, else those of the home `folder`.
    """
    names = [f"{service.upper()}_DATABASE_URL" for service in RECONCILING_SERVICES]
    given = [name for name in names if name in environ or f"{name}_FILE" in environ]
    if given:
        urls = [read_database_url(name, environ).render_as_string(hide_password=False) for name in given]
        states, lost = asyncio.run(_read(urls))
    else:
        home = Home(folder)
        if not home.database_folder.is_dir():
            raise CommandError(f"The home folder {folder} has no database. Name the home of a hub: --home FOLDER")
        with open_server(home, EmbeddedPostgres(home.database_folder)) as server:
            states, lost = asyncio.run(_read([server.url(service) for service in RECONCILING_SERVICES]))
    if as_json:
        found = {
            "reconciliations": [state.model_dump(mode="json") for state in states],
            "lost": [one.model_dump(mode="json") for one in lost],
        }
        print(escape_forbidden(json.dumps(found, ensure_ascii=False, indent=1)))
        return
    print_rows([state.model_dump(mode="json") for state in states], COLUMNS, as_json=False)
    for _, group in groupby(lost, key=lambda one: (one.messages, one.loss)):
        _print_losses(list(group))


async def _read(urls: Sequence[str]) -> tuple[list[ReconciliationState], list[LostMessage]]:
    """Return the states and the losses of the services with these databases. Raise CommandError."""
    states: list[ReconciliationState] = []
    lost: list[LostMessage] = []
    for url in urls:
        engine = create_engine(url, connections=1)
        try:
            states += await read_states(engine)
            lost += await list_lost(engine)
        except DATABASE_ERRORS as error:
            raise CommandError(
                f"A database of the hub cannot be read: {type(error).__name__}. Start the hub, or check the address."
            ) from None
        finally:
            await engine.dispose()
    return states, lost


def _print_losses(lost: Sequence[LostMessage]) -> None:
    """Print the losses of one kind: the next step, then the newest ids."""
    out.print(f"\nLost {lost[0].messages} ({len(lost)}): {lost[0].reason}", markup=False, highlight=False)
    for one in lost[:NAMED]:
        out.print(f"  {one.id} {one.detail or ''}".rstrip(), markup=False, highlight=False, soft_wrap=True)
    if len(lost) > NAMED:
        out.print(f"  and {len(lost) - NAMED} more: `saola status --json` lists all", markup=False, highlight=False)
