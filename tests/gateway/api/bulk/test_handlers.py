"""The result lines of bulk routes: formatted by hand and from their model."""

import json
from datetime import UTC, datetime
from uuid import UUID

import pytest

from services.gateway.actions.lodgement.batcher import LodgedDeclaration
from services.gateway.api.bulk.handlers import render_error_line, render_lodged_line
from services.gateway.api.bulk.models import ResultLine
from services.gateway.api.declarations.lodgement import render_lodged
from shared.problems import Conflict


@pytest.mark.parametrize("replayed", [False, True])
def test_line_of_lodged_declaration_has_the_content_of_its_model(replayed: bool) -> None:
    lodged = LodgedDeclaration(
        id=UUID(int=7),
        reference='"Ω"',
        received_at=datetime(2026, 3, 1, tzinfo=UTC),
        digest=b"\xff" * 32,
        replayed=replayed,
    )
    model = ResultLine(line=12, status_code=202, replayed=replayed, **json.loads(render_lodged(lodged)))
    line = render_lodged_line(12, lodged, "r-1")
    assert line.endswith(b"}\n")
    assert json.loads(line) == json.loads(model.model_dump_json())


def test_line_of_problem_has_its_number_its_status_and_the_problem() -> None:
    line = render_error_line(3, Conflict("reference-taken", "Ω is taken."), "r-1")
    assert "Ω".encode() in line
    content = json.loads(line)
    assert (content["line"], content["status_code"], content["status"]) == (3, 409, 409)
    assert set(content) == {"line", "status_code", "type", "title", "status", "detail", "code", "request_id"}
