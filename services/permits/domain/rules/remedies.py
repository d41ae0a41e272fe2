"""What to do about a finding: the sentence its message ends in, for trader and officer."""

from shared.contracts.findings import Severity

DEFAULT_REMEDIES: dict[Severity, str] = {
    "block": "State it right in a new version, or customs overrides it with a reason.",
    "refer": "Customs decides; a new version that agrees with the paper settles it too.",
    "note": "",
}
"""By gravity, where a rule has no sentence of its own; a note asks for nothing."""

REMEDIES: dict[str, str] = {
    "CITES-VI.1-permit-known": "Check number and issuer, or have its authority register it; then state a new version.",
    "CITES-box-7-line": "Name a line that the document has, or cite the document that covers these goods.",
    "CITES-IV-kind": "Cite a document of a kind that serves this movement.",
    "CITES-VI.2-validity": "Cite a document in force on that day; its authority may issue another.",
    "CITES-VI.2-late": "Customs sees that it was used in time and overrides this, or refuses.",
    "CITES-VI.1-withdrawn": "Cite the document that stands in its place, or ask its authority.",
    "CITES-box-14-endorsement": "Customs of the export country endorses it, and it is checked again; or override this.",
    "CITES-box-9-neighbouring-term": "Customs sees which term is right and overrides this.",
    "CITES-box-11-unit": 'Customs overrides this with the "quantity" in the unit of the line.',
    "one-line-meant": 'Customs overrides this with the "line" that is meant, or the trader names it.',
    "CITES-VI.6-second-use": "Cite another document; a further load of the same shipment is a part use of it.",
    "CITES-box-11-quantity": "State no more than is left, or have the authority consent; then customs overrides.",
    "CITES-box-15-part-use": "State the transport document that was endorsed, or customs overrides this.",
    "counted-already": "Name in counted_by the declaration that counted it, by id or reference, or let this one count.",
    "CITES-box-14-endorsed-for-less": "State what left in a new version, or customs sets it aside anew by overriding.",
    "reservation-ended": "Customs sets it aside anew by overriding this; its trader may cancel.",
    "CITES-III-export-document": "Cite the export permit or re-export certificate, or customs refuses.",
    "CITES-III.3-import-permit": "Cite the import permit of the country of import as well.",
    "CITES-IV-export-document": "Cite the export permit or re-export certificate.",
    "CITES-XIV.1-import-permit": "Cite the import permit that the country of import asks for as well.",
    "CITES-V-document": "Cite the document of Appendix III that is expected.",
    "CITES-box-10-appendix": "Customs asks the issuing authority, and overrides this or refuses.",
    "CITES-XV-appendix-today": "Customs sees whether the paper still holds, and overrides this or refuses.",
    "CITES-Conf-14.7-quota": "Its authority corrects the permits of the year, or customs overrides this.",
    "CITES-Conf-12.3-source": "State the source that is meant in a new version, or customs overrides or refuses.",
    "split-listing": "Say country of origin and source in a new version, or customs decides.",
    "unverified": "Customs decides; citing a permit that covers the goods settles it too.",
}
"""By rule."""


def remedy(rule: str, severity: Severity) -> str:
    """Answer what to do about a finding of a rule."""
    return "" if severity == "note" else REMEDIES.get(rule, DEFAULT_REMEDIES[severity])


def finding_message(
    sentence: str, rule: str, severity: Severity, expected: str | None, found: str | None, note: str | None = None
) -> str:
    """Say a rule, what it saw and what to do, in one line a person can act on."""
    parts = [sentence]
    parts += [f"Expected: {expected}."] if expected is not None else []
    parts += [f"Found: {found}."] if found is not None else []
    parts += [f"Note: {note}."] if note is not None else []
    return " ".join(part for part in (*parts, remedy(rule, severity)) if part)
