"""What permits and declarations are searched by: words kept beside each row in one indexed column, and dates.

A taxon is found by its name and by each taxon above it: a row keeps the words of the name itself, what lies between
an order or a family and its genera is asked of the listing when somebody searches.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time

from pydantic_core import to_json
from sqlalchemy import Text, cast, func, select, union
from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.domain.reference import names
from services.permits.store.tables import taxon_genera, taxon_names
from shared.contracts.declaration import Declaration


def permit_search_words(taxa: Iterable[str]) -> str:
    """Write the words a permit is found by: the taxa of its lines."""
    return _words_json(word for taxon in taxa for word in _taxon_words(taxon))


def declaration_search_words(content: Declaration) -> str:
    """Write the words a declaration is found by: its taxa, the permits it cites, whose they are, who trades."""
    documents = [document for item in content.items for document in item.documents]
    return _words_json(
        [
            *(word for item in content.items if item.taxon for word in _taxon_words(item.taxon)),
            *(f"permit:{document.number}" for document in documents if document.number),
            *(f"issuer:{document.issuer}" for document in documents if document.issuer),
            *(f"holder:{party.identifier}" for party in (content.exporter, content.importer) if party.identifier),
        ]
    )


def _taxon_words(name: str) -> list[str]:
    return [f"taxon:{key}" for key in names.candidate_keys(name)]


def _words_json(words: Iterable[str]) -> str:
    return to_json(list(dict.fromkeys(words))).decode()


async def list_taxon_words(conn: AsyncConnection, name: str) -> list[str]:
    """Answer the words that a taxon is meant by: its own name, its other names, and the genera below it."""
    key = names.key(name)
    other_names = taxon_names.alias()
    same_taxon = (
        select(other_names.c.key)
        .join(taxon_names, taxon_names.c.taxon == other_names.c.taxon)
        .where(taxon_names.c.key == key)
    )
    below = select(taxon_genera.c.genus).where(taxon_genera.c.lineage.contains(func.to_jsonb(cast(key, Text))))
    found = (await conn.execute(union(same_taxon, below))).scalars()
    return [f"taxon:{one}" for one in sorted({key, *found} - {""})]


def midnight(day: str) -> datetime:
    """Answer the beginning of a day in UTC."""
    return datetime.combine(date.fromisoformat(day), time(), UTC)
