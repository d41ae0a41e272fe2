"""The types of events that the hub sends, each with its meaning in one line."""

from enum import StrEnum


class EventType(StrEnum):
    """The type of an event: its family, and what happened."""

    DECLARATION_RECEIVED = "declaration.received"
    DECLARATION_ACCEPTED = "declaration.accepted"
    DECLARATION_REFERRED = "declaration.referred"
    DECLARATION_REJECTED = "declaration.rejected"
    DECLARATION_RELEASED = "declaration.released"
    DECLARATION_REFUSED = "declaration.refused"
    DECLARATION_CANCELLED = "declaration.cancelled"
    DECLARATION_AMENDED = "declaration.amended"
    DECLARATION_OVERRIDDEN = "declaration.overridden"
    DECLARATION_CONSENTED = "declaration.consented"
    DECLARATION_CORRECTED = "declaration.corrected"
    PERMIT_ISSUED = "permit.issued"
    PERMIT_ENDORSED = "permit.endorsed"
    PERMIT_USED = "permit.used"
    PERMIT_EXHAUSTED = "permit.exhausted"
    PERMIT_REVOKED = "permit.revoked"
    PERMIT_REPLACED = "permit.replaced"
    PERMIT_LOST = "permit.lost"
    PERMIT_FOUND = "permit.found"
    PERMIT_EXPIRING = "permit.expiring"
    PERMIT_EXPIRED = "permit.expired"
    PERMIT_SECOND_USE_ATTEMPTED = "permit.second_use_attempted"
    QUOTA_NEAR = "quota.near"
    QUOTA_REACHED = "quota.reached"
    APPLICATION_SUBMITTED = "application.submitted"
    APPLICATION_ASSESSED = "application.assessed"
    APPLICATION_QUERIED = "application.queried"
    APPLICATION_ANSWERED = "application.answered"
    APPLICATION_GRANTED = "application.granted"
    APPLICATION_REFUSED = "application.refused"
    APPLICATION_WITHDRAWN = "application.withdrawn"
    ENDPOINT_VERIFICATION = "endpoint.verification"
    ENDPOINT_TEST = "endpoint.test"
    ENDPOINT_DISABLED = "endpoint.disabled"
    EVENT_ACKNOWLEDGED = "event.acknowledged"

    @property
    def family(self) -> str:
        """The kind of subject: declaration, permit, quota, application, endpoint or event."""
        return self.partition(".")[0]


EVENT_SENTENCES: dict[EventType, str] = {
    EventType.DECLARATION_RECEIVED: "A declaration was taken in",
    EventType.DECLARATION_ACCEPTED: "The check found nothing against it, or an officer settled what it found",
    EventType.DECLARATION_REFERRED: "An officer decides",
    EventType.DECLARATION_REJECTED: "The check found what blocks it",
    EventType.DECLARATION_RELEASED: "Customs let the goods go",
    EventType.DECLARATION_REFUSED: "Customs refused the goods",
    EventType.DECLARATION_CANCELLED: "The trader took it back",
    EventType.DECLARATION_AMENDED: "The trader stated a new version",
    EventType.DECLARATION_OVERRIDDEN: (
        "A finding was settled, by an officer or as a lost permit was found; others stand"
    ),
    EventType.DECLARATION_CONSENTED: "The authority agreed to more than a permit says",
    EventType.DECLARATION_CORRECTED: "Customs corrected what was released",
    EventType.PERMIT_ISSUED: "An authority issued or registered a permit",
    EventType.PERMIT_ENDORSED: "Customs endorsed what left",
    EventType.PERMIT_USED: "Goods arrived under it; says what is left",
    EventType.PERMIT_EXHAUSTED: "Nothing further may come of it",
    EventType.PERMIT_REVOKED: "Its authority took it back",
    EventType.PERMIT_REPLACED: "Another permit stands in its place",
    EventType.PERMIT_LOST: "It was reported lost",
    EventType.PERMIT_FOUND: "It was found again",
    EventType.PERMIT_EXPIRING: "It expires within 30 days",
    EventType.PERMIT_EXPIRED: "Its last day is over",
    EventType.PERMIT_SECOND_USE_ATTEMPTED: "A declaration cited a line that was in use or used",
    EventType.QUOTA_NEAR: "80 % of a quota is used",
    EventType.QUOTA_REACHED: "A quota is used up",
    EventType.APPLICATION_SUBMITTED: "A trader applied for a permit",
    EventType.APPLICATION_ASSESSED: "A person of the authority assessed it; the authority alone hears of this",
    EventType.APPLICATION_QUERIED: "The authority asks back",
    EventType.APPLICATION_ANSWERED: "The trader answered",
    EventType.APPLICATION_GRANTED: "The authority granted it and issued the permit",
    EventType.APPLICATION_REFUSED: "The authority refused it",
    EventType.APPLICATION_WITHDRAWN: "The trader withdrew it",
    EventType.ENDPOINT_VERIFICATION: "An endpoint is asked to prove itself",
    EventType.ENDPOINT_TEST: "A test sent on request",
    EventType.ENDPOINT_DISABLED: "An endpoint was switched off",
    EventType.EVENT_ACKNOWLEDGED: "A receiver gave its verdict about an event",
}
"""What happened, in one line."""
