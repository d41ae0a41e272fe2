"""Whose statement a declaration is: a trader declares for itself what it imports or exports itself."""

from datetime import datetime

from services.gateway.actions.people import Known
from services.gateway.formats.known import inside
from services.gateway.store.submissions import Submission
from shared.contracts.declaration import Declaration
from shared.database import new_id
from shared.problems import NotAllowed


def demand_own(declaration: Declaration, known: Known) -> None:
    """Refuse a declaration whose importer (of an import) or exporter (of an export) is not the one who lodges it."""
    side = declaration.importer if declaration.movement == "import" else declaration.exporter
    if declaration.trader not in {None, known.party.id}:
        raise NotAllowed(
            "not-your-declaration", "`trader` is another party, and you hold no mandate of it. Leave it out."
        )
    if side.identifier is None or side.identifier not in known.numbers:
        who = "importer" if declaration.movement == "import" else "exporter"
        raise NotAllowed(
            "not-your-declaration",
            f"The identifier of the {who} is none of yours. Declare under a number of your own, see /v1/me.",
        )


def submission_of(
    known: Known, declaration: Declaration, *, key: str, content_type: str, body: bytes, digest: bytes, at: datetime
) -> Submission:
    """Name a party's declaration and write down what is kept of it."""
    return Submission(
        id=new_id(at),
        party_id=known.party.id,
        trader_id=known.party.id,
        key=key,
        reference=declaration.reference,
        content_type=content_type,
        digest=digest,
        body=body,
        party=known.text,
        received_at=at,
        inside=inside(content_type, declaration),
    )
