"""Read and lock permits. All callers lock them in the order of ids and before declarations.

The lock is FOR NO KEY UPDATE, because no key ever changes. With FOR UPDATE, the check of a foreign key would deadlock.
It needs KEY SHARE on a row that its own transaction has locked, and would queue behind others that wait for this row.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Select, Text, Uuid, cast, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.domain.ledger.balances import Balance
from services.permits.domain.model.declarations import DeclarationRecord
from services.permits.domain.model.events import Followers
from services.permits.domain.model.permits import CitedPermits, PermitRecord, permit_key
from services.permits.domain.model.usage import UsageTotal
from services.permits.store import tables as t
from services.permits.store.from_row import (
    BALANCE_COLUMNS,
    Row,
    RowValues,
    group_by_id,
    permit_content_from_json,
    permit_from_row,
    usage_total_from_row,
    with_current_columns,
)
from services.permits.store.to_row import PERMIT_CHANGED_COLUMNS
from shared.contracts.closed_sets import PermitStatus
from shared.contracts.limits import EVENT_WATCHERS
from shared.contracts.permit import Permit
from shared.database import bulk_insert, column_arrays, id_in
from shared.limits import Limit, LimitSubject
from shared.mandate_copies import is_valid_today

Key = tuple[str, str]
"""Issuer and key of the number of a permit, by which a declaration cites it."""
FindNamed = Callable[[Iterable[Permit]], frozenset[Key]]
"""A function that returns the keys of the permits that others name."""
Watcher = tuple[UUID, UUID, UUID | None]
"""A permit, a party that follows it, and the trader for whom the party cited it as an agent."""
SHOWN_HISTORY = Limit(
    500,
    "entries",
    subject=LimitSubject.LISTS,
    meaning="Entries of its history that a permit shows",
    beyond="The newest are shown, and a field counts the others.",
)
INLINE_CONTENT = Limit(
    1_000_000,
    "characters",
    subject=LimitSubject.MEMORY,
    meaning="Content of the permits of one query that is parsed on the event loop at once",
    beyond="It is parsed in a thread, so that the process goes on to serve other requests.",
)
NO_LINES: Mapping[Key, Collection[str]] = {}
PERMIT_COLUMNS = (
    *(c for c in t.permits.c if c.name not in {"content", "search_words"}),
    cast(t.permits.c.content, Text).label("content"),
)
"""A permit's columns, its content as text: the contract parses text faster than a parsed value."""
CHANGING_COLUMNS = tuple(t.permits.c[name] for name in ("id", *PERMIT_CHANGED_COLUMNS))
"""The id of a permit, and its columns that change after its issue."""


def names_none(contents: Iterable[Permit]) -> frozenset[Key]:
    """Return no key: only the cited permits are needed."""
    return frozenset()


@dataclass(frozen=True, kw_only=True)
class NumberOwner:
    """The permit that has a number, with its status and the country that registered it."""

    permit: UUID
    status: PermitStatus
    registering_country: str


@dataclass(frozen=True, kw_only=True)
class CitedRecords:
    """The permits that declarations cite, and the ids of those that the transaction has locked."""

    permits: list[PermitRecord]
    locked: frozenset[UUID]


async def lock_cited(
    conn: AsyncConnection,
    cited: CitedPermits,
    is_usable: Callable[[Permit], bool],
    find_named: FindNamed = names_none,
) -> CitedRecords:
    """Lock the cited permits that the declarations may use. Return all cited ones that are stored.

    They have the usage totals of their cited lines. A permit of other parties is read without a lock, so that a
    declaration that cites it does not keep those parties waiting. `find_named` returns the keys of further permits that
    the cited ones name: they are read and locked with these, in one order of ids.
    """
    rows, contents = await _read_with_named(conn, cited, find_named)
    named = find_named(contents.values())
    usable = [
        permit_id for permit_id, content in contents.items() if is_usable(content) or permit_key(content) in named
    ]
    locked = {row["id"]: row for row in await _lock_rows(conn, usable, CHANGING_COLUMNS)}
    current = [{**row, **locked[row["id"]]} if row["id"] in locked else row for row in rows]
    return CitedRecords(permits=await _load_cited(conn, current, cited, contents), locked=frozenset(locked))


async def read_cited(
    conn: AsyncConnection, cited: CitedPermits, find_named: FindNamed = names_none
) -> list[PermitRecord]:
    """Return the cited permits as `lock_cited` does. Take no lock."""
    rows, contents = await _read_with_named(conn, cited, find_named)
    return await _load_cited(conn, rows, cited, contents)


