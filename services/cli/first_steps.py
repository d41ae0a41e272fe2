"""What a person reads when the hub is ready: where it is, and what to try next."""

import os
import shlex
import sys
from pathlib import Path

from services.cli.console import out
from services.cli.home import Home

DEFAULT_URL = "http://127.0.0.1:8000"


def saola_command() -> str:
    """Answer how this person calls `saola`, as it can be typed again."""
    called = Path(sys.argv[0])
    if called.name != "saola":
        return "saola"
    return shlex.quote(shorten_path(called.absolute()))


def shorten_path(path: Path) -> str:
    """Write a path from where the person stands, or whole where that would lead upwards."""
    found = os.path.relpath(path)
    return str(path) if found.startswith("..") else found


def print_first_steps(home: Home, url: str, seconds: float) -> None:
    """Tell that the hub is ready."""
    admin = shlex.quote(shorten_path(home.admin_file))
    hub_option = "" if url == DEFAULT_URL else f" --hub {url}"
    admin_option = "" if admin == "var/admin.json" else f" --admin {admin}"
    token = f"$({saola_command()} token{hub_option}{admin_option.replace('--admin', '--credentials')})"
    trader = "--country FR --role trader --identifier EORI=FR1 --save b.json"
    rows = [
        ("The API, to read and to try", f"{url}/docs"),
        ("The administrator's credentials", admin),
        ("Logs, database, keys", f"{shorten_path(home.folder)}/"),
        ("", ""),
        ("Play the main journey", f"{saola_command()} demo --hub {url}{admin_option}"),
        ("Who am I?", f'curl -s {url}/v1/me -H "Authorization: Bearer {token}"'),
        ("Add a trader", f'{saola_command()} party add "B SARL" {trader}{hub_option}{admin_option}'),
    ]
    out.print(f"\n[bold green]Saola is ready[/] at [bold]{url}[/], after {seconds:.1f} s. Ctrl-C stops it.\n")
    for what, how in rows:
        out.print(f"  {what:<32} {how}" if what else "", markup=False)
    out.print()
