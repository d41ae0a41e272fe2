"""The statements of a batch of declarations, and the usage totals of lines with many part uses."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.declarations import lodge_batch, read
from services.permits.domain.model.permits import CitedPermits
from services.permits.store import permits
from shared.contracts.comparison import comparison_key
from shared.database import new_id
from tests.permits.declaration_steps import lodge_part_uses
from tests.permits.sample_data import (
    B,
    declaration,
    endorse_permit,
    issue_permit,
    item,
    line,
    lodge_declaration,
    permit_content,
    submission_message,
)
from tests.permits.view_json import as_json


@contextmanager
def recorded_statements(db: AsyncEngine) -> Iterator[list[str]]:
    """Yield a list that records the statements sent within the block."""
    sent: list[str] = []

    def note(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        sent.append(statement)

    event.listen(db.sync_engine, "before_cursor_execute", note)
    yield sent
    event.remove(db.sync_engine, "before_cursor_execute", note)


async def test_batch_of_100_declarations_with_five_items_takes_at_most_20_statements(
    permits_db: AsyncEngine,
) -> None:
    messages = []
    for _ in range(100):
        permit = permit_content(*(line(name, description=f"lot {name}") for name in "ABCDE"))
        permit_id = await issue_permit(permits_db, permit)
        await endorse_permit(permits_db, permit_id, A="100", B="100", C="100", D="100", E="100")
        items = (item(permit, "100", n, document={"line": name}) for n, name in enumerate("ABCDE", 1))
        messages.append(submission_message(declaration(*items)))
    with recorded_statements(permits_db) as sent:
        await lodge_batch.lodge_declarations(permits_db, messages, datetime.now(UTC))
    assert len(sent) <= 20, "\n".join(sent)
    found = [await as_json(read.read_declaration(permits_db, one.id, B)) for one in messages[:3]]
    assert [one["status"] for one in found] == ["accepted"] * 3


async def test_part_uses_of_one_shipment_are_read_as_one_total(permits_db: AsyncEngine) -> None:
    permit_id, found = await lodge_part_uses(permits_db, "100", *("1" for _ in range(30)))
    assert {one["status"] for one in found} == {"accepted"}
    permit = await read_cited_permit(permits_db, str(found[0]["items"][0]["documents"][0]["number"]))
    assert [(h.use, h.is_open, str(h.reserved)) for h in permit.usage_totals] == [("part", True, "30")]
    assert (permit.id, permit.citations) == (permit_id, ())


async def test_permit_version_after_a_reservation_stays(permits_db: AsyncEngine) -> None:
    permit = permit_content(line(), line("B", "40", description="small"))
    await endorse_permit(permits_db, await issue_permit(permits_db, permit), A="118", B="40")
    before = await read_cited_permit(permits_db, permit.number)
    await lodge_declaration(permits_db, declaration(item(permit, "40", document={"line": "B"})))
    after = await read_cited_permit(permits_db, permit.number)
    assert (after.version, after.sequence) == (before.version, before.sequence)
    assert str(after.lines["B"].balance.import_reserved) == "40"
    assert after.lines["A"].balance == before.lines["A"].balance


async def test_declaration_with_the_reference_of_another_is_referred_when_it_cannot_be_checked(
    permits_db: AsyncEngine,
) -> None:
    permit = permit_content(line())
    await endorse_permit(permits_db, await issue_permit(permits_db, permit), A="118")
    first = submission_message(declaration(item(permit, "1")))
    second = first.model_copy(update={"id": new_id(), "unverified": "permits answered 500"})
    for message in (first, second):
        await lodge_batch.lodge_declarations(permits_db, [message], datetime.now(UTC))
    found = [await as_json(read.read_declaration(permits_db, one.id, B)) for one in (first, second)]
    assert [one["status"] for one in found] == ["accepted", "referred"]
    assert found[0]["reference"] == found[1]["reference"]
    assert [finding["found"] for finding in found[1]["findings"]] == [lodge_batch.SHARED_REFERENCE]


async def read_cited_permit(db: AsyncEngine, number: str) -> Any:
    """Return a permit as the check of a declaration reads it."""
    async with db.connect() as conn:
        return (await permits.read_cited(conn, CitedPermits(keys=frozenset({("ZA", comparison_key(number))}))))[0]
