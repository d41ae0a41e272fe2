"""Messages of the gateway: the largest one fits into the request that its receiver reads."""

from datetime import UTC, datetime
from uuid import uuid4

from services.gateway.clients.outbox_messages import render_party, render_submission
from shared.contracts.closed_sets import Role
from shared.contracts.limits import (
    COUNTRIES,
    EVENT_TYPES,
    GRANTS,
    IDENTIFIERS,
    MESSAGE_BATCH_BYTES,
    NAME_LENGTH,
    NORMALIZED_BYTES,
    NUMBER_LENGTH,
)
from shared.contracts.parties import Grant, Party
from shared.message_batches import RenderedMessage, render_batch
from shared.web import MAX_BODY_BYTES

WIDE = "\N{OLD ITALIC LETTER A}"
"""A character of four bytes in UTF-8, and of twelve in a JSON text of ASCII."""


def _largest_party() -> Party:
    numbers = {f"{n:02}{WIDE * (NUMBER_LENGTH - 2)}": f"{n:02}{WIDE * (NUMBER_LENGTH - 2)}" for n in range(IDENTIFIERS)}
    grant = Grant(countries=("FR",) * COUNTRIES, event_types=("x" * NUMBER_LENGTH,) * EVENT_TYPES)
    return Party(
        id=uuid4(),
        name=WIDE * NAME_LENGTH,
        country="FR",
        roles=tuple(Role),
        identifiers=numbers,
        grants=(grant,) * GRANTS,
    )


def test_submission_of_the_largest_declaration_fits_a_request() -> None:
    assert NORMALIZED_BYTES >= MAX_BODY_BYTES
    message = {
        "id": uuid4(),
        "party": _largest_party().model_dump(mode="json"),
        "received_at": datetime.now(UTC),
        "digest": bytes(32),
        "trader_id": uuid4(),
        "represented": {"party": str(uuid4()), "name": WIDE * 200, "country": "FR", "numbers": [WIDE * 64] * 20},
        "officer": WIDE * 500,
        "body": b"",
        "normalized": b"x" * NORMALIZED_BYTES,
    }
    rendered = RenderedMessage(message["id"], render_submission(message, unverified=WIDE * 500))  # type: ignore[arg-type]
    assert NORMALIZED_BYTES < len(render_batch([rendered])) <= MESSAGE_BATCH_BYTES


def test_message_of_the_largest_party_fits_a_request() -> None:
    rendered = RenderedMessage(uuid4(), render_party({"party": _largest_party().model_dump(mode="json")}))
    assert 200_000 < len(render_batch([rendered], "parties")) <= MESSAGE_BATCH_BYTES
