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
    PERMIT_TAKEN_OVER = "permit.taken_over"
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
    EventType.DECLARATION_RECEIVED: "The hub stored a declaration",
    EventType.DECLARATION_ACCEPTED: "The check found nothing against it, or officers overrode every finding",
    EventType.DECLARATION_REFERRED: "An officer must decide about the declaration",
    EventType.DECLARATION_REJECTED: "The check found a reason that blocks the declaration",
    EventType.DECLARATION_RELEASED: "Customs released the goods",
    EventType.DECLARATION_REFUSED: "Customs refused the goods",
    EventType.DECLARATION_CANCELLED: "The trader cancelled the declaration",
    EventType.DECLARATION_AMENDED: "The trader submitted a new version of the declaration",
    EventType.DECLARATION_OVERRIDDEN: (
        "An officer overrode a finding, or it ended because a lost permit was found; other findings remain"
    ),
    EventType.DECLARATION_CONSENTED: "The authority agreed to more than a permit allows",
    EventType.DECLARATION_CORRECTED: "Customs corrected a release",
    EventType.PERMIT_ISSUED: "An authority issued or registered a permit",
    EventType.PERMIT_ENDORSED: "Customs endorsed the quantities that left the country",
    EventType.PERMIT_USED: "Goods arrived under the permit; the event says what is left",
    EventType.PERMIT_EXHAUSTED: "The permit serves no further shipment",
    EventType.PERMIT_REVOKED: "Its authority revoked the permit",
    EventType.PERMIT_REPLACED: "Another permit replaces the permit",
    EventType.PERMIT_LOST: "The permit was reported lost",
    EventType.PERMIT_FOUND: "The lost permit was found",
    EventType.PERMIT_TAKEN_OVER: "The authority of its issuer took over a permit that another country had registered",
    EventType.PERMIT_EXPIRING: "The permit expires within 30 days",
    EventType.PERMIT_EXPIRED: "The last day of the permit is over",
    EventType.PERMIT_SECOND_USE_ATTEMPTED: "A declaration cited a permit line that is in use or used up",
    EventType.QUOTA_NEAR: "80 % of a quota is used",
    EventType.QUOTA_REACHED: "A quota is used up",
    EventType.APPLICATION_SUBMITTED: "A trader applied for a permit",
    EventType.APPLICATION_ASSESSED: "An officer of the authority assessed it; only the authority receives this event",
    EventType.APPLICATION_QUERIED: "The authority asked the trader a question",
    EventType.APPLICATION_ANSWERED: "The trader answered the question",
    EventType.APPLICATION_GRANTED: "The authority granted the application and issued the permit",
    EventType.APPLICATION_REFUSED: "The authority refused the application",
    EventType.APPLICATION_WITHDRAWN: "The trader withdrew the application",
    EventType.ENDPOINT_VERIFICATION: "The hub sends an endpoint a challenge, which it must return",
    EventType.ENDPOINT_TEST: "The owner of an endpoint asked for a test",
    EventType.ENDPOINT_DISABLED: "The hub disabled an endpoint",
    EventType.EVENT_ACKNOWLEDGED: "A receiver reported its own result for an event",
}
"""The meaning of each type, in one line."""
