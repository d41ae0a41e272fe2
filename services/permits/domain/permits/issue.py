"""A permit comes into the registry: issued, registered for another country, or in the place of one that it replaces."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from services.permits.domain.ledger.balances import Balance, Entry, Kind, Side
from services.permits.domain.lifecycle import PermitStatus
from services.permits.domain.permits.validation import must_be_sane
from services.permits.domain.permits.withdraw import Around, withdraw
from services.permits.domain.reference.facts import NOTHING, Facts
from services.permits.domain.values import Line, Move, Outcome, PermitChange, PermitOnFile, Posting
from services.permits.domain.write_off.posting import Signature
from shared.cites.time_zones import earliest_day, utc_day
from shared.contracts.parties import Act, Party
from shared.contracts.permit import Permit, PermitLine
from shared.contracts.quantities import plain
from shared.problems import Fault, Invalid


@dataclass(frozen=True)
class Fresh:
    """What a new permit comes with: its id, the SHA-256 of the token by which a stranger may read it, and what the
    listing says of the taxa it names."""

    id: UUID
    token: bytes
    facts: Facts = NOTHING


def issue(fresh: Fresh, terms: Permit, party: Party, by: Act, *, replaces: PermitOnFile | None = None) -> Outcome:
    """Put a permit into the registry, each line with what it grants."""
    must_be_sane(terms, earliest_day(terms.issuer, by.at), fresh.facts)
    permit = PermitOnFile(
        id=fresh.id,
        terms=terms,
        status=PermitStatus.ISSUED,
        lines={line.line: Line(line, Balance(granted=line.quantity)) for line in terms.lines},
        registered_by=party.id,
        registering_country=party.country,
        token=fresh.token,
        replaces=replaces.id if replaces else None,
    )
    extra: dict[str, Any] = {
        "kind": terms.kind,
        "valid_until": terms.valid_until.isoformat(),
        "lines": [_granted(line) for line in terms.lines],
    }
    if replaces is not None:
        extra["replaces"] = _named(replaces)
    move = Move(None, PermitStatus.ISSUED, by, "permit.issued", None, extra)
    return Outcome((), (PermitChange(permit, (move,)),), _grants(permit, Signature(by, "issued", utc_day(by.at))))


def _granted(line: PermitLine) -> dict[str, Any]:
    what = {"line": line.line, "taxon": line.taxon, "term": line.term, "source": line.source}
    return what | {"quantity": plain(line.quantity), "unit": line.unit}


def stand_in(old: PermitOnFile, fresh: Fresh, terms: Permit, party: Party, by: Act, around: Around) -> Outcome:
    """Replace a permit by a new one of the same issuer; the two name one another."""
    if terms.issuer != old.terms.issuer:
        text = f"What replaces a permit of {old.terms.issuer} is issued by {old.terms.issuer}."
        raise Invalid("issuer-differs", text, [Fault("/issuer", "issuer-differs", text)])
    made = issue(fresh, terms, party, by, replaces=old)
    new = made.permits[0].permit
    gone = withdraw(
        replace(old, replaced_by=new.id), PermitStatus.REPLACED, None, by, around, {"replaced_by": _named(new)}
    )
    return Outcome(gone.declarations, (*gone.permits, *made.permits), made.postings)


def _named(permit: PermitOnFile) -> dict[str, str]:
    return {"permit_id": str(permit.id), "issuer": permit.terms.issuer, "number": permit.terms.number}


def _grants(permit: PermitOnFile, sign: Signature) -> tuple[Posting, ...]:
    return tuple(
        Posting(
            permit=permit.id,
            line=letter,
            entry=Entry(Side.EXPORT, Kind.GRANT, line.terms.quantity),
            act=sign.by,
            cause=sign.cause,
            day=sign.day,
        )
        for letter, line in permit.lines.items()
    )
