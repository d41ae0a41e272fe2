"""The Management Authority consents to more than its permit says, for one item of one declaration.

The consent is kept with the item: its line has no more by it until that item draws on it.
"""

from dataclasses import replace

from services.permits.domain.declarations.release import in_line_unit, item_of, must_be_item
from services.permits.domain.ledger.balances import Entry, Kind
from services.permits.domain.lifecycle import FINAL
from services.permits.domain.values import DeclarationChange, Filed, Move, Outcome
from services.permits.domain.write_off.posting import Permits, Signature, Uses, posting_of
from shared.cites.time_zones import utc_day
from shared.contracts.declaration import Consent
from shared.contracts.parties import Act
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
    uses, citations = Uses(), []
    for citation in filed.citations:
        if citation not in mine:
            citations.append(citation)
            continue
        amount = in_line_unit(citation, item, stated.quantity, stated.unit)
        uses.add(citation, (Entry(citation.side, Kind.CONSENT, amount),))
        citations.append(replace(citation, consented=EXACT.add(citation.consented, amount)))
    sign = Signature(by, f"consent/{filed.sequence}", utc_day(by.at), stated.reason)
    agreed = replace(filed, citations=tuple(citations))
    return _consented(agreed, stated, permits, uses, sign)


def _consented(filed: Filed, stated: Consent, permits: Permits, uses: Uses, sign: Signature) -> Outcome:
    unit = stated.unit or item_of(filed, stated.item).unit
    detail = {"item": stated.item, "quantity": plain(stated.quantity), "unit": unit}
    move = Move(filed.status, filed.status, sign.by, "declaration.consented", stated.reason, detail=detail)
    postings = tuple(posting_of(permits[use.permit], use, entry, sign) for use in uses.made for entry in use.entries)
    return Outcome((DeclarationChange(filed, (move,)),), (), postings)
