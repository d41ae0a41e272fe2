"""`saola check`: shows the findings that the hub would report for a declaration."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from saola_client import Hub
from services.cli.console import CommandError, out

COLOURS = {"block": "red", "refer": "yellow", "note": "blue", "error": "red"}


def check_file(hub: Hub, file: Path) -> bool:
    """Send a declaration to the hub's check and print the findings. Return whether the hub would accept it."""
    try:
        body = file.read_bytes()
    except OSError as error:
        raise CommandError(
            f"{file} cannot be read: {error.strerror}. Name a readable file with one declaration."
        ) from None
    is_xml = body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
    result = hub.validate(body, "application/xml" if is_xml else "application/json")
    errors, findings = result.get("errors") or [], result.get("findings") or []
    if errors or findings:
        out.print(_table(errors, findings))
    serious = [finding for finding in findings if finding["severity"] != "note"]
    if result["valid"] and not serious:
        out.print("[green]The hub would accept this declaration.[/]")
    elif not errors and not any(finding["severity"] == "block" for finding in serious):
        out.print("[yellow]The hub would refer this declaration to an officer, who decides.[/]")
    else:
        out.print("[red]The hub would not accept this declaration. Correct the places that the table names.[/]")
    return bool(result["valid"]) and not serious


def _table(errors: Sequence[dict[str, Any]], findings: Sequence[dict[str, Any]]) -> Table:
    table = Table("", "where", "rule", "what", box=None, header_style="dim")
    for error in errors:
        table.add_row(*_cells("error", error["pointer"], error["code"], error["detail"]))
    for finding in findings:
        table.add_row(*_cells(finding["severity"], finding["pointer"], finding["rule"], finding["message"]))
        if finding.get("remedy"):
            table.add_row("", "", "", Text(finding["remedy"], style="dim"))
    return table


def _cells(severity: str, *texts: str) -> list[Text]:
    return [Text(severity, style=COLOURS[severity]), *map(Text, texts)]
