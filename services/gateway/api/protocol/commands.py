"""The ids of commands, for the gateway and for the services that execute them."""

from uuid import UUID, uuid5

from services.gateway.actions.auth.party_directory import Principal
from shared.database import new_id, now
from shared.idempotency import IdempotentCommand, fingerprint

COMMAND_NAMESPACE = UUID("3f6f5d1e-6a52-5c0e-9a53-0b7f6c1c2d10")
"""The namespace of command ids that derive from a client's own key."""


def command_id(party_id: UUID, method: str, path: str, key: str | None) -> UUID:
    """Return the id of a command: the same for repetitions of one party under one key, else a new one."""
    return new_id() if key is None else uuid5(COMMAND_NAMESPACE, f"{party_id} {method} {path} {key}")


def make_command(principal: Principal, path: str, key: str | None, body: bytes) -> IdempotentCommand:
    """Return the command of a POST request that the gateway executes."""
    return IdempotentCommand(
        id=command_id(principal.party.id, "POST", path, key),
        fingerprint=fingerprint(body),
        at=now(),
        has_key=key is not None,
    )
