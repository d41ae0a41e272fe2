"""The migrations of notifications: down and up again, and no drift from the tables in the code."""

from itertools import count

from services.cli.databases import Server, migrate, require_no_drift

_names = count(1)


async def test_up_down_up_leaves_no_drift(server: Server, templates: str) -> None:
    name = f"{templates}notifications_migrated_{next(_names)}"
    admin = await server.connect_as_superuser()
    await admin.execute(f'CREATE DATABASE "{name}" OWNER notifications_owner')
    owner = server.url(name, "notifications_owner", "test")
    try:
        for revision in ("head", "base", "head"):
            migrate("notifications", owner, revision)
        require_no_drift("notifications", owner)
    finally:
        await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        await admin.close()
