"""Sample applications for the tests of permits."""

import json
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions import applications
from services.permits.domain.model.persons import Officer, Person
from shared.contracts.application import Application
from shared.contracts.closed_sets import ActorRole
from shared.contracts.parties import Actor, Party, RepresentedTrader
from shared.database import now
from tests.permits.sample_data import AUTHORITY_ZA, A, command, line, permit_content


def application_content(*lines: dict[str, Any], **more: Any) -> Application:
    """Return an application of A for an export permit."""
    stated = permit_content(*(lines or (line(),))).model_dump(
        exclude={"number", "issued_on", "valid_until", "retrospective"}, exclude_none=True
    )
    return Application.model_validate({**stated, **more})


def officer(person: str = "one", party: Party = AUTHORITY_ZA, *, credential: str = "") -> Officer:
    """Return an officer of an authority."""
    named = Person(name=person, credential=credential or person)
    return Officer(party=party, person=named, actor=Actor(party=party.id, role=ActorRole.AUTHORITY, at=now()))


async def submit_application(
    db: AsyncEngine, stated: Application | None = None, by: Party = A, trader: RepresentedTrader | None = None
) -> UUID:
    """Store an application. Return its id."""
    response = await applications.submit(db, by, stated or application_content(), command(), trader=trader)
    return UUID(json.loads(response.body)["id"])
