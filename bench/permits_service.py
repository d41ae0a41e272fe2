"""The permits service alone, with its own PostgreSQL server: processes, permits, submissions and clients."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2
from sqlalchemy.ext.asyncio import AsyncEngine

from bench.internal_calls import SignedCalls
from bench.processes import run_process, wait_until_ready
from services.cli.databases import EmbeddedPostgres, Server, create_databases, migrate, restrict_connections
from services.cli.ports import free_ports
from services.cli.server_account import temporary_home
from services.permits.actions.permits import endorse
from services.permits.actions.permits import issue as actions_issue
from shared.contracts.closed_sets import Role
from shared.contracts.parties import Caller, Party
from shared.contracts.permit import Endorsement, Permit
from shared.database import new_id, now
from shared.idempotency import IdempotentCommand
from shared.key_files import KeyFile, create_signing_keys
from shared.sealed_secrets import SecretSealer
from shared.signed_tokens import InternalTokenSigner

AUTHORITY = Party(id=new_id(), name="Authority", country="ZA", roles=(Role.AUTHORITY,))
CUSTOMS = Party(id=new_id(), name="Customs", country="ZA", roles=(Role.CUSTOMS,))
IMPORTER = Party(id=new_id(), name="B", country="FR", roles=(Role.TRADER,), identifiers={"EORI": "FR-BENCH"})
EXPORTER = {"name": "A", "country": "ZA", "identifier": "ZA-BENCH"}
TRANSPORT_DOCUMENT = "MAEU-1"
"""The transport document of all declarations: it makes them parts of one shipment."""
LINE_LETTERS = "ABCDEFGHIJ"


@dataclass(frozen=True)
class PermitsEnvironment:
    """A server with a migrated permits database, and the keys of its callers."""

    server: Server
    folder: Path
    signer: InternalTokenSigner

    def database_url(self, database: str = "permits") -> str:
        """Return the address of a permits database, with its runner as the user."""
        return self.server.url(database, "permits_runner")

    async def create_database(self, database: str) -> str:
        """Create another empty permits database on the same server. Return its address."""
        admin = await self.server.connect_as_superuser()
        await admin.execute(f'CREATE DATABASE "{database}" TEMPLATE permits OWNER permits_owner')
        await restrict_connections(admin, database, "permits")
        await admin.close()
        return self.database_url(database)

    @property
    def sealer(self) -> SecretSealer:
        """The sealer of the stored responses of the processes."""
        return SecretSealer(KeyFile(self.folder / "key.json"))

    def open_client(self, url: str, party: Party | None = None) -> httpx2.AsyncClient:
        """Return a client that calls a permits process as the gateway does for a party."""
        auth = SignedCalls(self.signer, Caller(service="gateway", party=party), audience="permits")
        headers = {"Content-Type": "application/json"}
        return httpx2.AsyncClient(base_url=url, headers=headers, timeout=120, trust_env=False, auth=auth)


@asynccontextmanager
async def start_environment() -> AsyncIterator[PermitsEnvironment]:
    """Start a server with an empty permits database. Stop it after the block."""
    with temporary_home("saola-bench-") as folder:
        embedded = EmbeddedPostgres(folder / "pg")
        server = await asyncio.to_thread(embedded.start)
        try:
            await create_databases(server)
            await asyncio.to_thread(migrate, "permits", server.url("permits", "permits_owner"))
            create_signing_keys(folder / "key.json", folder / "key.public.json")
            yield PermitsEnvironment(server, folder, InternalTokenSigner("gateway", KeyFile(folder / "key.json")))
        finally:
            await asyncio.to_thread(embedded.stop)


@asynccontextmanager
async def run_permits(environment: PermitsEnvironment, databases: Sequence[str]) -> AsyncIterator[list[str]]:
    """Run one permits process per database address. Yield the URLs of the processes."""
    async with AsyncExitStack() as stack:
        ports = free_ports(len(databases))
        for port, database in zip(ports, databases, strict=True):
            env = {
                "PERMITS_DATABASE_URL": database,
                "PERMITS_PORT": str(port),
                "PERMITS_GATEWAY_KEYS": str(environment.folder / "key.public.json"),
                "PERMITS_SIGNING_KEYS": str(environment.folder / "key.json"),
                "PERMITS_NOTIFICATIONS_URL": "http://127.0.0.1:9",
                "PERMITS_LOG_LEVEL": "ERROR",
            }
            await stack.enter_async_context(run_process("services.cli.run", "permits", env=env))
        for port in ports:
            await wait_until_ready(f"http://127.0.0.1:{port}/readyz")
        yield [f"http://127.0.0.1:{port}" for port in ports]


async def issue_permits(engine: AsyncEngine, count: int, *, lines: int, sealer: SecretSealer) -> list[dict[str, Any]]:
    """Issue and endorse permits of `lines` lines, each of a million specimens, all for one shipment."""
    return [await _issue_permit(engine, LINE_LETTERS[:lines], sealer) for _ in range(count)]


async def _issue_permit(engine: AsyncEngine, line_letters: str, sealer: SecretSealer) -> dict[str, Any]:
    today = datetime.now(UTC).date()
    line = {"taxon": "Falco exemplaris", "appendix": "II", "source": "C", "term": "LIV", "unit": "number"}
    content = {
        "number": f"ZA-{secrets.token_hex(6)}",
        "kind": "export",
        "issuer": "ZA",
        "issued_on": (today - timedelta(days=2)).isoformat(),
        "valid_until": (today + timedelta(days=100)).isoformat(),
        "exporter": EXPORTER,
        "importer": {"name": "B", "country": "FR", "identifier": "FR-BENCH"},
        "export_country": "ZA",
        "import_country": "FR",
        "purpose": "T",
        "lines": [{**line, "line": one, "description": one, "quantity": "1000000"} for one in line_letters],
    }
    stored = await actions_issue.issue(engine, AUTHORITY, Permit.model_validate(content), _command(), sealer=sealer)
    permit_id = UUID(json.loads(stored.body)["id"])
    endorsement = {
        "lines": [{"line": one, "quantity": "1000000"} for one in line_letters],
        "transport_document": TRANSPORT_DOCUMENT,
    }
    await endorse.endorse(engine, permit_id, CUSTOMS, Endorsement.model_validate(endorsement), _command())
    return content


def _command() -> IdempotentCommand:
    return IdempotentCommand(uuid4(), b"", now())


def build_message(cited: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Build the submission of a declaration that uses one specimen of each cited line (number, line) in part."""
    at = now()
    return {
        "id": str(new_id(at)),
        "received_at": at.isoformat(),
        "digest": "sha-256=:x:",
        "party": json.loads(IMPORTER.model_dump_json()),
        "trader": str(IMPORTER.id),
        "declaration": {
            "reference": secrets.token_hex(8),
            "movement": "import",
            "exporter": EXPORTER,
            "importer": {"name": "B", "country": "FR", "identifier": "FR-BENCH"},
            "export_country": "ZA",
            "import_country": "FR",
            "transport_document": TRANSPORT_DOCUMENT,
            "items": [_item(n, number, line) for n, (number, line) in enumerate(cited, 1)],
        },
    }


def _item(item_number: int, number: str, line: str) -> dict[str, Any]:
    return {
        "number": item_number,
        "hs_code": "010631",
        "taxon": "Falco exemplaris",
        "term": "LIV",
        "quantity": "1",
        "unit": "number",
        "source": "C",
        "purpose": "T",
        "origin_country": "ZA",
        "documents": [{"type": "C400", "number": number, "issuer": "ZA", "line": line, "use": "part"}],
    }
