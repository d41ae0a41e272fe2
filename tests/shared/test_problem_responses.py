"""Problem documents of a service that clients cannot reach: their `type` is the path of the page."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
from fastapi import FastAPI

from shared.contracts.problems.catalogue import PROBLEM_CODES, STATUS_TITLES
from shared.problem_responses import (
    MAX_DETAIL,
    MAX_ERRORS_BYTES,
    complete_problem_type,
    problem_example,
    status_and_document,
)
from shared.problems import Conflict, Fault, Invalid
from shared.request_context import begin_request
from shared.web import create_service_app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield


async def _find_no_reason() -> str | None:
    return None


async def test_problem_of_an_internal_service_has_the_path_of_its_page() -> None:
    app = create_service_app(title="t", version="1", lifespan=_lifespan, reason_not_ready=_find_no_reason)

    @app.get("/taken")
    async def taken() -> None:
        """Refuse."""
        raise Conflict("reference-taken", "Choose another.")

    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://permits") as http:
        assert (await http.get("/taken")).json()["type"] == "/problems/reference-taken"
        assert (await http.get("/nothing")).json()["type"] == "/problems/not-found"


def test_problem_document_is_bounded() -> None:
    faults = [Fault(f"/items/{n}/description", "too-long", "é" * 5_000) for n in range(1000)]
    _, document = status_and_document(Invalid("invalid-body", "x" * 100_000, faults))
    assert len(document["detail"]) == len(document["errors"][0]["detail"]) == MAX_DETAIL
    assert 1 < len(document["errors"]) < 1000 and document["errors"][0]["pointer"] == "/items/0/description"
    assert len(json.dumps(document, ensure_ascii=False).encode()) < MAX_ERRORS_BYTES + 2 * MAX_DETAIL


def test_problem_type_of_another_form_is_passed_on_unchanged() -> None:
    begin_request(b"", b"", public_url="https://hub.example")
    assert complete_problem_type({"type": "/problems/a"}) == {"type": "https://hub.example/problems/a"}
    for document in ({"type": "about:blank"}, {"type": 3}, {"code": "a"}, {"type": "https://x.example/problems/a"}):
        assert complete_problem_type(document) == document


def test_problem_example_of_each_code_is_a_whole_problem_document() -> None:
    for code, entry in PROBLEM_CODES.items():
        example = problem_example(code, "https://hub.example")
        assert example["type"] == f"https://hub.example/problems/{code}"
        assert (example["code"], example["status"], example["detail"]) == (code, entry.status, entry.example)
        assert example["title"] == STATUS_TITLES[entry.status]
        assert all(fault.keys() == {"pointer", "code", "detail"} for fault in example.get("errors", ()))
