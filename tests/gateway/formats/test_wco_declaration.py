"""Customs messages: read into the normalized form, each field from the place that docs/wco.md names."""

import cProfile
import pstats

import pytest

from services.gateway.formats import wco_declaration
from shared.contracts.closed_sets import Role
from shared.contracts.declaration import NormalizedDeclaration
from shared.contracts.parties import Party
from shared.database import new_id
from shared.problems import Invalid
from tests.gateway.customs_messages import NO_NAMESPACES, V2, V3, customs_message, document_xml, goods_item_xml

B = Party(id=new_id(), name="B SARL", country="FR", roles=(Role.TRADER,), identifiers={"EORI": "FR99988877700011"})
A = Party(id=new_id(), name="A (Pty) Ltd", country="ZA", roles=(Role.TRADER,), identifiers={"EORI": "ZA1234567"})


def _read(body: bytes, by: Party = B) -> NormalizedDeclaration:
    return wco_declaration.parse(body, by)[0]


def _repaired(stated: NormalizedDeclaration) -> dict[str, tuple[str, ...]]:
    return {repair.pointer: repair.others for repair in stated.repairs}


def _told(body: bytes) -> dict[str, str]:
    with pytest.raises(Invalid) as caught:
        _read(body)
    return {fault.pointer: fault.code for fault in caught.value.faults}


@pytest.mark.parametrize("namespaces", [V2, V3, NO_NAMESPACES])
def test_a_message_is_read_whatever_its_version(namespaces: tuple[str, str]) -> None:
    stated = _read(customs_message("LRN-1", namespaces=namespaces))
    assert (stated.reference, stated.movement, stated.export_country, stated.import_country) == (
        "LRN-1",
        "import",
        "ZA",
        "FR",
    )
    assert (stated.exporter.name, stated.exporter.country) == ("A (Pty) Ltd", "ZA")
    assert (stated.importer.name, stated.importer.country) == ("B SARL", "FR")
    [item] = stated.items
    assert (str(item.quantity), item.unit, item.hs_code, item.origin_country) == ("100", "number", "41032000", "ZA")
    [document] = item.documents
    assert (document.type, document.number, document.issuer, document.use) == (
        "C400",
        "ZA-2026-000123",
        None,
        "exhausts",
    )
    assert set(_repaired(stated)) == {"/importer/name", "/importer/country"}


def test_a_declaration_without_its_wrapper_is_read_too() -> None:
    body = customs_message("LRN-1", namespaces=NO_NAMESPACES)
    inner = body[body.index(b"<Declaration>") : body.index(b"</Declaration>") + len(b"</Declaration>")]
    assert _read(inner).reference == "LRN-1"


def test_a_country_at_the_items_or_of_the_party_is_taken_and_told() -> None:
    stated = _read(customs_message("L", goods_item_xml(export="ZA"), export=None, destination=None))
    assert (stated.export_country, stated.import_country) == ("ZA", "FR")
    assert {"/export_country", "/import_country"} <= set(_repaired(stated))


def test_items_from_two_countries_are_for_an_officer() -> None:
    stated = _read(
        customs_message("L", goods_item_xml(export="ZA"), goods_item_xml(export="NA", number=2), export=None)
    )
    assert stated.export_country == "ZA"
    assert _repaired(stated)["/export_country"] == ("NA",)


@pytest.mark.parametrize(
    ("code", "unit", "quantity"),
    [
        ("KGM", "kg", "100"),
        ("KGM#G", "kg", "100"),
        ("GRM", "g", "100"),
        ("NAR", "number", "100"),
        ("NMB", "number", "100"),
        ("MTQ", "m3", "100"),
        ("PR", "pair", "100"),
        ("MIL", "number", "100000"),
    ],
)
def test_units_are_those_of_recommendation_20(code: str, unit: str, quantity: str) -> None:
    [item] = _read(customs_message("L", goods_item_xml(document_xml(unit=code)))).items
    assert (item.unit, str(item.quantity)) == (unit, quantity)


def test_an_unknown_unit_is_named() -> None:
    assert _told(customs_message("L", goods_item_xml(document_xml(unit="ZZZ")))) == {"/items/0/unit": "unknown-unit"}


def test_the_quantity_is_what_is_written_off_else_the_supplementary_one_else_the_net_mass() -> None:
    supplementary = "<TariffQuantity>1000</TariffQuantity>"
    bodies = [
        goods_item_xml(measure=supplementary),
        goods_item_xml(document_xml(off=None), measure=supplementary),
        goods_item_xml(document_xml(off=None)),
    ]
    read = [_read(customs_message("L", body)) for body in bodies]
    assert [(str(d.items[0].quantity), d.items[0].unit) for d in read] == [
        ("100", "number"),
        ("1000", "number"),
        ("50", "kg"),
    ]
    assert ["/items/0/quantity" in _repaired(d) for d in read] == [False, True, True]
    assert [str(d.items[0].net_mass) for d in read] == ["50"] * 3


