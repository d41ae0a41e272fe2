"""An event as CloudEvents 1.0 names it, in binary mode: attributes in headers, the body as it always is.

The specification leaves to the producer what the data is; here it is the message of this hub, whole, so that it is the
same bytes under the same signature in either format.
"""

from services.notifications.domain.letter import Letter
from shared.contracts.words import write_moment

SOURCE = "/v1/events"
"""Where the hub tells its events: a URI reference, with which `ce-id` is unique (CloudEvents 1.0, source)."""


def cloud_event(letter: Letter) -> dict[str, str]:
    """Write the attributes of a letter as headers."""
    told = {"ce-time": write_moment(letter.told_at)} if letter.told_at else {}
    return {
        "ce-specversion": "1.0",
        "ce-id": str(letter.event_id),
        "ce-source": SOURCE,
        "ce-type": letter.kind,
        "ce-subject": letter.subject,
        **told,
    }
