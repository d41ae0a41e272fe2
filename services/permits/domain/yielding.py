"""What left is less than was set aside: the youngest reservations give way until the rest fits (box 14)."""

from dataclasses import replace
from uuid import UUID

from services.permits.domain.filing import the_rules
from services.permits.domain.ledger import ZERO, Entry, Kind, Side, enter, remaining
from services.permits.domain.lifecycle import EVENTS, Status
from services.permits.domain.rules.whole import emptied
from services.permits.domain.signing import Others, Signature, Use, Used, posting_of
from services.permits.domain.values import Citation, DeclarationChange, Filed, Move, PermitOnFile
from shared.contracts.people import Act
from shared.contracts.words import plain


def give_way(permit: PermitOnFile, others: Others, sign: Signature) -> Used:
    """Refer the youngest declarations until what is set aside fits what is there."""
    changes: dict[UUID, Filed] = {}
    findings: dict[UUID, DeclarationChange] = {}
    postings = []
    for letter in permit.lines:
        for citation in _youngest_first(permit, letter):
            if remaining(permit.lines[letter].balance, Side.IMPORT) >= 0:
                break
            entry = Entry(Side.IMPORT, Kind.RELEASE, citation.reserved)
            permit = entered(permit, letter, entry)
            way = Use(permit.id, letter, (entry,), citation.declaration, citation.item)
            postings.append(posting_of(permit, way, entry, sign))
            filed = changes.get(citation.declaration, others[citation.declaration])
            changes[filed.id] = _emptied(filed, permit, citation)
            findings[filed.id] = referred(others[filed.id], changes[filed.id], sign.by)
    gone = {(c.declaration, c.line, c.item) for f in changes.values() for c in f.citations if not c.open}
    uses = tuple(u for u in permit.uses if (u.declaration, u.line, u.item) not in gone)
    return Used(replace(permit, uses=uses), tuple(postings), tuple(findings.values()))


def entered(permit: PermitOnFile, letter: str, entry: Entry) -> PermitOnFile:
    """Answer the permit with one entry in one of its lines, asked or not whether it fits."""
    line = permit.lines[letter]
    return replace(permit, lines={**permit.lines, letter: replace(line, balance=enter(line.balance, entry))})


def _youngest_first(permit: PermitOnFile, letter: str) -> list[Citation]:
    standing = [u for u in permit.uses if u.open and u.side is Side.IMPORT and u.line == letter]
    return sorted(
        standing,
        key=lambda u: ((u.lodged_at is not None and u.lodged_at.timestamp()) or 0.0, u.declaration),
        reverse=True,
    )


def _emptied(filed: Filed, permit: PermitOnFile, gone: Citation) -> Filed:
    citations = tuple(
        replace(c, reserved=ZERO) if (c.permit, c.line, c.item) == (permit.id, gone.line, gone.item) else c
        for c in filed.citations
    )
    found = f"{plain(gone.reserved)} {gone.unit} given back"
    findings = (*filed.findings, emptied(permit, gone.line, found))
    return replace(filed, status=Status.REFERRED, citations=citations, findings=findings)


def referred(before: Filed, after: Filed, by: Act) -> DeclarationChange:
    """Write the turn to referred by the rules, the findings in its news."""
    rules = the_rules(by)
    findings = [finding.model_dump(mode="json", exclude_none=True) for finding in after.findings]
    move = Move(before.status, Status.REFERRED, rules, EVENTS[Status.REFERRED], None, {"findings": findings})
    return DeclarationChange(after, (move,))