async def _read_with_named(
    conn: AsyncConnection, cited: CitedPermits, find_named: FindNamed
) -> tuple[Sequence[RowValues], dict[UUID, Permit]]:
    """Return the rows and the contents of cited permits, and of those that they name. Most name none."""
    rows = await _read_rows(conn, cited.keys)
    contents = await _parse_contents(rows)
    named = await _read_rows(conn, find_named(contents.values()) - cited.keys)
    return ([*rows, *named], {**contents, **await _parse_contents(named)}) if named else (rows, contents)


async def _read_rows(conn: AsyncConnection, keys: Set[Key]) -> Sequence[RowValues]:
    return (await conn.execute(_by_key_query(keys))).mappings().all() if keys else []


async def _load_cited(
    conn: AsyncConnection, rows: Sequence[RowValues], cited: CitedPermits, contents: Mapping[UUID, Permit]
) -> list[PermitRecord]:
    citations_of = _ids(rows, cited.with_all_citations)
    return await _load_parsed(
        conn, rows, contents, with_usage_totals=True, lines=cited.lines, citations_of=citations_of
    )


async def _lock_rows(conn: AsyncConnection, ids: Iterable[UUID], columns: Sequence[Any]) -> Sequence[RowValues]:
    sorted_ids = sorted(set(ids))
    if not sorted_ids:
        return []
    c = t.permits.c
    query = select(*columns).where(id_in(c.id, sorted_ids)).order_by(c.id).with_for_update(key_share=True)
    return (await conn.execute(query)).mappings().all()


async def lock_read(conn: AsyncConnection, read: Iterable[PermitRecord]) -> dict[UUID, PermitRecord]:
    """Lock permits that were read without a lock. Return them by id, with their current status and sequence.

    Their balances stay as they were read. The caller holds other locks already, so two transactions may deadlock:
    PostgreSQL ends one, and its action repeats it.
    """
    permits_by_id = {permit.id: permit for permit in read}
    rows = await _lock_rows(conn, permits_by_id, CHANGING_COLUMNS)
    return {row["id"]: with_current_columns(permits_by_id[row["id"]], row) for row in rows}


async def count_lines(conn: AsyncConnection, keys: Iterable[Key]) -> dict[Key, int]:
    """Return the numbers of lines of permits by their keys. Load no line."""
    c, line = t.permits.c, t.permit_lines.c
    query = _by_key_query(keys).with_only_columns(c.issuer, c.number_key, func.count(), maintain_column_froms=True)
    joined = query.join(t.permit_lines, line.permit_id == c.id).group_by(c.id, c.issuer, c.number_key)
    return {(issuer, number_key): count for issuer, number_key, count in await conn.execute(joined)}


def _by_key_query(keys: Iterable[Key]) -> Select[Any]:
    """Return the query for permits by their keys. Its text is the same for any count, so it is prepared once."""
    issuers, number_keys = zip(*sorted(keys), strict=True)
    given = func.unnest(cast(list(issuers), ARRAY(Text)), cast(list(number_keys), ARRAY(Text)))
    these = given.table_valued("issuer", "number_key").render_derived(name="given")
    c = t.permits.c
    return select(*PERMIT_COLUMNS).join(these, (c.issuer == these.c.issuer) & (c.number_key == these.c.number_key))


async def list_number_owners(conn: AsyncConnection, keys: Iterable[Key]) -> dict[Key, NumberOwner]:
    """Return the permits that have these numbers, by their keys. Take no lock."""
    c = t.permits.c
    columns = (c.issuer, c.number_key, c.id, c.status, c.registering_country)
    rows = await conn.execute(_by_key_query(keys).with_only_columns(*columns, maintain_column_froms=True))
    return {
        (row.issuer, row.number_key): NumberOwner(
            permit=row.id, status=PermitStatus(row.status), registering_country=row.registering_country
        )
        for row in rows
    }


async def give_up_numbers(conn: AsyncConnection, ids: Iterable[UUID]) -> None:
    """Lock permits and change the keys of their numbers, so that new permits of their issuer can have the numbers.

    A blank separates the number from the id in the stored key. No key of a stated number has a blank.
    """
    c = t.permits.c
    locked = [row["id"] for row in await _lock_rows(conn, ids, (c.id,))]
    if locked:
        given_up = func.concat(c.number_key, " ", cast(c.id, Text))
        await conn.execute(update(t.permits).where(id_in(c.id, locked)).values(number_key=given_up))


def _ids(rows: Sequence[RowValues], keys: frozenset[Key]) -> list[UUID]:
    return [row["id"] for row in rows if (row["issuer"], row["number_key"]) in keys]


async def lock(conn: AsyncConnection, ids: Iterable[UUID]) -> dict[UUID, PermitRecord]:
    """Lock permits in the order of ids. Return them by id, with all citations of their lines."""
    rows = await _lock_rows(conn, ids, PERMIT_COLUMNS)
    found = await load_permits(conn, rows, with_usage_totals=True, citations_of=[row["id"] for row in rows])
    return {permit.id: permit for permit in found}


