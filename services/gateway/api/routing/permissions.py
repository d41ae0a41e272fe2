"""The roles that may use a route, as sets that the declarations of routes name.

The service that stores a resource decides next whether the caller may read it. If not, the response is 404.
"""

from typing import Final

from shared.contracts.closed_sets import Role

ALL_ROLES: frozenset[Role] = frozenset({Role.TRADER, Role.CUSTOMS, Role.AUTHORITY, Role.PARTNER, Role.ADMIN})
ADMIN: frozenset[Role] = frozenset({Role.ADMIN})
TRADER: frozenset[Role] = frozenset({Role.TRADER})
CUSTOMS: frozenset[Role] = frozenset({Role.CUSTOMS})
AUTHORITY: frozenset[Role] = frozenset({Role.AUTHORITY})
DECLARANTS = TRADER | CUSTOMS
"""The roles that lodge declarations: a trader or its agent, and customs for a traveller."""
PARTNER: frozenset[Role] = frozenset({Role.PARTNER})
SHIPMENT_ROLES = TRADER | CUSTOMS | AUTHORITY
SUBSCRIBER_ROLES = SHIPMENT_ROLES | PARTNER
PUBLIC: Final = None
"""The permission of a route without a token, because clients use it before they have one."""
