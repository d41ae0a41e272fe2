"""Replace a permit by a new one."""

from dataclasses import replace

from services.permits.domain.events import permit_fields, permit_reference
from services.permits.domain.model.change_sets import ChangeSet
from services.permits.domain.model.permits import PermitRecord
from services.permits.domain.permits.issue import NewPermit, issue
from services.permits.domain.permits.withdraw import WithdrawalContext, withdraw
from shared.contracts.closed_sets import PermitStatus
from shared.contracts.events.permits import PermitReplaced
from shared.contracts.parties import Actor, Party
from shared.contracts.permit import Permit
from shared.problems import Fault, Invalid


def replace_permit(
    old: PermitRecord, new_permit: NewPermit, content: Permit, party: Party, actor: Actor, context: WithdrawalContext
) -> ChangeSet:
    """Return the changes that issue a new permit and withdraw the old one. Each names the other.

    Raise Invalid `issuer-differs` if the issuers differ, and the errors of `issue` and `withdraw`.
    """
    if content.issuer != old.content.issuer:
        text = (
            f"The old permit is of {old.content.issuer}, the new one of {content.issuer}. Send "
            f"{old.content.issuer} as `issuer`."
        )
        raise Invalid("issuer-differs", text, [Fault("/issuer", "issuer-differs", text)])
    issued = issue(new_permit, content, party, actor, replaces=old)
    new = issued.permits[0].permit
    data = PermitReplaced(**permit_fields(old), status=PermitStatus.REPLACED, replaced_by=permit_reference(new))
    withdrawn = withdraw(replace(old, replaced_by=new.id), data, actor, context)
    return ChangeSet(
        declarations=withdrawn.declarations, permits=(*withdrawn.permits, *issued.permits), postings=issued.postings
    )
