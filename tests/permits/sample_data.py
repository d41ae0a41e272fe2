"""Sample parties, permits and declarations for the tests of permits."""

import itertools
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.declarations import lodge_batch, read
from services.permits.actions.permits import endorse, issue
from services.permits.actions.permits import read as permits_read
from shared.contracts.declaration import NormalizedDeclaration
from shared.contracts.messages import MandateCopy, SubmissionMessage
from shared.contracts.parties import Party
from shared.contracts.permit import Endorsement, Permit
from shared.database import new_id
from shared.idempotency import IdempotentCommand
from shared.key_files import KeyFile, create_encryption_keys
from shared.sealed_secrets import SecretSealer
from tests.days import today
from tests.permits.view_json import as_json

_numbers = itertools.count(1)
TRADER_NAMES = {"ZA": "A (Pty) Ltd", "FR": "B SARL", "KE": "C Ltd", "DE": "D GmbH"}


def party(role: str, country: str, identifier: str | None = None) -> Party:
    """Return a party with one role. A trader has the name that declarations and permits of its country state."""
    name = TRADER_NAMES[country] if role == "trader" else f"{role} of {country}"
    identifiers = {"EORI": identifier} if identifier else {}
    return Party(id=new_id(), name=name, country=country, roles=(role,), identifiers=identifiers)  # type: ignore[arg-type]


AUTHORITY_ZA = party("authority", "ZA")
AUTHORITY_FR = party("authority", "FR")
CUSTOMS_ZA = party("customs", "ZA")
CUSTOMS_FR = party("customs", "FR")
CUSTOMS_DE = party("customs", "DE")
A = party("trader", "ZA", "ZA1234567")
B = party("trader", "FR", "FR99988877700011")
OTHER_TRADER = party("trader", "FR", "FR00000000000000")


def line(line_letter: str = "A", quantity: str = "120", **more: Any) -> dict[str, Any]:
    """Return a permit line."""
    return {
        "line": line_letter,
        "taxon": "Crocodylus niloticus",
        "appendix": "II",
        "source": "R",
        "term": "SKI",
        "quantity": quantity,
        "unit": "number",
        "origin_country": "ZA",
        **more,
    }


LINE_OF_KIND: dict[str, dict[str, Any]] = {
    "re_export": {"origin_country": "ZW", "origin_permit": "ZW-1", "origin_date": "2020-01-01"},
    "pre_convention": {"source": "O", "underlying_source": "W", "acquired_on": "1970-01-01"},
    "captive_bred": {"source": "C"},
    "travelling_exhibition": {"source": "C", "term": "LIV"},
    "musical_instrument": {"term": "LPS"},
    "personal_ownership": {"source": "C", "term": "LIV"},
    "introduction_from_the_sea": {"taxon": "Hippocampus kuda", "source": "X"},
    "certificate_of_origin": {"appendix": "III"},
    "phytosanitary": {"taxon": "Aloe ferox", "source": "A", "term": "LIV"},
}
"""Fields of a line that a document of each kind may cover. A kind that is left out covers the line of `line`."""
PURPOSE_OF_KIND = {"travelling_exhibition": "Q", "musical_instrument": "P", "personal_ownership": "P"}
"""A purpose for which each kind may be issued. A kind that is left out sets no limit."""


def permit_content(*lines: dict[str, Any], day: date | None = None, **more: Any) -> Permit:
    """Return the content of an export permit from A to B. It is valid on a day, today if none is given."""
    day = day or today()
    number = f"ZA-{day.year}-{next(_numbers):06}"
    return Permit.model_validate(
        {
            "number": number,
            "kind": "export",
            "issuer": "ZA",
            "issued_on": day - timedelta(days=30),
            "valid_until": day + timedelta(days=60),
            "exporter": {"name": "A (Pty) Ltd", "country": "ZA", "identifier": "ZA1234567"},
            "importer": {"name": "B SARL", "country": "FR", "identifier": "FR99988877700011"},
            "export_country": "ZA",
            "import_country": "FR",
            "purpose": "T",
            "lines": list(lines) or [line()],
            **more,
        }
    )


