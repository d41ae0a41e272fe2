"""A check of a declaration that the hub does not store."""

from functools import partial

from services.gateway.actions.auth.party_directory import Principal
from services.gateway.actions.context import GatewayContext
from services.gateway.actions.lodgement.batcher import reference_taken
from services.gateway.actions.representation import declaring_trader, make_acts_for
from services.gateway.clients.internal import call_with_retry
from services.gateway.formats.declaration_formats import FORMATS, NORMALIZED_MEDIA_TYPE
from services.gateway.store import submissions
from shared.contracts.parties import Caller
from shared.contracts.views.declarations import Verdict
from shared.contracts.views.parts import Fault
from shared.database import now
from shared.problems import Invalid, NotAllowed
from shared.service_client import ServiceResponse


async def validate_declaration(
    context: GatewayContext, principal: Principal, caller: Caller, media_type: str, body: bytes
) -> ServiceResponse | Verdict:
    """Return what the hub would find, by the steps of lodging: form, representation, reference, rules."""
    try:
        declaration, normalized = FORMATS[media_type](body, principal.party)
        list_traders = partial(context.directory.list_represented_traders, day=now().date())
        trader = await declaring_trader(declaration, principal, list_traders)
    except (Invalid, NotAllowed) as error:
        if not error.faults:
            raise
        return _invalid_verdict(*(Fault(pointer=f.pointer, code=f.code, detail=f.detail) for f in error.faults))
    async with context.engine.connect() as conn:
        if await submissions.is_reference_taken(conn, trader.party.id, declaration.reference):
            taken = reference_taken(declaration.reference)
            return _invalid_verdict(Fault(pointer="/reference", code=taken.code, detail=taken.detail))
    path = "/v1/declarations/validate"
    caller = caller.model_copy(update={"acts_for": make_acts_for(trader, principal)})
    return await call_with_retry(
        context.permits, "POST", path, caller=caller, body=normalized, headers={"Content-Type": NORMALIZED_MEDIA_TYPE}
    )


def _invalid_verdict(*faults: Fault) -> Verdict:
    return Verdict(valid=False, findings=(), errors=faults)
