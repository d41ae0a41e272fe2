"""Many permits with their ledgers, and many declarations, inserted by SQL, for measurements on large tables."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

ID_SQL = """CAST(lpad(to_hex(1767225600000 + n), 12, '0') || '7' || substr(md5(CAST(n AS text)), 1, 3) || '8'
    || substr(md5(CAST(n AS text)), 4, 15) AS uuid)"""
"""An id of version 7, a millisecond after the one before. PostgreSQL has its own function only from version 18."""

INSERT_PERMITS = f"""
WITH p AS (
INSERT INTO permits (id, issuer, number, number_key, status, issued_on, valid_until, exporter_key, importer_key,
    export_country, import_country, kind, purpose, content, registered_by, registering_country, endorsed,
    transport_documents, sequence, version, search_words)
SELECT {ID_SQL}, 'ZA', 'ZA-' || n, 'za-' || n, 'endorsed', date '2026-03-01' + n % 200,
    date '2026-12-31', 'ZA:za' || n % 9973, 'FR:fr' || n % 9949, 'ZA', 'FR', 'export',
    'T', jsonb_build_object('number', 'ZA-' || n, 'kind', 'export', 'issuer', 'ZA', 'issued_on', '2026-03-01',
        'valid_until', '2026-12-31', 'export_country', 'ZA', 'import_country', 'FR', 'purpose', 'T',
        'exporter', jsonb_build_object('name', 'A', 'country', 'ZA', 'identifier', 'ZA' || n % 9973),
        'importer', jsonb_build_object('name', 'B', 'country', 'FR', 'identifier', 'FR' || n % 9949),
        'lines', jsonb_build_array(jsonb_build_object('line', 'A', 'taxon', 'Exemplaria ' || m.species,
            'appendix', 'II', 'source', 'C', 'term', 'LIV', 'quantity', '100', 'unit', 'number'))),
    '00000000-0000-7000-8000-000000000001', 'ZA', true, '[]', 1, 1,
    jsonb_build_array('taxon:exemplaria ' || m.species, 'taxon:exemplaria', 'holder:za' || n % 9973,
        'holder:fr' || n % 9949)
FROM generate_series(CAST(:begin AS int), CAST(:end AS int)) AS n,
    LATERAL translate(CAST(n % 1009 AS text), '0123456789', 'abcdefghij') AS m(species)
RETURNING id, content),
n AS (INSERT INTO permit_lines (permit_id, line, position, taxon, appendix, source, term, unit, granted, endorsed,
    export_consented, import_consented, export_reserved, import_reserved, import_consumed, export_closed, import_closed)
SELECT p.id, 'A', 0, p.content #>> '{{lines,0,taxon}}', 'II', 'C', 'LIV', 'number', 100, 100, 0, 0, 0, 0, 90, true,
    true
FROM p)
INSERT INTO ledger (id, permit_id, line, side, kind, quantity, closes, opens, value_date, declaration_id, item, cause,
    at, actor_role)
SELECT gen_random_uuid(), p.id, 'A', s.side, s.kind, s.quantity, true, false, date '2026-06-01', p.id, 1,
    s.side, timestamptz '2026-06-01T10:00:00Z', 'customs'
FROM p, (VALUES ('export', 'endorse', 100), ('import', 'consume', 90)) AS s(side, kind, quantity)
"""
"""One statement for permits, lines and ledger: it reads back none of the rows that it inserts."""


INSERT_DECLARATIONS = f"""
INSERT INTO declarations (id, party_id, trader_id, trader_name, trader_country, reference, reference_key, movement,
    status, export_country, import_country, content, findings, search_words, digest, received_at, sequence, version)
SELECT {ID_SQL}, who.id, who.id, 'B', 'FR', 'B-' || n, 'b-' || n, 'import',
    (ARRAY['accepted', 'released', 'referred'])[1 + n % 3],
    'ZA', (ARRAY['FR', 'DE', 'JP', 'US'])[1 + n % 4], '{{}}', '[]',
    jsonb_build_array('taxon:exemplaria ' || m.species, 'taxon:exemplaria', 'permit:za-' || n, 'issuer:ZA',
        'holder:fr' || n % 9949), '', timestamptz '2026-01-01T00:00:00Z' + n * interval '10 minutes', 2, 1
FROM generate_series(CAST(:begin AS int), CAST(:end AS int)) AS n,
    LATERAL translate(CAST(n % 1009 AS text), '0123456789', 'abcdefghij') AS m(species),
    LATERAL (SELECT CAST(md5(CAST(n % 500 AS text)) AS uuid)) AS who(id)
"""
ROWS_PER_TRANSACTION = 100_000


async def insert_permits(engine: AsyncEngine, count: int) -> None:
    """Insert `count` permits from ZA to FR, each with one line that was endorsed and used in 2026."""
    await _insert_rows(engine, INSERT_PERMITS, count)


async def insert_declarations(engine: AsyncEngine, count: int) -> None:
    """Insert `count` declarations of 500 traders into four countries, without the permits that they cite."""
    await _insert_rows(engine, INSERT_DECLARATIONS, count)


async def _insert_rows(engine: AsyncEngine, rows: str, count: int) -> None:
    for begin in range(1, count + 1, ROWS_PER_TRANSACTION):
        async with engine.begin() as conn:
            await conn.execute(text("SET LOCAL statement_timeout = '10min'"))
            await conn.execute(text(rows), {"begin": begin, "end": min(begin + ROWS_PER_TRANSACTION - 1, count)})
