"""A PostgreSQL server in a container, for one test or one run of the tests."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from services.cli.databases import Server

IMAGE = os.environ.get("SAOLA_TEST_IMAGE", "postgres:18")


@contextmanager
def in_container() -> Iterator[Server]:
    """Run the server until the end of the block. Yield its address."""
    from testcontainers.community.postgres import PostgresContainer

    container = PostgresContainer(IMAGE, driver=None).with_command("postgres -c max_connections=200 -c fsync=off")
    with container as running:
        host, port = running.get_container_host_ip(), int(running.get_exposed_port(5432))
        yield Server(host, port, running.username, running.password, running.dbname)
