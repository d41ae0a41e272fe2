"""The migration of stored attempts: no reason shows an address to which the name of a host resolved."""

from uuid import UUID

from services.cli.databases import Server, migrate, restrict_connections

ATTEMPT = """
    INSERT INTO attempts (delivery_id, claim, at, duration_ms, status, reason) VALUES ($1, $1, now(), 5, $2, $3)
"""
REASONS: list[tuple[int | None, str, str]] = [
    (None, "10.1.2.3 is no public address (private)", "the host has no public address (private)"),
    (None, "fd00::17 is no public address (unique local)", "the host has no public address (unique local)"),
    (None, "10.1.2.3 is sent to by https only", "the hub sends to this host by https only"),
    (None, "the connection failed: [Errno 111] Connect call failed ('10.1.2.3', 80)", "the connection failed"),
    (None, "the connection failed: Multiple exceptions: ('fd00::17', 80, 0, 0)", "the connection failed"),
    (None, "the certificate is not valid: not valid for '10.1.2.3'", "the certificate is not valid"),
    (None, "the name does not resolve: [Errno -2] Name or service not known", "the name does not resolve"),
    (None, "the connection failed: Connection refused", "the connection failed: Connection refused"),
    (None, "no connection within 5 s", "no connection within 5 s"),
    (404, "answered 404", "answered 404"),
]
"""The status of an attempt, its reason as it was stored, and its reason after the migration."""


async def test_stored_reasons_of_attempts_show_no_address(server: Server, templates: str) -> None:
    name = f"{templates}notifications_reasons"
    admin = await server.connect_as_superuser()
    await admin.execute(f'CREATE DATABASE "{name}" OWNER notifications_owner')
    await restrict_connections(admin, name, "notifications")
    await admin.close()
    owner = server.url(name, "notifications_owner", "test")
    migrate("notifications", owner, "0009_mandates")
    conn = await server.connect_as_superuser(name)
    await conn.execute("SET session_replication_role = replica")  # the deliveries do not matter here
    for number, (status, stored, _) in enumerate(REASONS):
        await conn.execute(ATTEMPT, UUID(int=number), status, stored)
    await conn.close()
    migrate("notifications", owner)
    conn = await server.connect_as_superuser(name)
    rows = await conn.fetch("SELECT reason FROM attempts ORDER BY delivery_id")
    await conn.close()
    assert [row["reason"] for row in rows] == [reason for _, _, reason in REASONS]
