"""The hand-formatted receipt of a declaration."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from services.gateway.actions.lodgement.batcher import LodgedDeclaration
from services.gateway.api.declarations import models
from services.gateway.api.declarations.lodgement import render_lodged

DECLARATION_ID = UUID("0197f2f0-5c1e-7d3a-9c64-5f0a7c1f2b10")
REFERENCES = ("B-2026-0001", 'a "quoted" one', "back\\slash", "/slash/", "Ω-Å-漢-🦌", "a b", "\u2028", "\x7f")


@pytest.mark.parametrize("reference", REFERENCES)
@pytest.mark.parametrize("microsecond", [0, 120, 999_999])
def test_lodged_declaration_has_the_bytes_of_its_model(reference: str, microsecond: int) -> None:
    received_at = datetime(2026, 3, 1, 9, 30, 0, microsecond, UTC)
    lodged = LodgedDeclaration(
        id=DECLARATION_ID, reference=reference, received_at=received_at, digest=b"\xff" * 32, replayed=False
    )
    location = f"/v1/declarations/{DECLARATION_ID}"
    model = models.LodgedDeclaration(
        id=DECLARATION_ID,
        reference=reference,
        status="received",
        received_at=received_at,
        digest="sha-256=:" + "/" * 42 + "8=:",
        links=models.Links(self=location, content=f"{location}/content", receipt=f"{location}/receipt"),
    )
    assert render_lodged(lodged) == model.model_dump_json().encode()