def test_two_different_write_offs_are_for_an_officer() -> None:
    stated = _read(
        customs_message("L", goods_item_xml(document_xml("ZA-1", off="60"), document_xml("ZA-2", "C405", off="40")))
    )
    assert str(stated.items[0].quantity) == "60"
    assert _repaired(stated)["/items/0/quantity"] == ("40 number written off",)


@pytest.mark.parametrize(
    ("status", "use"),
    [
        ("AE", "exhausts"),
        ("AG", "exhausts"),
        ("JP", "part"),
        ("EA", "already_counted"),
        ("AC", "exhausts"),
        ("JS", "exhausts"),
        ("AT", "exhausts"),
        ("EL", "late"),
        (None, "exhausts"),
    ],
)
def test_status_codes_say_how_a_document_is_used(status: str | None, use: str) -> None:
    stated = _read(customs_message("L", goods_item_xml(document_xml(status=status))))
    assert stated.items[0].documents[0].use == use
    assert "/items/0/documents/0/use" not in _repaired(stated)


def test_a_status_nobody_knows_is_told_and_a_waived_document_is_none() -> None:
    odd = _read(customs_message("L", goods_item_xml(document_xml(status="ZZ"))))
    assert (odd.items[0].documents[0].use, "/items/0/documents/0/use" in _repaired(odd)) == ("exhausts", True)
    waived = _read(customs_message("L", goods_item_xml(document_xml(status="XW"))))
    assert waived.items[0].documents == ()
    assert "/items/0/documents" in _repaired(waived)


def test_what_was_attributed_already_names_the_simplified_declaration() -> None:
    before = "<PreviousDocument><CategoryCode>Y</CategoryCode><ID>23ABC</ID><TypeCode>SDE</TypeCode></PreviousDocument>"
    [item] = _read(customs_message("L", goods_item_xml(document_xml(status="JA"), more=before))).items
    assert (item.documents[0].use, item.documents[0].counted_by) == ("already_counted", "23ABC")


def test_goods_that_are_not_cites_say_so_without_a_number() -> None:
    name = "<Name>CITES permits not required</Name>"
    y900 = f"<AdditionalDocument><CategoryCode>Y</CategoryCode>{name}<TypeCode>900</TypeCode></AdditionalDocument>"
    [item] = _read(customs_message("L", goods_item_xml(y900))).items
    assert [(d.type, d.number) for d in item.documents] == [("Y900", None)]


def test_an_export_is_declared_by_its_exporter() -> None:
    stated = _read(customs_message("L", kind="EXA", exporter="<ID>ZA1234567</ID>", importer="FR5"), A)
    assert (stated.movement, stated.exporter.name, stated.importer.name) == ("export", "A (Pty) Ltd", "FR5")
    assert stated.importer.country == "FR"


def test_the_transport_document_is_found_among_the_documents() -> None:
    bill = "<PreviousDocument><CategoryCode>N</CategoryCode><ID>MAEU-1</ID><TypeCode>705</TypeCode></PreviousDocument>"
    assert _read(customs_message("L", more=bill)).transport_document == "MAEU-1"


def test_northern_ireland_is_of_the_united_kingdom() -> None:
    stated = _read(customs_message("L", destination="XI"))
    assert stated.import_country == "GB"
    assert "/import_country" in _repaired(stated)


def test_what_is_missing_is_told_with_its_element() -> None:
    with pytest.raises(Invalid) as caught:
        _read(customs_message("L").replace(b"<FunctionalReferenceID>L</FunctionalReferenceID>", b""))
    [fault] = caught.value.faults
    assert fault.pointer == "/reference"
    assert "FunctionalReferenceID" in fault.detail


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (customs_message("L", function="13"), "not-an-original"),
        (customs_message("L").replace(b">DEC<", b">RES<"), "not-a-declaration"),
        (b"<a/>", "not-a-declaration"),
        (b"<MetaData/>", "not-a-declaration"),
    ],
)
def test_what_is_no_original_declaration_is_refused(body: bytes, code: str) -> None:
    assert set(_told(body).values()) == {code}


def _work(papers: int, earlier: int) -> int:
    """Count the calls that reading a message takes: so many papers of one use, so many earlier declarations."""
    cited = [document_xml(str(number), status="AA") for number in range(10)]
    items = [goods_item_xml(*cited, number=number + 1) for number in range(papers // 10)]
    body = customs_message("L", *items, more="<PreviousDocument/>" * earlier)
    profile = cProfile.Profile()
    profile.runcall(_read, body)
    counted: int = pstats.Stats(profile).total_calls  # type: ignore[attr-defined]
    return counted


def test_work_grows_with_the_message_not_with_its_square() -> None:
    assert _work(400, 4_000) < 3 * _work(200, 2_000)


def test_more_items_than_a_declaration_may_have_are_refused_before_they_are_read() -> None:
    body = customs_message("L", *(["<GovernmentAgencyGoodsItem/>"] * 501))
    assert _told(body) == {"/items": "too-long"}
