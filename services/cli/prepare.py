"""Makes the three databases ready in a process of its own, so that the supervisor need not carry what that takes."""

import asyncio
import sys

from services.cli.databases import SERVICES, Server, create_databases, migrate
from shared.logs import configure_logging


def main(host: str) -> None:
    """Make databases and roles where they are missing, and bring each database to its newest migration."""
    server = Server(host)
    asyncio.run(create_databases(server))
    for service in SERVICES:
        migrate(service, server.url(service, f"{service}_owner"))


if __name__ == "__main__":
    configure_logging("prepare")
    main(sys.argv[1])
