"""The place of a finding in words."""

import pytest

from services.permits.domain.rules.place import describe_place
from shared.contracts.findings import CitedLine
from tests.permits.sample_data import declaration, item, permit_content

PERMIT = CitedLine(issuer="ZA", number="ZA-1")
LINE = CitedLine(issuer="ZA", number="ZA-1", line="B")


@pytest.mark.parametrize(
    ("pointer", "cited_line", "expected"),
    [
        ("/items/1/quantity", None, "Item 7"),
        ("/items/1/quantity", LINE, "Item 7, permit ZA-1 (ZA), line B"),
        ("/items/0/documents/0/number", PERMIT, "Item 3, permit ZA-1 (ZA)"),
        ("/items/0/documents/1/issuer", None, "Item 3, document 2"),
        ("/items/0/documents", None, "Item 3"),
        ("/export_country", LINE, "Permit ZA-1 (ZA)"),
        ("/exporter/identifier", None, "Exporter"),
        ("/export_country", None, "Export country"),
        ("/items", None, "Declaration"),
        ("", None, "Declaration"),
    ],
)
def test_place_of_a_pointer_names_item_permit_and_line(
    pointer: str, cited_line: CitedLine | None, expected: str
) -> None:
    permit = permit_content()
    items = declaration(item(permit, "1", 3), item(permit, "1", 7)).items
    assert describe_place(pointer, items, cited_line) == expected
