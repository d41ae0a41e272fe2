"""Holders of permits: the permits that a declaration may use, because its declaring side is their holder."""

from collections.abc import Iterable

from services.permits.domain.model.declarations import DeclarationRecord
from services.permits.domain.model.permits import PermitRecord, permit_key
from services.permits.domain.rules.parties import Naming, naming_of_declaring_side
from services.permits.domain.rules.whole_declaration import own_party_is_identified
from shared.contracts.closed_sets import ActorRole
from shared.contracts.findings import Finding
from shared.contracts.permit import Permit

PermitKeys = frozenset[tuple[str, str]]


def confirmed_permits(declaration: DeclarationRecord) -> PermitKeys:
    """Return the keys of the permits that name their holder by name alone, and whose holder an officer confirmed."""
    return _named_alone(
        one for one in declaration.findings if one.override is not None and one.override.by.role != ActorRole.RULES
    )


def permits_named_alone(declaration: DeclarationRecord) -> PermitKeys:
    """Return the keys of the permits whose holder an officer may confirm, or has confirmed."""
    return _named_alone(declaration.findings)


def _named_alone(findings: Iterable[Finding]) -> PermitKeys:
    return frozenset(
        finding.permit.key
        for finding in findings
        if finding.rule == own_party_is_identified.name and finding.permit is not None
    )


def naming(permit: PermitRecord | None, declaration: DeclarationRecord) -> Naming:
    """Return how a permit names the declaring side. No permit names nobody."""
    if permit is None:
        return Naming.NOT_AT_ALL
    return naming_of_declaring_side(permit.content, declaration.content, declaration.trader_country)


def may_use(permit: PermitRecord, declaration: DeclarationRecord, confirmed: PermitKeys) -> bool:
    """Return whether the declaring side is the holder of a permit: by its identifier, or because an officer said so.

    Nothing of any other permit is set aside for the declaration, and nothing of it is shown.
    """
    return is_holder(permit.content, declaration, confirmed)


def is_holder(permit: Permit, declaration: DeclarationRecord, confirmed: PermitKeys) -> bool:
    """Return the result of `may_use` for the content of a permit."""
    found = naming_of_declaring_side(permit, declaration.content, declaration.trader_country)
    return found is Naming.BY_IDENTIFIER or (found is Naming.BY_NAME_ALONE and permit_key(permit) in confirmed)
