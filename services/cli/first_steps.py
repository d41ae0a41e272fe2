"""What a person reads when the hub is ready: where it is, and what to try next."""

import os
import shlex
import sys
from pathlib import Path

from services.cli.console import out
from services.cli.home import Home

DEFAULT_URL = "http://127.0.0.1:8000"


def command() -> str:
    """Answer how this person calls `saola`, as it can be typed again."""
    called = Path(sys.argv[0])
    if called.name != "saola":
        return "saola"
    return shlex.quote(near(called.absolute()))


def near(path: Path) -> str:
    """Write a path from where the person stands, or whole where that would lead upwards."""
    found = os.path.relpath(path)
    return str(path) if found.startswith("..") else found


def welcome(home: Home, url: str, seconds: float) -> None:
    """Tell that the hub is ready."""
    admin = shlex.quote(near(home.admin))
    hub = "" if url == DEFAULT_URL else f" --hub {url}"
    whose = "" if admin == "var/admin.json" else f" --admin {admin}"
    token = f"$({command()} token{hub}{whose.replace('--admin', '--credentials')})"
    trader = "--country FR --role trader --identifier EORI=FR1 --save b.json"
    rows = [
        ("The API, to read and to try", f"{url}/docs"),
        ("The administrator's credentials", admin),
        ("Logs, database, keys", f"{near(home.folder)}/"),
        ("", ""),
        ("Play the main journey", f"{command()} demo --hub {url}{whose}"),
        ("Who am I?", f'curl -s {url}/v1/me -H "Authorization: Bearer {token}"'),
        ("Add a trader", f'{command()} party add "B SARL" {trader}{hub}{whose}'),
    ]
    out.print(f"\n[bold green]Saola is ready[/] at [bold]{url}[/], after {seconds:.1f} s. Ctrl-C stops it.\n")
    for what, how in rows:
        out.print(f"  {what:<32} {how}" if what else "", markup=False)
    out.print()
