"""Holders of permits: the permits that a declaration may use, because its declaring side is their holder."""

from services.permits.domain.model.declarations import DeclarationRecord
from services.permits.domain.model.permits import PermitRecord
from services.permits.domain.rules.parties import Naming, naming_of_declaring_side
from services.permits.domain.rules.whole_declaration import own_party_is_identified
from shared.contracts.closed_sets import ActorRole
from shared.contracts.declaration import Document

PermitKeys = frozenset[tuple[str, str]]


def confirmed_permits(declaration: DeclarationRecord) -> PermitKeys:
    """Return the keys of the permits that name their holder by name alone, and whose holder an officer confirmed."""
    return frozenset(
        Document(issuer=finding.permit.issuer, number=finding.permit.number).key
        for finding in declaration.findings
        if finding.rule == own_party_is_identified.name
        and finding.permit is not None
        and finding.override is not None
        and finding.override.by.role != ActorRole.RULES
    )


def naming(permit: PermitRecord | None, declaration: DeclarationRecord) -> Naming:
    """Return how a permit names the declaring side. No permit names nobody."""
    if permit is None:
        return Naming.NOT_AT_ALL
    return naming_of_declaring_side(permit, declaration.content, declaration.trader_country)


def may_use(permit: PermitRecord, declaration: DeclarationRecord, confirmed: PermitKeys) -> bool:
    """Return whether the declaring side is the holder of a permit: by its identifier, or because an officer said so.

    Nothing of any other permit is set aside for the declaration, and nothing of it is shown.
    """
    found = naming(permit, declaration)
    return found is Naming.BY_IDENTIFIER or (found is Naming.BY_NAME_ALONE and permit.key in confirmed)
