"""The text that a user reads when the hub is ready: its address, and the next commands."""

import shlex

from services.cli.console import out, saola_command, shorten_path
from services.cli.home import Home

DEFAULT_URL = "http://127.0.0.1:8000"


def print_first_steps(home: Home, url: str, seconds: float) -> None:
    """Print that the hub is ready, its address and the next commands."""
    admin = shlex.quote(shorten_path(home.admin_file))
    hub_option = "" if url == DEFAULT_URL else f" --hub {url}"
    admin_option = "" if admin == "var/admin.json" else f" --admin {admin}"
    token = f"$({saola_command()} token{hub_option}{admin_option.replace('--admin', '--credentials')})"
    trader = "--country FR --role trader --identifier EORI=FR1 --save b.json"
    rows = [
        ("API reference, to read and try", f"{url}/docs"),
        ("The administrator's credentials", admin),
        ("Logs, database, keys", f"{shorten_path(home.folder)}/"),
        ("", ""),
        ("Play the main journey", f"{saola_command()} demo --hub {url}{admin_option}"),
        ("Read your own party", f'curl -s {url}/v1/me -H "Authorization: Bearer {token}"'),
        (
            "See which lists are loaded",
            f"{saola_command()} lists{hub_option}{admin_option.replace('--admin', '--credentials')}",
        ),
        ("Add a trader", f'{saola_command()} party add "B SARL" {trader}{hub_option}{admin_option}'),
    ]
    out.print(f"\n[bold green]Saola is ready[/] at [bold]{url}[/], after {seconds:.1f} s. Ctrl-C stops it.\n")
    for what, how in rows:
        out.print(f"  {what:<32} {how}" if what else "", markup=False)
    out.print()
