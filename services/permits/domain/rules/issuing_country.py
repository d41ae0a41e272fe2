"""The country whose Management Authority issues a permit, by the kind of the permit."""

from services.permits.domain.rules.item_context import EXPORT_KINDS
from shared.cites.codes import IMPORT_SIDE_KINDS
from shared.contracts.closed_sets import PermitKind, Side
from shared.contracts.permit import Permit

EXPORT_ISSUED_KINDS = EXPORT_KINDS | {
    PermitKind.CERTIFICATE_OF_ORIGIN,
    PermitKind.PRE_CONVENTION,
    PermitKind.CAPTIVE_BRED,
    PermitKind.PHYTOSANITARY,
}
"""Documents of the country of export (Articles III.2, IV.2, V.3, VII.2 and VII.5; Resolution Conf. 12.3).

A certificate for many crossings is of the country where its goods are kept, which may be a third one.
"""


def issuing_side(content: Permit) -> Side | None:
    """Return the side of the shipment whose country issues a permit of this kind; None if any country may issue it."""
    if content.kind in IMPORT_SIDE_KINDS:
        return Side.IMPORT
    return Side.EXPORT if content.kind in EXPORT_ISSUED_KINDS else None


def expected_issuer(content: Permit) -> str:
    """Return the country that issues a permit of this kind; the stated issuer if any country may issue it."""
    match issuing_side(content):
        case Side.IMPORT:
            return content.import_country
        case Side.EXPORT:
            return content.export_country
        case _:
            return content.issuer
