"""What left is less than was set aside: the youngest declarations give way until the rest fits (box 14).

A declaration is reserved for whole or not at all, so one that gives way gives back all it holds, on other lines and on
other permits too.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from services.permits.domain.declarations.lodge import give_back, the_rules
from services.permits.domain.ledger.balances import ZERO, Side, remaining, reserved
from services.permits.domain.lifecycle import EVENTS, Status
from services.permits.domain.rules.whole_declaration import emptied
from services.permits.domain.values import Citation, DeclarationChange, Filed, Move, PermitOnFile, Posting
from services.permits.domain.write_off.posting import Others, Permits, Signature
from shared.contracts.parties import Act
from shared.contracts.quantities import EXACT, plain


@dataclass(frozen=True)
class GaveWay:
    """The permits after some declarations gave way, the ledger entries, and those declarations."""

    permits: Mapping[UUID, PermitOnFile]
    postings: tuple[Posting, ...] = ()
    changes: tuple[DeclarationChange, ...] = ()


def give_way(permits: Permits, id: UUID, others: Others, sign: Signature) -> GaveWay:
    """Refer the youngest declarations until what is set aside of this permit fits what is there."""
    now, postings, changes = dict(permits), list[Posting](), list[DeclarationChange]()
    for letter in permits[id].lines:
        for citation in _youngest_first(now[id], letter):
            if remaining(now[id].lines[letter].balance, Side.IMPORT) >= 0:
                break
            filed = others[citation.declaration]
            if any(change.filed.id == filed.id for change in changes):
                continue
            finding = emptied(now[id], letter, _fits(now[id], citation), _held(filed, citation))
            back = give_back(filed, now, sign.by, sign.cause)
            now.update(back.permits)
            postings += back.postings
            after = replace(back.filed, status=Status.REFERRED, findings=(*filed.findings, finding))
            less = f"Less left under permit {now[id].terms.number} of {now[id].terms.issuer} than was set aside"
            changes.append(referred(filed, after, sign.by, less))
    return GaveWay(now, tuple(postings), tuple(changes))


def _fits(permit: PermitOnFile, citation: Citation) -> str:
    """Say how much of a line the youngest could have held, all older reservations kept."""
    balance = permit.lines[citation.line].balance
    held = EXACT.add(remaining(balance, Side.IMPORT), min(citation.reserved, reserved(balance, Side.IMPORT)))
    return f"at most {plain(max(held, ZERO))} {citation.unit}"


def _held(filed: Filed, citation: Citation) -> tuple[int, str]:
    index = next(n for n, item in enumerate(filed.document.items) if item.number == citation.item)
    return index, f"{plain(citation.reserved)} {citation.unit} set aside, all given back"


def _youngest_first(permit: PermitOnFile, letter: str) -> list[Citation]:
    standing = [u for u in permit.uses if u.reserved > u.drawn and u.side is Side.IMPORT and u.line == letter]
    return sorted(
        standing,
        key=lambda u: ((u.lodged_at is not None and u.lodged_at.timestamp()) or 0.0, u.declaration),
        reverse=True,
    )


def referred(before: Filed, after: Filed, by: Act, why: str) -> DeclarationChange:
    """Write the turn to referred by the rules, and why; the findings in its news."""
    rules = the_rules(by)
    findings = [finding.model_dump(mode="json", exclude_none=True) for finding in after.findings]
    move = Move(before.status, Status.REFERRED, rules, EVENTS[Status.REFERRED], why, {"findings": findings})
    return DeclarationChange(after, (move,))
