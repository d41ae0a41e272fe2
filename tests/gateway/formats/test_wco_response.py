"""The WCO Response of any content, also of content that is older than the rules for its characters."""

from datetime import UTC, datetime

import pytest
from lxml import etree

from services.gateway.formats import wco_response

AT = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize("character", ["\0", "\x0b", "\x1b", "\ud800", "\ufffe", "\uffff"])
def test_character_that_xml_cannot_carry_is_replaced(character: str) -> None:
    content = {"id": "1", "reference": f"A{character}B", "status": "rejected", "findings": [
        {"rule": "permit-exists", "severity": "block", "message": f"No {character}", "pointer": "/items/0"}
    ]}  # fmt: skip
    root = etree.fromstring(wco_response.render(content, status=200, at=AT))
    assert root.findtext(".//Declaration/FunctionalReferenceID") == "A\ufffdB"
    assert root.findtext(".//Error/Description") == "No \ufffd"


def test_text_that_xml_carries_stays_as_it_is() -> None:
    reference = "é\t𝐊🦏\ue000\ufffd"
    root = etree.fromstring(wco_response.render({"reference": reference, "status": "received"}, status=202, at=AT))
    assert root.findtext(".//Declaration/FunctionalReferenceID") == reference
