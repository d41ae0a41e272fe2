"""The comparison of what the gateway stores with the copies in permits and notifications, after a restore.

The parties and the mandates each have a module that reads a copy and mends the differences. This one decides when.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Generic, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from shared.contracts.closed_sets import ReconciliationStatus
from shared.contracts.fields import WireModel
from shared.contracts.limits import RECONCILED_IDS
from shared.logs import logger
from shared.reconciliation import LONG_AGO, read_model, store_status
from shared.service_client import ResponseLost, ServiceClient, ServiceUnreachable

Copy = TypeVar("Copy")
"""The part of one record that a copy stores."""
Page = TypeVar("Page", bound=WireModel)
Copies = Mapping[str, Mapping[UUID, Copy]]
"""The records that each service stores, by the name of the service and the id of the record."""
INTERVAL = timedelta(minutes=10)
COPY_PAGES = 1_000
"""The most pages of a copy: two million records."""


class CopyReconciler(Generic[Copy]):
    """Compares the records of one kind with their copies.

    `read_copy` returns what a service stores. `mend` compares all copies with the gateway and mends the differences.
    """

    def __init__(
        self,
        messages: str,
        services: tuple[ServiceClient, ...],
        *,
        read_copy: Callable[[ServiceClient], Awaitable[Mapping[UUID, Copy]]],
        mend: Callable[[AsyncEngine, Copies[Copy], datetime], Awaitable[None]],
    ) -> None:
        self._messages = messages
        self._services = services
        self._read_copy = read_copy
        self._mend = mend
        self._last_at = LONG_AGO

    async def run(self, engine: AsyncEngine, at: datetime) -> None:
        """Compare all records if that is due. If a service is away, the next run tries again."""
        if at - self._last_at < INTERVAL:
            return
        try:
            copies = {service.name: await self._read_copy(service) for service in self._services}
        except (ServiceUnreachable, ResponseLost) as error:
            logger().info("reconciliation.interrupted", messages=self._messages, error=error)
            await store_status(engine, self._messages, ReconciliationStatus.FAILED)
            return
        await self._mend(engine, copies, at)
        self._last_at = at
        await store_status(engine, self._messages, ReconciliationStatus.DONE, compared_at=at)


async def read_pages(
    service: ServiceClient, path: str, page: type[Page], records: Callable[[Page], dict[UUID, Copy]]
) -> dict[UUID, Copy]:
    """Return the records of a service's copy, read page by page. Raise ServiceUnreachable or ResponseLost.

    `records` returns those of one page in the order of their ids.
    """
    copy: dict[UUID, Copy] = {}
    query: list[tuple[str, str]] = []
    for _ in range(COPY_PAGES):
        found = records(await read_model(service, "GET", path, page, sender="gateway", query=query))
        copy |= found
        if len(found) < RECONCILED_IDS:
            break
        query = [("after", str(next(reversed(found))))]
    return copy
