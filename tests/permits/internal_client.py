"""A client that calls the permits service as the gateway does for a party."""

import json
from typing import Any
from uuid import uuid4

import httpx2
from fastapi import FastAPI

from shared.contracts.parties import Caller, Party
from shared.database import now
from shared.signed_tokens import InternalTokenSigner
from tests.permits.sample_data import AUTHORITY_ZA, party, permit_content, submission_message

ADMIN = party("admin", "FR")


class InternalClient:
    """Calls the service with a token of the gateway for a party."""

    def __init__(self, app: FastAPI, http: httpx2.AsyncClient, signer: InternalTokenSigner) -> None:
        self.app, self.http, self.signer = app, http, signer

    async def __call__(self, method: str, path: str, who: Party | None, **more: Any) -> httpx2.Response:
        caller = Caller(service="gateway", party=who, client=more.pop("client", ""), person=more.pop("person", ""))
        signed_path = httpx2.URL(path).path
        token = self.signer.sign(caller, audience="permits", method=method, path=signed_path, at=now())
        headers = {"Authorization": f"Bearer {token}", **more.pop("headers", {})}
        if method in {"POST", "PUT"}:
            headers.setdefault("Command-Id", str(uuid4()))
        return await self.http.request(method, path, headers=headers, **more)


async def issue_by_http(internal_client: InternalClient, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Issue a permit over HTTP. Return its view, and its content as `terms`."""
    permit = permit_content(*lines, **more)
    response = await internal_client(
        "POST", "/v1/permits", AUTHORITY_ZA, json=json.loads(permit.model_dump_json(exclude_none=True))
    )
    assert response.status_code == 201, response.text
    assert response.headers["Location"] == f"/v1/permits/{response.json()['id']}"
    return {**response.json(), "terms": permit}


async def lodge_by_http(internal_client: InternalClient, stated: Any) -> str:
    """Lodge a declaration over HTTP. Return its id."""
    sent = submission_message(stated)
    batch = {"letters": [json.loads(sent.model_dump_json())]}
    response = await internal_client("POST", "/internal/declarations", None, json=batch)
    assert response.json() == {"answers": [{"id": str(sent.id), "outcome": "taken", "reason": None}]}
    return str(sent.id)
