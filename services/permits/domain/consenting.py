"""The Management Authority consents to more than its permit says, for one item of one declaration."""

from dataclasses import replace

from services.permits.domain.customs import in_line_unit, item_of, must_be_item
from services.permits.domain.filing import posted
from services.permits.domain.ledger import Entry, Kind
from services.permits.domain.lifecycle import FINAL
from services.permits.domain.signing import Permits, Signature, Uses, posting_of
from services.permits.domain.values import DeclarationChange, Filed, Move, Outcome, PermitChange
from shared.cites.zones import utc_day
from shared.contracts.declaration import Consent
from shared.contracts.people import Act
from shared.contracts.quantities import EXACT, plain
from shared.problems import Conflict, NotFound


def consent(filed: Filed, permits: Permits, stated: Consent, by: Act, country: str) -> Outcome:
    """Agree, as the authority that issued the permit, to so much more than it says, in the declared unit or another."""
    if filed.status in FINAL:
        raise Conflict("wrong-turn", f"{filed.document.reference} is {filed.status}: there is nothing to consent to.")
    must_be_item(filed, stated.item, "/item")
    item = item_of(filed, stated.item)
    mine = [
        c for c in filed.citations if c.item == item.number and c.line and permits[c.permit].terms.issuer == country
    ]
    if not mine:
        raise NotFound("This item cites no permit that the authority of your country issued.")
    after, postings, citations = dict(permits), Uses(), []
    for citation in filed.citations:
        if citation not in mine:
            citations.append(citation)
            continue
        amount = in_line_unit(citation, item, stated.quantity, stated.unit)
        entry = Entry(citation.side, Kind.CONSENT, amount)
        after[citation.permit] = posted(after[citation.permit], citation.line, entry)
        postings.add(citation, (entry,))
        citations.append(replace(citation, consented=EXACT.add(citation.consented, amount)))
    sign = Signature(by, f"consent/{filed.sequence}", utc_day(by.at), stated.reason)
    agreed = replace(filed, citations=tuple(citations))
    return _consented(agreed, stated, permits, after, postings, sign)


def _consented(filed: Filed, stated: Consent, before: Permits, after: Permits, uses: Uses, sign: Signature) -> Outcome:
    unit = stated.unit or item_of(filed, stated.item).unit
    detail = {"item": stated.item, "quantity": plain(stated.quantity), "unit": unit}
    move = Move(filed.status, filed.status, sign.by, "declaration.consented", stated.reason, detail=detail)
    changes = tuple(PermitChange(permit) for id, permit in after.items() if permit is not before[id])
    postings = [posting_of(after[u.permit], u, e, sign) for u in uses.made for e in u.entries]
    return Outcome((DeclarationChange(filed, (move,)),), changes, tuple(postings))
