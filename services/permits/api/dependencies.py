"""The dependencies of routes: the context of permits, the calling party with the required role, and the user."""

from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Request

from services.permits.actions.context import PermitsContext
from services.permits.domain.model.persons import Person
from shared.contracts.closed_sets import Role
from shared.contracts.parties import Caller, Party
from shared.internal_auth import CallingParty, read_caller
from shared.problems import role_not_allowed


async def read_context(request: Request) -> PermitsContext:
    """Return the context of this process. FastAPI would run a plain function in a thread."""
    context: PermitsContext = request.app.state.context
    return context


Context = Annotated[PermitsContext, Depends(read_context)]


def require_role(*roles: str) -> Callable[[Party], Awaitable[Party]]:
    """Return a dependency that raises NotAllowed for a party with none of these roles."""

    async def check_role(party: CallingParty) -> Party:
        if not set(roles) & set(party.roles):
            raise role_not_allowed(roles, party.roles)
        return party

    return check_role


async def read_person(caller: Annotated[Caller, Depends(read_caller)]) -> Person:
    """Return the person behind a call, as the gateway names it."""
    return Person(name=caller.person or caller.client, credential=caller.client)


CallingPerson = Annotated[Person, Depends(read_person)]
Trader = Annotated[Party, Depends(require_role(Role.TRADER))]
Declarant = Annotated[Party, Depends(require_role(Role.TRADER, Role.CUSTOMS))]
"""The party that lodges, amends and cancels: a trader, its agent, or customs for a traveller."""
Customs = Annotated[Party, Depends(require_role(Role.CUSTOMS))]
Authority = Annotated[Party, Depends(require_role(Role.AUTHORITY))]
Reader = Annotated[Party, Depends(require_role(Role.TRADER, Role.CUSTOMS, Role.AUTHORITY))]
ApplicationId = Annotated[UUID, Path(alias="id")]
DeclarationId = Annotated[UUID, Path(alias="id")]
PermitId = Annotated[UUID, Path(alias="id")]
"""The id in a route's path. The public route calls it `{id}` too, so both services log the same route name."""
