"""What the listing, suspensions and quotas say of one line of a cited document (box 10, box 11a)."""

from services.permits.domain.reference import names
from services.permits.domain.reference.listings import STRICTEST, Standing, counts_as
from services.permits.domain.rules.context import Case, Difference, Rule
from services.permits.domain.rules.matching import origin
from shared.contracts.quantities import plain


def _on(case: Case, *, at_issue: bool) -> Standing:
    """Answer where the specimens stand, on the day of issue or today: by the declared taxon, if the line's is wider."""
    day = case.permit.terms.issued_on if at_issue else case.day
    return case.facts.standing(_meant(case), day, origin(case.permit, case.line))


def _meant(case: Case) -> str:
    return case.facts.meant(case.line.terms.taxon, case.item.taxon, case.day)


def _agrees(case: Case, standing: Standing) -> bool:
    """Say whether the line's Appendix is one the listing may mean; one of source D may be told either way."""
    stated, source = case.line.terms.appendix, case.line.terms.source
    return stated in standing.appendices or stated in {counts_as(one, source) for one in standing.appendices}


def appendix_at_issue(case: Case) -> Difference | None:
    """The Appendix on a document is the one in force on the day of its issue (Resolution Conf. 12.3, box 10)."""
    standing = _on(case, at_issue=True)
    if not standing.known or _agrees(case, standing):
        return None
    issued = case.permit.terms.issued_on
    return Difference(case.cites("number"), f"{standing} on {issued}", f"Appendix {case.line.terms.appendix}")


def _moved(case: Case) -> tuple[Standing, int] | None:
    """Answer where the specimens stand today, and how much stricter that is than the document's Appendix was."""
    today = _on(case, at_issue=False)
    if not today.known or _agrees(case, today) or appendix_at_issue(case) is not None:
        return None
    return today, _strictness(today) - STRICTEST[case.line.terms.appendix]


def _strictness(standing: Standing) -> int:
    return max(STRICTEST[one] for one in standing.appendices)


def appendix_today(case: Case) -> Difference | None:
    """Where a taxon moved to a stricter Appendix since the document was issued, an officer decides (Article XV)."""
    moved = _moved(case)
    if moved is None or moved[1] <= 0:
        return None
    return Difference(case.cites("number"), f"{moved[0]} today", f"Appendix {case.line.terms.appendix} at issue")


def appendix_since(case: Case) -> Difference | None:
    """A taxon that moved to a less strict Appendix since the document was issued is covered by it (Article XV)."""
    moved = _moved(case)
    if moved is None or moved[1] > 0:
        return None
    return Difference(case.cites("number"), f"{moved[0]} today", f"Appendix {case.line.terms.appendix} at issue")


def is_listed(case: Case) -> Difference | None:
    """Where no listing answers for a taxon, the Appendix that the document names counts (box 10).

    So where a line is for a higher taxon, and the listing leaves open whether the declared one is in a stricter one.
    """
    named, meant = case.line.terms, _meant(case)
    found = f"line {named.line}: Appendix {named.appendix}"
    if not case.facts.standing(meant, case.day, None).known:
        return Difference(case.at("taxon"), f"a listing of {named.taxon}", found)
    today = _on(case, at_issue=False)
    if meant == named.taxon or today.certain or _strictness(today) <= STRICTEST[named.appendix]:
        return None
    return Difference(case.at("taxon"), f"one listing of {meant}", f"{today}; {found}")


def named_alike(case: Case) -> Difference | None:
    """A synonym of the name on the document means the same taxon (box 7)."""
    listed, stated = case.line.terms.taxon, case.item.taxon
    if stated is None or names.key(listed) == names.key(stated) or not case.facts.means(listed, stated, case.day):
        return None
    return Difference(case.at("taxon"), listed, stated)


def quota_holds(case: Case) -> Difference | None:
    """With this document no more is granted in the year than the annual quota (Resolution Conf. 14.7, box 11a)."""
    for taking in case.facts.takings.get((case.permit.id, case.line.terms.line), ()):
        if taking.total > taking.amount:
            span = f"{taking.taxon}, {taking.starts} to {taking.ends}"
            expected = f"at most {plain(taking.amount)} {taking.unit} ({span})"
            return Difference(case.cites("number"), expected, f"{plain(taking.total)} {taking.unit} with this document")
    return None


QUOTA = "CITES-Conf-14.7-quota"
RULES: tuple[Rule, ...] = (
    Rule("CITES-box-10-appendix", "refer", appendix_at_issue),
    Rule("CITES-XV-appendix-today", "refer", appendix_today),
    Rule("CITES-XV-appendix-since", "note", appendix_since),
    Rule("listing-silent", "note", is_listed),
    Rule("CITES-box-7-synonym", "note", named_alike),
    Rule(QUOTA, "block", quota_holds),
)
