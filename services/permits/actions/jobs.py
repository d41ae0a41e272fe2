"""The periodic jobs of permits, run by its worker."""

from services.permits.actions.declarations.recheck import Rechecker
from services.permits.actions.declarations.refer_overdue import refer_overdue_transits
from services.permits.actions.declarations.refer_stale import refer_stale_declarations
from services.permits.actions.declarations.second_use_alerts import send_held_alerts
from services.permits.actions.ledger.audit import LedgerAuditor
from services.permits.actions.permits.expiry_notices import write_expiry_notices
from shared.idempotency import delete_expired_commands
from shared.periodic_jobs import Job


def make_jobs() -> tuple[Job, ...]:
    """Return every periodic job of permits."""
    return (
        Job("permits.ends", 5.0, write_expiry_notices),
        Job("reservations", 60.0, refer_stale_declarations),
        Job("transits", 60.0, refer_overdue_transits),
        Job("commands", 600.0, delete_expired_commands),
        Job("ledger", 60.0, LedgerAuditor().run),
        Job("checked.again", 2.0, Rechecker().run),
        Job("alerts", 10.0, send_held_alerts),
    )
