"""The periodic jobs of the gateway. One of its replicas runs them."""

from services.gateway.actions.retention import delete_rate_limit_blocks, delete_used_assertions
from shared.idempotency import delete_expired_commands
from shared.periodic_jobs import Job

JOBS = (
    Job("commands", 600.0, delete_expired_commands),
    Job("used_assertions", 600.0, delete_used_assertions),
    Job("rate_limit_blocks", 600.0, delete_rate_limit_blocks),
)
"""Every periodic job of the gateway."""
