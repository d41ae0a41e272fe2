"""The goods of traders that an office represents as their agent: it decides nothing about them.

Permits knows the declarations and applications that the office lodged. Only the gateway knows its mandates.
"""

import json
from typing import Any

from services.gateway.actions.auth.party_directory import Principal
from services.gateway.actions.context import GatewayContext
from services.gateway.clients.internal import call_with_retry
from shared.contracts.closed_sets import Role
from shared.contracts.identifiers import identifier_key
from shared.contracts.parties import Caller
from shared.database import now
from shared.problems import NotAllowed


async def list_represented_keys(context: GatewayContext, principal: Principal) -> frozenset[str]:
    """Return the keys of the identifiers of all traders that a principal represents today. Only a trader may."""
    if Role.TRADER not in principal.roles:
        return frozenset()
    traders = await context.directory.list_represented_traders(principal.party.id, day=now().date())
    return frozenset().union(*(trader.identifier_keys for trader in traders))


def require_goods_of_others(represented_keys: frozenset[str], shipment: Any) -> None:
    """Raise NotAllowed if the JSON of a shipment names a represented trader as its exporter or importer."""
    if represented_keys & _stated_keys(shipment):
        raise NotAllowed(
            "conflict-of-interest",
            "Your party represents the exporter or the importer under a mandate, so it decides nothing about these "
            "goods. Another office of your country decides.",
        )


async def require_stored_goods_of_others(
    context: GatewayContext, represented_keys: frozenset[str], path: str, caller: Caller
) -> None:
    """Raise NotAllowed if a stored declaration, permit or application is about goods of a represented trader.

    Permits reports one that is missing or that the caller may not read.
    """
    if represented_keys:
        reply = await call_with_retry(context.permits, "GET", path, caller=caller)
        if reply.status == 200:
            require_goods_of_others(represented_keys, json.loads(reply.body))


def _stated_keys(shipment: Any) -> set[str]:
    sides = [shipment.get(name) for name in ("exporter", "importer")] if isinstance(shipment, dict) else []
    return {
        identifier_key(str(side.get("country")), side["identifier"])
        for side in sides
        if isinstance(side, dict) and isinstance(side.get("identifier"), str)
    }
