"""The internal routes of permits that the gateway reads."""

import json
from uuid import uuid4

from shared.contracts.fields import render_digest
from tests.permits.internal_client import InternalClient, issue_by_http, lodge_by_http
from tests.permits.sample_data import B, declaration, item


async def test_amended_versions_name_their_commands_and_digests(internal_client: InternalClient) -> None:
    permit = await issue_by_http(internal_client)
    stated = declaration(item(permit["terms"], "1"))
    declaration_id = await lodge_by_http(internal_client, stated)
    path = f"/internal/declarations/{declaration_id}/versions"
    assert (await internal_client("GET", path, None)).json() == {"versions": []}
    body = json.loads(stated.model_dump_json(exclude_none=True))
    expected = []
    for version in (2, 3):
        command, digest = str(uuid4()), render_digest(bytes([version]) * 32)
        headers = {"If-Match": f'"{version - 1}"', "Command-Id": command, "Stated-Digest": digest}
        response = await internal_client("PUT", f"/v1/declarations/{declaration_id}", B, json=body, headers=headers)
        assert response.status_code == 200, response.text
        expected.append({"version": version, "command": command, "digest": digest})
    assert (await internal_client("GET", path, None)).json() == {"versions": expected}