async def read_many(conn: AsyncConnection, ids: Iterable[UUID]) -> dict[UUID, PermitRecord]:
    """Return permits by id, without usage totals and citations. Take no lock."""
    found = await load_permits(
        conn, (await conn.execute(select(*PERMIT_COLUMNS).where(id_in(t.permits.c.id, list(ids))))).mappings().all()
    )
    return {permit.id: permit for permit in found}


async def read_by_keys(conn: AsyncConnection, keys: Set[Key]) -> dict[Key, PermitRecord]:
    """Return permits by their keys, without usage totals and citations. Take no lock."""
    return {permit.key: permit for permit in await load_permits(conn, await _read_rows(conn, keys))}


async def list_reserved_together(conn: AsyncConnection, ids: Iterable[UUID]) -> set[UUID]:
    """Return the permits with reservations of declarations that have import reservations on the given permits."""
    c, other = t.citations.c, t.citations.alias()
    query = (
        select(other.c.permit_id)
        .join(t.citations, c.declaration_id == other.c.declaration_id)
        .where(id_in(c.permit_id, list(ids)), c.side == "import", c.reserved > 0, other.c.reserved > 0)
        .distinct()
    )
    return set((await conn.execute(query)).scalars())


async def load_permits(
    conn: AsyncConnection,
    rows: Sequence[RowValues],
    *,
    with_usage_totals: bool = False,
    citations_of: Sequence[UUID] = (),
) -> list[PermitRecord]:
    """Return the permits of rows with their balances, and with the usage totals and citations that are asked for.

    `citations_of` are the permits with citations.
    """
    contents = await _parse_contents(rows)
    return await _load_parsed(conn, rows, contents, with_usage_totals=with_usage_totals, citations_of=citations_of)


async def _parse_contents(rows: Sequence[RowValues]) -> dict[UUID, Permit]:
    """Return the contents of rows by permit. Large ones are parsed in a thread, so that other requests go on."""

    def parse() -> dict[UUID, Permit]:
        return {row["id"]: permit_content_from_json(row["content"]) for row in rows}

    is_large = sum(len(row["content"]) for row in rows) > INLINE_CONTENT
    return await asyncio.to_thread(parse) if is_large else parse()


async def _load_parsed(
    conn: AsyncConnection,
    rows: Sequence[RowValues],
    contents: Mapping[UUID, Permit],
    *,
    with_usage_totals: bool,
    citations_of: Sequence[UUID],
    lines: Mapping[Key, Collection[str]] = NO_LINES,
) -> list[PermitRecord]:
    """Return the permits of rows and contents as `load_permits` does.

    `lines` limits the usage totals of a permit to some of its lines. `citations_of` are the permits with citations.
    """
    ids = [row["id"] for row in rows]
    if not ids:
        return []
    balances: dict[UUID, dict[str, Balance]] = {}
    for permit_id, line_letter, *amounts in await conn.execute(_balances_query(ids)):
        balance = Balance(**dict(zip(BALANCE_COLUMNS, amounts, strict=True)))
        balances.setdefault(permit_id, {})[line_letter] = balance
    usage_totals: dict[UUID, list[UsageTotal]] = {}
    if with_usage_totals:
        line_letters = {row["id"]: lines.get((row["issuer"], row["number_key"]), balances[row["id"]]) for row in rows}
        for permit, *kind in await conn.execute(_usage_totals_query(line_letters)):
            usage_totals.setdefault(permit, []).append(usage_total_from_row(*kind))
    citations = group_by_id(await conn.execute(_citations_query(citations_of))) if citations_of else {}

    return [
        permit_from_row(
            row,
            contents[row["id"]],
            balances[row["id"]],
            usage_totals=usage_totals.get(row["id"], ()),
            uses=citations.get(row["id"], ()),
        )
        for row in rows
    ]


def _balances_query(ids: Sequence[UUID]) -> Select[Any]:
    c = t.permit_lines.c
    return select(c.permit_id, c.line, *(c[name] for name in BALANCE_COLUMNS)).where(id_in(c.permit_id, ids))


def _usage_totals_query(lines: Mapping[UUID, Collection[str]]) -> Select[Any]:
    """Return the query for the usage totals of permit lines. It joins by line, so that each uses the index."""
    ids = [permit_id for permit_id, line_letters in lines.items() for _ in line_letters]
    line_letters = [line_letter for some in lines.values() for line_letter in some]
    given = func.unnest(cast(ids, ARRAY(Uuid)), cast(line_letters, ARRAY(Text)))
    these = given.table_valued("permit_id", "line").render_derived(name="given")
    c = t.citations.c
    kind = (c.permit_id, c.line, c.side, c.use, c.transport_document, (c.reserved > 0).label("open"))
    sums = (func.sum(c.reserved).label("reserved"), func.sum(c.used).label("used"))
    query = select(*kind, *sums).join(these, (c.permit_id == these.c.permit_id) & (c.line == these.c.line))
    return query.where(or_(c.reserved > 0, c.used > 0)).group_by(*kind)


