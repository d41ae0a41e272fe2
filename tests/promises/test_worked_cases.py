"""The worked cases of the ledger's page run on real permits, and each line has the quantities that the page states."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.declarations import read as read_declarations
from services.permits.actions.declarations import transitions
from services.permits.actions.permits import endorse
from shared.contracts.declaration import Cancellation, Consent, Correction, Override, Refusal, Release
from shared.contracts.parties import Party
from shared.contracts.permit import Endorsement, Permit
from shared.problems import ProblemError
from tests.permits.sample_data import (
    AUTHORITY_ZA,
    CUSTOMS_FR,
    CUSTOMS_ZA,
    A,
    B,
    balance,
    command,
    declaration,
    export_balance,
    issue_permit,
    item,
    line,
    lodge_declaration,
    permit_content,
)
from tests.permits.view_json import as_json

PAGE = Path(__file__).parents[2] / "docs/decisions/0009-two-sides-of-a-line.md"
NOTHING = "–"


@dataclass
class WorkedCase:
    """One permit line and the declarations that cite it, by the names of the page."""

    db: AsyncEngine
    side: str
    permit: Permit | None = None
    permit_id: UUID | None = None
    declarations: dict[str, dict[str, Any]] = field(default_factory=dict)

    async def grant(self, quantity: str) -> None:
        """Issue a permit of one line."""
        self.permit = permit_content(line(quantity=quantity))
        self.permit_id = await issue_permit(self.db, self.permit)

    async def endorse(self, quantity: str, document: str | None) -> None:
        """Endorse the line, with a transport document where one is named."""
        assert self.permit_id is not None
        content: dict[str, Any] = {"lines": [{"line": "A", "quantity": quantity}]}
        if document:
            content["transport_document"] = document
        stated = Endorsement.model_validate(content)
        await endorse.endorse(self.db, self.permit_id, CUSTOMS_ZA, stated, command())

    async def lodge(self, name: str, movement: str, quantity: str, part: str | None, counted_by: str | None) -> None:
        """Lodge a declaration that cites the line."""
        assert self.permit is not None
        document: dict[str, Any] = {"line": "A"}
        if part:
            document["use"] = "part"
        if counted_by:
            document |= {"use": "already_counted", "counted_by": self.declarations[counted_by]["id"]}
        shipment: dict[str, Any] = {"movement": movement} | ({"transport_document": part} if part else {})
        content = declaration(item(self.permit, quantity, document=document), **shipment)
        self.declarations[name] = await lodge_declaration(self.db, content, B if movement == "import" else A)

    async def command(self, name: str, act: Callable[..., Awaitable[Any]], by: Party, content: Any) -> None:
        """Run a command on a declaration."""
        await act(self.db, UUID(self.declarations[name]["id"]), by, content, command())

    async def override(self, name: str, by: Party) -> None:
        """Override the open findings of a declaration, one after another."""
        found = await self.read(name)
        for finding in found["findings"]:
            if finding["severity"] != "note" and finding.get("override") is None:
                content = Override(rule=finding["rule"], item=finding.get("item"), reason="checked")
                await self.command(name, transitions.override, by, content)

    async def read(self, name: str) -> dict[str, Any]:
        """Return a declaration as its trader reads it."""
        found = self.declarations[name]
        by = B if found["movement"] == "import" else A
        return await as_json(read_declarations.read_declaration(self.db, UUID(found["id"]), by))

    def office(self) -> Party:
        """Return the customs office that decides on this side."""
        return CUSTOMS_FR if self.side == "import" else CUSTOMS_ZA

    async def quantities(self) -> list[str]:
        """Return what the page states of a line: endorsed, reserved, used and available."""
        assert self.permit_id is not None
        read = balance if self.side == "import" else export_balance
        found = await read(self.db, self.permit_id)
        return [str(found.get(name, NOTHING)) for name in ("endorsed", "reserved", "consumed", "available")]

    async def statuses(self) -> str:
        """Return the status of each declaration."""
        return ", ".join([f"{name} {(await self.read(name))['status']}" for name in self.declarations])


def actual(quantity: str) -> dict[str, Any]:
    """Return what customs counted of the only item."""
    return {"number": 1, "quantity": quantity}


STEPS: dict[str, Callable[..., Awaitable[None]]] = {
    r"The permit grants (\d+)": WorkedCase.grant,
    r"Customs of ZA endorses (\d+)(?: under (\w+-\d+))?": WorkedCase.endorse,
    r"(D\d) (import|export)s (\d+)(?:, a part use under (\w+-\d+))?(?:, counted by (D\d))?": WorkedCase.lodge,
    r"Customs releases (D\d)": lambda case, name: case.command(name, transitions.release, case.office(), Release()),
    r"Customs releases (\d+) of (D\d)": lambda case, quantity, name: case.command(
        name, transitions.release, case.office(), Release.model_validate({"items": [actual(quantity)]})
    ),
    r"Customs corrects (D\d) to (\d+)": lambda case, name, quantity: case.command(
        name,
        transitions.correct,
        case.office(),
        Correction.model_validate({"items": [actual(quantity)], "reason": "counted again"}),
    ),
    r"Customs refuses (D\d)": lambda case, name: case.command(
        name, transitions.refuse, case.office(), Refusal(reason="no")
    ),
    r"Customs overrides the findings of (D\d)": lambda case, name: case.override(name, case.office()),
    r"The trader cancels (D\d)": lambda case, name: case.command(
        name, transitions.cancel, B if case.side == "import" else A, Cancellation()
    ),
    r"The authority consents to (\d+) more for (D\d)": lambda case, quantity, name: case.command(
        name, transitions.consent, AUTHORITY_ZA, Consent.model_validate({"item": 1, "quantity": quantity})
    ),
}


async def run_step(case: WorkedCase, step: str) -> None:
    """Run one step of a case. A step that the hub refuses ends in the code of the problem: "…: `code`"."""
    sentence, _, code = step.partition(": ")
    pattern, act = next((p, a) for p, a in STEPS.items() if re.fullmatch(p, sentence))
    found = re.fullmatch(pattern, sentence)
    assert found is not None
    if not code:
        await act(case, *found.groups())
        return
    with pytest.raises(ProblemError) as refused:
        await act(case, *found.groups())
    assert f"`{refused.value.code}`" == code


def cases() -> list[tuple[str, str, list[list[str]]]]:
    """Return the cases of the page: heading, side, and the cells of each line of the table."""
    found = []
    for part in PAGE.read_text().split("\n### ")[1:]:
        heading = part.splitlines()[0]
        tables = re.findall(r"^\| step \|.*?\n\|[-:| ]+\n((?:\|.*\n)+)", part + "\n", re.MULTILINE)
        if not tables:
            continue
        side = "export" if "export side" in heading.lower() else "import"
        lines = [[cell.strip() for cell in one.strip("|").split("|")] for one in tables[0].splitlines()]
        found.append((heading, side, lines))
    return found


@pytest.mark.parametrize(("heading", "side", "lines"), cases(), ids=[case[0] for case in cases()])
async def test_worked_case_of_the_ledger_has_the_quantities_of_the_page(
    permits_db: AsyncEngine, heading: str, side: str, lines: list[list[str]]
) -> None:
    case = WorkedCase(permits_db, side)
    result = []
    for step, *_ in lines:
        await run_step(case, step)
        result.append([step, *await case.quantities(), await case.statuses() or NOTHING])
    assert result == lines