def item(permit: Permit, quantity: str = "100", number: int = 1, /, **more: Any) -> dict[str, Any]:
    """Return a goods item that cites a permit."""
    cites = {"type": "C400", "number": permit.number, "issuer": permit.issuer, **more.pop("document", {})}
    return {
        "number": number,
        "hs_code": "410320",
        "taxon": "Crocodylus niloticus",
        "term": "SKI",
        "quantity": quantity,
        "unit": "number",
        "source": "R",
        "purpose": "T",
        "origin_country": "ZA",
        "documents": [cites],
        **more,
    }


def declaration(*items: dict[str, Any], **more: Any) -> NormalizedDeclaration:
    """Return an import declaration of B."""
    return NormalizedDeclaration.model_validate(
        {
            "reference": f"B-{next(_numbers):06}",
            "movement": "import",
            "exporter": {"name": "A (Pty) Ltd", "country": "ZA", "identifier": "ZA1234567"},
            "importer": {"name": "B SARL", "country": "FR", "identifier": "FR99988877700011"},
            "export_country": "ZA",
            "import_country": "FR",
            "items": list(items),
            **more,
        }
    )


def submission_message(stated: NormalizedDeclaration, by: Party = B, at: datetime | None = None) -> SubmissionMessage:
    """Return the message by which the gateway sends a declaration."""
    at = at or datetime.now(UTC)
    return SubmissionMessage(
        id=new_id(at),
        received_at=at,
        digest="sha-256=:x:",
        party=by,
        trader=by.id,
        declaration=json.loads(stated.model_dump_json(exclude_none=True)),
    )


def mandate_copy(*, agent: Party, trader: Party) -> MandateCopy:
    """Return a mandate of a trader for an agent, valid yesterday, today and tomorrow."""
    day = datetime.now(UTC).date()
    return MandateCopy(
        id=new_id(),
        trader=trader.id,
        agent=agent.id,
        first_day=day - timedelta(days=1),
        last_day=day + timedelta(days=1),
        active=True,
        revision=1,
    )


def command(command_id: UUID | None = None, body: bytes = b"") -> IdempotentCommand:
    """Return a new command."""
    return IdempotentCommand(command_id or new_id(), body, datetime.now(UTC))


def make_sealer() -> SecretSealer:
    """Return a sealer with new keys."""
    file = Path(_keys.name) / f"{next(_numbers)}.json"
    create_encryption_keys(file)
    return SecretSealer(KeyFile(file))


_keys = TemporaryDirectory(prefix="saola-keys-")
SEALER = make_sealer()


async def issue_permit(db: AsyncEngine, permit: Permit, by: Party = AUTHORITY_ZA) -> UUID:
    """Issue a permit. Return its id."""
    response = await issue.issue(db, by, permit, command(), sealer=SEALER)
    return UUID(json.loads(response.body)["id"])


async def endorse_permit(db: AsyncEngine, permit_id: UUID, by: Party = CUSTOMS_ZA, **lines: str) -> dict[str, Any]:
    """Endorse lines of a permit with the quantities that left."""
    stated = Endorsement.model_validate(
        {"lines": [{"line": name, "quantity": quantity} for name, quantity in lines.items()], "port": "Durban"}
    )
    response = await endorse.endorse(db, permit_id, by, stated, command())
    return dict(json.loads(response.body))


async def lodge_declaration(
    db: AsyncEngine, stated: NormalizedDeclaration, by: Party = B, at: datetime | None = None
) -> dict[str, Any]:
    """Lodge a declaration. Return it as its party reads it after the check."""
    sent = submission_message(stated, by, at)
    await lodge_batch.lodge_declarations(db, [sent], datetime.now(UTC))
    return await as_json(read.read_declaration(db, sent.id, by))


async def balance(db: AsyncEngine, permit_id: UUID, line_letter: str = "A") -> dict[str, Any]:
    """Return the import side of a permit line."""
    found = await as_json(permits_read.read_permit(db, permit_id, AUTHORITY_ZA, datetime.now(UTC)))
    return next(dict(n["balance"]) for n in found["lines"] if n["line"] == line_letter)


async def export_balance(db: AsyncEngine, permit_id: UUID, line_letter: str = "A") -> dict[str, Any]:
    """Return the export side of a permit line."""
    found = await as_json(permits_read.read_permit(db, permit_id, AUTHORITY_ZA, datetime.now(UTC)))
    return next(dict(n["export_balance"]) for n in found["lines"] if n["line"] == line_letter)
