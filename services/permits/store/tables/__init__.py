"""The tables of the permits database, one module per group. Constraints keep values unique or not negative."""

from services.permits.store.tables.applications import APPLICATION_IS_OPEN, application_history, applications
from services.permits.store.tables.declarations import (
    amended_versions,
    citations,
    declaration_history,
    declarations,
)
from services.permits.store.tables.ledger import balance_mismatches, ledger
from services.permits.store.tables.messaging import commands, mandates, outbox_events, parties
from services.permits.store.tables.metadata import metadata
from services.permits.store.tables.permits import (
    NOTICE_DUE,
    permit_history,
    permit_lines,
    permit_proposals,
    permit_watchers,
    permits,
    second_use_alerts,
)
from services.permits.store.tables.reference import (
    hs_codes,
    policies,
    policy_history,
    quota_amounts,
    quota_notices,
    quota_usage,
    quotas,
    reference_loads,
    suspensions,
)
from services.permits.store.tables.taxa import taxa, taxon_genera, taxon_names

__all__ = [
    "APPLICATION_IS_OPEN",
    "NOTICE_DUE",
    "amended_versions",
    "application_history",
    "applications",
    "balance_mismatches",
    "citations",
    "commands",
    "declaration_history",
    "declarations",
    "hs_codes",
    "ledger",
    "mandates",
    "metadata",
    "outbox_events",
    "parties",
    "permit_history",
    "permit_lines",
    "permit_proposals",
    "permit_watchers",
    "permits",
    "policies",
    "policy_history",
    "quota_amounts",
    "quota_notices",
    "quota_usage",
    "quotas",
    "reference_loads",
    "second_use_alerts",
    "suspensions",
    "taxa",
    "taxon_genera",
    "taxon_names",
]
