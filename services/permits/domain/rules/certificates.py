"""Rules that compare a cited certificate with the goods that its kind may cover (Articles III.5, IV.6 and VII)."""

from services.permits.domain.rules.certificate_scope import Misfit, find_misfits
from services.permits.domain.rules.citation_context import CitationContext
from services.permits.domain.rules.parties import has_same_identifier, has_same_name
from services.permits.domain.rules.rule import Discrepancy, Rule, rule
from shared.contracts.closed_sets import PermitKind, Severity

OWNER_KINDS = frozenset({PermitKind.PERSONAL_OWNERSHIP, PermitKind.MUSICAL_INSTRUMENT})
"""Certificates of one owner, who travels with the goods and brings them back (Resolutions Conf. 10.20 and 16.8)."""


def _misfits(context: CitationContext) -> list[Misfit]:
    """Return the differences of the cited line from the goods of its kind, the certain ones if there are any.

    A certificate of origin replaces no permit: other rules ask for these. Only its country of origin is compared.
    """
    content = context.permit.content
    found = list(find_misfits(content, context.line.content, context.name_to_look_up, context.facts))
    if content.kind == PermitKind.CERTIFICATE_OF_ORIGIN:
        return [one for one in found if one.field == "origin_country"]
    return [one for one in found if one.is_certain] or found


def _discrepancy(context: CitationContext, misfits: list[Misfit]) -> Discrepancy:
    """Return one discrepancy for all misfits: the wrong kind of document is their only cause."""
    law = "; ".join(dict.fromkeys(one.law for one in misfits))
    return Discrepancy(
        pointer=context.document_pointer("number"),
        expected="; ".join(f"{one.field} {one.expected}" for one in misfits),
        found=f"{context.permit.content.kind}: " + "; ".join(f"{one.field} {one.found}" for one in misfits),
        note=law,
    )


@rule(
    "CITES-VII-certificate-scope",
    Severity.BLOCK,
    remedy="Cite the permits that these goods need in a new version, or ask the issuing authority for the right "
    "document.",
    officer_remedy="The issuing authority replaces the document. Customs overrides the finding with a reason only if "
    "the goods may pass.",
)
def goods_are_of_the_kind(context: CitationContext) -> Discrepancy | None:
    """A certificate must cover only the goods of its kind and source (Articles III.5, IV.6 and VII)."""
    misfits = _misfits(context)
    return _discrepancy(context, misfits) if misfits and misfits[0].is_certain else None


@rule(
    "CITES-VII-certificate-doubt",
    Severity.REFER,
    remedy="Send customs the proof that the certificate covers these goods, or cite the permits that they need.",
    officer_remedy="Customs asks the issuing authority about the certificate, then overrides the finding with a reason "
    "or refuses the goods.",
)
def goods_are_certainly_of_the_kind(context: CitationContext) -> Discrepancy | None:
    """An officer must decide where the hub cannot tell whether a certificate covers the goods (Article VII)."""
    misfits = _misfits(context)
    return _discrepancy(context, misfits) if misfits and not misfits[0].is_certain else None


@rule("CITES-VII-certificate-owner", Severity.NOTE)
def goods_travel_with_their_owner(context: CitationContext) -> Discrepancy | None:
    """The goods of an owner's certificate go to another person (Resolutions Conf. 10.20 and 16.8)."""
    exporter, importer = context.declaration.exporter, context.declaration.importer
    if context.permit.content.kind not in OWNER_KINDS:
        return None
    if has_same_name(exporter.name, importer.name) or has_same_identifier(exporter, importer):
        return None
    return Discrepancy(pointer="/importer/name", expected=exporter.name, found=importer.name)


RULES: tuple[Rule[CitationContext], ...] = (
    goods_are_of_the_kind,
    goods_are_certainly_of_the_kind,
    goods_travel_with_their_owner,
)
