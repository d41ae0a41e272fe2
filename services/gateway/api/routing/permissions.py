"""The roles that may ever use a route, as sets that the declarations of routes name.

Whose thing it is comes after this. The service that keeps the thing decides it: what is foreign is a 404 there.
"""

from typing import Final

from shared.contracts.closed_sets import Role

ALL_ROLES: frozenset[Role] = frozenset({Role.TRADER, Role.CUSTOMS, Role.AUTHORITY, Role.PARTNER, Role.ADMIN})
ADMIN: frozenset[Role] = frozenset({Role.ADMIN})
TRADER: frozenset[Role] = frozenset({Role.TRADER})
CUSTOMS: frozenset[Role] = frozenset({Role.CUSTOMS})
AUTHORITY: frozenset[Role] = frozenset({Role.AUTHORITY})
PARTNER: frozenset[Role] = frozenset({Role.PARTNER})
SHIPMENT_ROLES = TRADER | CUSTOMS | AUTHORITY
SUBSCRIBER_ROLES = SHIPMENT_ROLES | PARTNER
PUBLIC: Final = None
"""The permission of a route that asks for no token, since clients use it before they have one."""
