"""Prepares the three databases in a separate process, so that the supervisor need not load the code for it."""

import asyncio
import sys

from services.cli.databases import SERVICES, Server, create_databases, migrate
from shared.logs import configure_logging


def main(host: str) -> None:
    """Create missing databases and roles, and migrate each database to its newest migration."""
    server = Server(host)
    asyncio.run(create_databases(server))
    for service in SERVICES:
        migrate(service, server.url(service, f"{service}_owner"))


if __name__ == "__main__":
    configure_logging("prepare")
    main(sys.argv[1])
