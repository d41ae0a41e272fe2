"""Mandates, for a person at a terminal: given by a trader to an agent, listed, taken back."""

from saola_client import Hub
from services.cli.console import out
from services.cli.tables import show


def add(hub: Hub, *, agent: str, trader: str | None, first: str, last: str) -> None:
    """Let an agent declare for a trader between two days, both included."""
    body = {"agent": agent, "from": first, "until": last} | ({"trader": trader} if trader else {})
    made = hub.grant_mandate(body)
    out.print(f"Mandate {made['id']}, {made['status']}: {made['agent']} declares for {made['trader']}", markup=False)


def listed(hub: Hub, *, as_json: bool) -> None:
    """Show the mandates one gave or was given, newest first; the administrator sees all."""
    show(hub.mandates(), ("id", "trader", "agent", "from", "until", "status", "revoked_at"), as_json=as_json)


def revoke(hub: Hub, id: str) -> None:
    """Take a mandate back."""
    made = hub.revoke_mandate(id)
    out.print(f"Mandate {made['id']} is {made['status']}; what was lodged under it stands.", markup=False)