def _citations_query(ids: Sequence[UUID]) -> Select[Any]:
    c = t.citations.c
    return select(t.citations).where(id_in(c.permit_id, ids), or_(c.reserved > 0, c.used > 0, c.counted_elsewhere > 0))


async def list_watchers(conn: AsyncConnection, ids: Iterable[UUID]) -> dict[UUID, Followers]:
    """Return the parties that cited permits or read them by token, by permit: the last `EVENT_WATCHERS` of each.

    An agent that cited a permit for a trader is one of them while its mandate is valid.
    """
    c = t.permit_watchers.c
    nth = func.row_number().over(partition_by=c.permit_id, order_by=c.since.desc()).label("nth")
    ranked = (
        select(c.permit_id, c.party_id, c.trader_id, nth).where(id_in(c.permit_id, list(ids)), is_watching()).subquery()
    )
    rows = await conn.execute(select(ranked).where(ranked.c.nth <= EVENT_WATCHERS))
    parties: dict[UUID, set[UUID]] = {}
    agents: dict[UUID, set[tuple[UUID, UUID]]] = {}
    for permit_id, party_id, trader_id, _ in rows:
        if trader_id is None:
            parties.setdefault(permit_id, set()).add(party_id)
        else:
            agents.setdefault(permit_id, set()).add((party_id, trader_id))
    return {
        permit_id: Followers(parties=frozenset(parties.get(permit_id, ())), agents=frozenset(agents.get(permit_id, ())))
        for permit_id in parties.keys() | agents.keys()
    }


def is_watching() -> ColumnElement[bool]:
    """Return the condition on watchers that still follow a permit: all but agents without a valid mandate."""
    c, m = t.permit_watchers.c, t.mandates.c
    mandate = exists().where(m.agent_id == c.party_id, m.trader_id == c.trader_id, is_valid_today(t.mandates))
    return or_(c.trader_id.is_(None), mandate)


async def add_citing_parties(conn: AsyncConnection, changed: Iterable[DeclarationRecord], at: datetime) -> None:
    """Store the traders and agents of declarations as watchers of the permits that these cite."""
    watchers: set[Watcher] = set()
    for declaration in changed:
        for citation in declaration.citations:
            watchers.add((citation.permit, declaration.trader, None))
            if declaration.party != declaration.trader:
                watchers.add((citation.permit, declaration.party, declaration.trader))
    await _add_watchers(conn, watchers, at)


async def add_reader(conn: AsyncConnection, permit_id: UUID, party_id: UUID, at: datetime) -> None:
    """Store a party that read a permit by its token as a watcher."""
    await _add_watchers(conn, {(permit_id, party_id, None)}, at)


async def _add_watchers(conn: AsyncConnection, watchers: Set[Watcher], at: datetime) -> None:
    """Store watchers. A stored one stays as it is. The order is one, so that no transactions deadlock."""
    rows = [
        {"permit_id": permit, "party_id": party, "trader_id": trader, "since": at}
        for permit, party, trader in sorted(watchers, key=str)
    ]
    if rows:
        names = ("permit_id", "party_id", "trader_id", "since")
        await conn.execute(
            bulk_insert(t.permit_watchers, names, suffix="ON CONFLICT DO NOTHING"), column_arrays(rows, names)
        )


async def list_history(conn: AsyncConnection, permit_id: UUID) -> Sequence[Row]:
    """List the newest entries of the history of a permit, oldest first."""
    c = t.permit_history.c
    query = select(t.permit_history).where(c.permit_id == permit_id).order_by(c.sequence.desc()).limit(SHOWN_HISTORY)
    return (await conn.execute(query)).mappings().all()[::-1]


async def list_keys(conn: AsyncConnection, ids: Iterable[UUID]) -> list[Key]:
    """List the keys of permits."""
    c = t.permits.c
    rows = await conn.execute(select(c.issuer, c.number_key).where(id_in(c.id, list(ids))))
    return [(row.issuer, row.number_key) for row in rows]


async def names_by_id(conn: AsyncConnection, ids: Iterable[UUID]) -> dict[UUID, tuple[str, str]]:
    """Return the issuer and number of permits by id, as the documents print them."""
    c = t.permits.c
    rows = await conn.execute(select(c.id, c.issuer, c.number).where(id_in(c.id, list(ids))))
    return {row.id: (row.issuer, row.number) for row in rows}
