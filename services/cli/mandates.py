"""`saola mandate`: adds, lists, accepts and revokes mandates."""

from saola_client import Hub
from services.cli.console import out
from services.cli.tables import print_rows


def add(hub: Hub, *, agent: str, trader: str | None, first: str, last: str) -> None:
    """Add a mandate: an agent may declare for a trader between two days, both included."""
    body = {"agent": agent, "from": first, "until": last} | ({"trader": trader} if trader else {})
    mandate = hub.create_mandate(body)
    out.print(
        f"Mandate {mandate['id']}, {mandate['status']}: {mandate['agent']} declares for {mandate['trader']}",
        markup=False,
    )


def print_list(hub: Hub, *, as_json: bool) -> None:
    """Print the mandates of the party as trader or agent, newest first. The administrator sees all."""
    print_rows(hub.list_mandates(), ("id", "trader", "agent", "from", "until", "status", "revoked_at"), as_json=as_json)


def accept(hub: Hub, mandate_id: str) -> None:
    """Accept a mandate as its agent."""
    mandate = hub.accept_mandate(mandate_id)
    out.print(f"Mandate {mandate['id']} is {mandate['status']}.", markup=False)


def revoke(hub: Hub, mandate_id: str) -> None:
    """Revoke a mandate."""
    mandate = hub.revoke_mandate(mandate_id)
    out.print(f"Mandate {mandate['id']} is {mandate['status']}. Declarations lodged under it stay valid.", markup=False)
