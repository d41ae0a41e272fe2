"""A declaration that nobody released in the days its country allows gives back what it set aside, and is referred.

It is not over: an officer who overrides the finding sets all aside anew if it is still there, its trader may state a
new version or cancel, customs may refuse.
"""

from dataclasses import replace
from datetime import date

from services.permits.domain.declarations.lodge import give_back, the_rules
from services.permits.domain.lifecycle import Status
from services.permits.domain.rules.whole_declaration import abandoned
from services.permits.domain.values import Filed, Outcome, PermitChange
from services.permits.domain.write_off.displacement import referred
from services.permits.domain.write_off.posting import Permits
from shared.contracts.parties import Act


def end(filed: Filed, permits: Permits, days: int, last: date, by: Act) -> Outcome:
    """Give back the reservations of an accepted or referred declaration; `last` is when something last happened."""
    back = give_back(filed, permits, the_rules(by), f"ended/{filed.sequence}")
    findings = (*filed.findings, abandoned(days, last))
    after = replace(back.filed, status=Status.REFERRED, findings=findings)
    changes = tuple(PermitChange(permit) for permit in back.permits.values())
    why = f"Nothing happened for {days} days: what was set aside went back"
    return Outcome((referred(filed, after, by, why),), changes, back.postings)
