"""The words by which permits and declarations are found. Each row has them in one indexed column.

A search for a taxon also finds the taxa below it. A row contains only the words of its own taxon. For a family or an
order, the search asks the listing for the genera below.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time

from pydantic_core import to_json
from sqlalchemy import Text, cast, func, select, union
from sqlalchemy.ext.asyncio import AsyncConnection

from services.permits.domain.reference import names
from services.permits.store.tables import taxon_genera, taxon_names
from shared.contracts.comparison import comparison_key
from shared.contracts.declaration import Declaration
from shared.contracts.permit import Permit


def permit_search_words(content: Permit) -> str:
    """Return the search words of a permit as JSON: the taxa of its lines, exporter and importer."""
    return _words_json(
        [*(word for line in content.lines for word in _taxon_words(line.taxon)), *_holder_words(content)]
    )


def declaration_search_words(content: Declaration) -> str:
    """Return the search words of a declaration as JSON: taxa, cited permits, their issuers, exporter and importer."""
    documents = [document for item in content.items for document in item.documents if document.is_cites]
    return _words_json(
        [
            *(word for item in content.items if item.taxon for word in _taxon_words(item.taxon)),
            *(permit_word(document.number) for document in documents if document.number),
            *(f"issuer:{document.issuer}" for document in documents if document.issuer),
            *_holder_words(content),
        ]
    )


def holder_word(identifier: str) -> str:
    """Return the search word of an exporter or importer, by the key of its identifier in whatever country."""
    return f"holder:{comparison_key(identifier)}"


def _holder_words(content: Declaration | Permit) -> list[str]:
    return [holder_word(party.identifier) for party in (content.exporter, content.importer) if party.identifier]


def permit_word(number: str) -> str:
    """Return the search word of a permit number."""
    return f"permit:{comparison_key(number)}"


def _taxon_words(name: str) -> list[str]:
    return [f"taxon:{key}" for key in names.candidate_keys(name)]


def _words_json(words: Iterable[str]) -> str:
    return to_json(list(dict.fromkeys(words))).decode()


async def list_taxon_words(conn: AsyncConnection, name: str) -> list[str]:
    """Return the search words of a taxon: its name, its other names and the genera below it."""
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
    """Return the start of a day in UTC."""
    return datetime.combine(date.fromisoformat(day), time(), UTC)
