"""The tables of the permits database, a room a group; what must be unique or never negative is a constraint here."""

from services.permits.store.tables.applications import application_history, applications
from services.permits.store.tables.declarations import citations, declaration_history, declarations
from services.permits.store.tables.ledger import ledger, ledger_differences
from services.permits.store.tables.messaging import commands, news, parties
from services.permits.store.tables.metadata import metadata
from services.permits.store.tables.permits import TO_TELL, permit_history, permit_lines, permit_watchers, permits
from services.permits.store.tables.reference import (
    policies,
    policy_history,
    quota_amounts,
    quota_takings,
    quotas,
    reference_loads,
    suspensions,
)
from services.permits.store.tables.taxa import taxa, taxon_genera, taxon_names

__all__ = [
    "TO_TELL",
    "application_history",
    "applications",
    "citations",
    "commands",
    "declaration_history",
    "declarations",
    "ledger",
    "ledger_differences",
    "metadata",
    "news",
    "parties",
    "permit_history",
    "permit_lines",
    "permit_watchers",
    "permits",
    "policies",
    "policy_history",
    "quota_amounts",
    "quota_takings",
    "quotas",
    "reference_loads",
    "suspensions",
    "taxa",
    "taxon_genera",
    "taxon_names",
]
