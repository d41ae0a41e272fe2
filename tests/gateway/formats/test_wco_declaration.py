"""Customs messages in normalized form: each field from the place that docs/wco.md states."""

import cProfile
import pstats
import re
from decimal import Decimal

import pytest

from services.gateway.formats import wco_declaration
from shared.cites.customs_countries import CUSTOMS_COUNTRIES
from shared.contracts.closed_sets import Role
from shared.contracts.declaration import Item, NormalizedDeclaration
from shared.contracts.parties import Party
from shared.database import new_id
from shared.problems import Invalid
from tests.gateway.customs_messages import NO_NAMESPACES, V2, V3, customs_message, document_xml, goods_item_xml

IMPORTER = Party(
    id=new_id(), name="B SARL", country="FR", roles=(Role.TRADER,), identifiers={"EORI": "FR99988877700011"}
)
EXPORTER = Party(id=new_id(), name="A (Pty) Ltd", country="ZA", roles=(Role.TRADER,), identifiers={"EORI": "ZA1234567"})


def _parse(body: bytes, by: Party = IMPORTER) -> NormalizedDeclaration:
    return wco_declaration.parse(body, by)[0]


def _repairs(stated: NormalizedDeclaration) -> dict[str, tuple[str, ...]]:
    return {repair.pointer: repair.others for repair in stated.repairs}


def _faults(body: bytes) -> dict[str, str]:
    with pytest.raises(Invalid) as caught:
        _parse(body)
    return {fault.pointer: fault.code for fault in caught.value.faults}


@pytest.mark.parametrize("namespaces", [V2, V3, NO_NAMESPACES])
def test_message_of_any_version_is_parsed(namespaces: tuple[str, str]) -> None:
    stated = _parse(customs_message("LRN-1", namespaces=namespaces))
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
    assert set(_repairs(stated)) == {"/importer/name", "/importer/country"}


@pytest.mark.parametrize("code", ["T1", "T2", "T2F", "TIR", "T"])
def test_message_of_a_transit_type_is_a_transit(code: str) -> None:
    body = customs_message("LRN-1").replace(b"TypeCode>IMA<", f"TypeCode>{code}<".encode())
    stated = _parse(body)
    assert (stated.movement, stated.importer.name, stated.exporter.name) == ("transit", "B SARL", "A (Pty) Ltd")


def test_message_whose_normalized_form_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    body = customs_message("LRN-1")
    size = len(wco_declaration.parse(body, IMPORTER)[1])
    monkeypatch.setattr(wco_declaration, "NORMALIZED_BYTES", size)
    _parse(body)
    monkeypatch.setattr(wco_declaration, "NORMALIZED_BYTES", size - 1)
    with pytest.raises(Invalid) as caught:
        _parse(body)
    assert caught.value.code == "body-too-large"


def test_message_without_metadata_is_parsed() -> None:
    body = customs_message("LRN-1", namespaces=NO_NAMESPACES)
    inner = body[body.index(b"<Declaration>") : body.index(b"</Declaration>") + len(b"</Declaration>")]
    assert _parse(inner).reference == "LRN-1"


def test_country_of_items_or_party_is_used_as_a_repair() -> None:
    stated = _parse(customs_message("L", goods_item_xml(export="ZA"), export=None, destination=None))
    assert (stated.export_country, stated.import_country) == ("ZA", "FR")
    assert {"/export_country", "/import_country"} <= set(_repairs(stated))


def test_items_of_two_countries_are_a_repair_with_other_values() -> None:
    stated = _parse(
        customs_message("L", goods_item_xml(export="ZA"), goods_item_xml(export="NA", number=2), export=None)
    )
    assert stated.export_country == "ZA"
    assert _repairs(stated)["/export_country"] == ("NA",)


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
    [item] = _parse(customs_message("L", goods_item_xml(document_xml(unit=code)))).items
    assert (item.unit, str(item.quantity)) == (unit, quantity)


def test_unit_that_is_unknown_is_refused() -> None:
    assert _faults(customs_message("L", goods_item_xml(document_xml(unit="ZZZ")))) == {"/items/0/unit": "unknown-unit"}


def test_quantity_comes_from_write_off_else_supplementary_quantity_else_net_mass() -> None:
    supplementary = "<TariffQuantity>1000</TariffQuantity>"
    bodies = [
        goods_item_xml(measure=supplementary),
        goods_item_xml(document_xml(off=None), measure=supplementary),
        goods_item_xml(document_xml(off=None)),
    ]
    read = [_parse(customs_message("L", body)) for body in bodies]
    assert [(str(d.items[0].quantity), d.items[0].unit) for d in read] == [
        ("100", "number"),
        ("1000", "number"),
        ("50", "kg"),
    ]
    assert ["/items/0/quantity" in _repairs(d) for d in read] == [False, True, True]
    assert [str(d.items[0].net_mass) for d in read] == ["50"] * 3


def _written_off(*documents: str, measure: str = "") -> tuple[Item, dict[str, tuple[str, ...]]]:
    """Return the item of a message whose documents have these write-offs, and its repairs."""
    stated = _parse(customs_message("L", goods_item_xml(*documents, measure=measure)))
    return stated.items[0], _repairs(stated)


@pytest.mark.parametrize(
    ("first", "second", "total"), [("100", "50", "150"), ("75", "75", "150"), ("75", "75.0", "150")]
)
def test_write_off_belongs_to_its_document_and_equal_ones_are_two(first: str, second: str, total: str) -> None:
    item, repairs = _written_off(document_xml("ZA-1", off=first), document_xml("ZA-2", "C405", off=second))
    assert (item.quantity, item.unit) == (Decimal(total), "number")
    assert [(one.quantity, one.unit) for one in item.documents] == [
        (Decimal(first), "number"),
        (Decimal(second), "number"),
    ]
    assert repairs["/items/0/quantity"] == ()


def test_write_offs_of_one_document_add_up() -> None:
    twice = document_xml("ZA-1", off="0.05", unit="TNE")
    second = '<WriteOff><QuantityQuantity unitCode="KGM">50</QuantityQuantity></WriteOff></AdditionalDocument>'
    item, repairs = _written_off(twice.replace("</AdditionalDocument>", second))
    assert (str(item.quantity), item.unit, item.documents[0].quantity) == ("0.1", "t", None)
    assert repairs["/items/0/quantity"] == ()
    other = second.replace("KGM", "NAR")
    item, repairs = _written_off(twice.replace("</AdditionalDocument>", other))
    assert repairs["/items/0/quantity"] == ("50 number",), "an officer decides between two measures"


def test_write_off_of_a_document_that_is_not_presented_does_not_count() -> None:
    item, _ = _written_off(document_xml("ZA-1", off="100"), document_xml("ZA-2", off="50", status="XX"))
    assert (str(item.quantity), len(item.documents)) == ("100", 1)


def test_supplementary_quantity_of_the_same_measure_is_that_of_the_item() -> None:
    documents = document_xml("ZA-1", off="100"), document_xml("ZA-2", off="50")
    item, repairs = _written_off(*documents, measure='<TariffQuantity unitCode="NAR">160</TariffQuantity>')
    assert (str(item.quantity), [str(one.quantity) for one in item.documents]) == ("160", ["100", "50"])
    assert "/items/0/quantity" not in repairs
    item, _ = _written_off(documents[0], measure='<TariffQuantity unitCode="NAR">160</TariffQuantity>')
    assert (str(item.quantity), str(item.documents[0].quantity)) == ("160", "100")
    for equal in ('unitCode="NAR">100', 'unitCode="LTR">160', ">160"):
        item, _ = _written_off(documents[0], measure=f"<TariffQuantity {equal}</TariffQuantity>")
        assert (str(item.quantity), item.documents[0].quantity) == ("100", None)


@pytest.mark.parametrize(
    ("stated", "kilograms"),
    [
        ("<NetNetWeightMeasure>50<", "50"),
        ('<NetNetWeightMeasure unitCode="KGM">50.5<', "50.5"),
        ('<NetNetWeightMeasure unitCode="TNE">0.05<', "50"),
        ('<NetNetWeightMeasure unitCode="GRM">50<', "0.05"),
        ('<NetNetWeightMeasure unitCode="DTN">5<', "500"),
    ],
)
def test_net_mass_is_in_kilograms_whatever_its_unit_is(stated: str, kilograms: str) -> None:
    body = customs_message("L").replace(b"<NetNetWeightMeasure>50<", stated.encode())
    assert _parse(body).items[0].net_mass == Decimal(kilograms)


@pytest.mark.parametrize("code", ["NAR", "LTR", "ZZZ"])
def test_net_mass_in_another_unit_than_a_weight_is_refused(code: str) -> None:
    stated = f'<NetNetWeightMeasure unitCode="{code}">50<'
    body = customs_message("L").replace(b"<NetNetWeightMeasure>50<", stated.encode())
    assert _faults(body) == {"/items/0/net_mass": "unknown-unit"}


def test_origins_that_differ_are_a_repair_that_names_them() -> None:
    def origins(*stated: tuple[str, str]) -> tuple[str | None, tuple[str, ...] | None]:
        more = "".join(f"<Origin><CountryCode>{c}</CountryCode><TypeCode>{k}</TypeCode></Origin>" for c, k in stated)
        found = _parse(customs_message("L", goods_item_xml(more=more)))
        return found.items[0].origin_country, _repairs(found).get("/items/0/origin_country")

    assert origins(("MZ", "1")) == ("ZA", ("MZ",))
    assert origins(("ZA", "1")) == ("ZA", None)
    assert origins(("MZ", "2")) == ("ZA", None), "a preferential origin is another fact"


def test_transport_documents_that_differ_are_a_repair_that_names_them() -> None:
    def transports(*stated: tuple[str, str]) -> tuple[str | None, tuple[str, ...] | None]:
        more = "".join(document_xml(number, f"N{kind}", None, None) for number, kind in stated)
        found = _parse(customs_message("L", goods_item_xml(more=more)))
        return found.transport_document, _repairs(found).get("/transport_document")

    assert transports(("BL-1", "705"), ("BL-2", "705")) == ("BL-1", ("BL-2",))
    assert transports(("BL-1", "705"), ("BL-1", "705")) == ("BL-1", None)
    assert transports(("AWB-1", "740"), ("AWB-2", "741")) == ("AWB-1", ()), "a house and a master waybill"


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
def test_document_status_gives_its_use(status: str | None, use: str) -> None:
    stated = _parse(customs_message("L", goods_item_xml(document_xml(status=status))))
    assert stated.items[0].documents[0].use == use
    assert "/items/0/documents/0/use" not in _repairs(stated)


def test_document_status_unknown_is_a_repair_and_waived_is_no_document() -> None:
    unknown = _parse(customs_message("L", goods_item_xml(document_xml(status="ZZ"))))
    assert (unknown.items[0].documents[0].use, "/items/0/documents/0/use" in _repairs(unknown)) == ("exhausts", True)
    waived = _parse(customs_message("L", goods_item_xml(document_xml(status="XW"))))
    assert waived.items[0].documents == ()
    assert "/items/0/documents" in _repairs(waived)


def test_document_already_attributed_names_the_simplified_declaration() -> None:
    before = "<PreviousDocument><CategoryCode>Y</CategoryCode><ID>23ABC</ID><TypeCode>SDE</TypeCode></PreviousDocument>"
    [item] = _parse(customs_message("L", goods_item_xml(document_xml(status="JA"), more=before))).items
    assert (item.documents[0].use, item.documents[0].counted_by) == ("already_counted", "23ABC")


def test_goods_outside_cites_have_a_document_without_number() -> None:
    name = "<Name>CITES permits not required</Name>"
    y900 = f"<AdditionalDocument><CategoryCode>Y</CategoryCode>{name}<TypeCode>900</TypeCode></AdditionalDocument>"
    [item] = _parse(customs_message("L", goods_item_xml(y900))).items
    assert [(d.type, d.number) for d in item.documents] == [("Y900", None)]


def test_export_is_declared_by_its_exporter() -> None:
    stated = _parse(customs_message("L", kind="EXA", exporter="<ID>ZA1234567</ID>", importer="FR5"), EXPORTER)
    assert (stated.movement, stated.exporter.name, stated.importer.name) == ("export", "A (Pty) Ltd", "FR5")
    assert stated.importer.country == "FR"


def test_transport_document_is_found_among_the_documents() -> None:
    bill = "<PreviousDocument><CategoryCode>N</CategoryCode><ID>MAEU-1</ID><TypeCode>705</TypeCode></PreviousDocument>"
    assert _parse(customs_message("L", more=bill)).transport_document == "MAEU-1"


def test_customs_code_of_northern_ireland_is_the_united_kingdom() -> None:
    stated = _parse(customs_message("L", destination="XI"))
    assert stated.import_country == "GB"
    assert "/import_country" in _repairs(stated)


def test_missing_field_is_reported_with_its_element() -> None:
    with pytest.raises(Invalid) as caught:
        _parse(customs_message("L").replace(b"<FunctionalReferenceID>L</FunctionalReferenceID>", b""))
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
def test_message_that_is_no_original_declaration_is_refused(body: bytes, code: str) -> None:
    assert set(_faults(body).values()) == {code}


def _count_calls(documents: int, earlier: int) -> int:
    """Count the calls for one message, with a number of documents and a number of earlier declarations."""
    cited = [document_xml(str(number), status="AA") for number in range(10)]
    items = [goods_item_xml(*cited, number=number + 1) for number in range(documents // 10)]
    body = customs_message("L", *items, more="<PreviousDocument/>" * earlier)
    profile = cProfile.Profile()
    profile.runcall(_parse, body)
    counted: int = pstats.Stats(profile).total_calls  # type: ignore[attr-defined]
    return counted


def test_parsing_work_grows_linearly_with_the_message() -> None:
    assert _count_calls(400, 4_000) < 3 * _count_calls(200, 2_000)


def test_message_with_too_many_items_is_refused_before_they_are_parsed() -> None:
    body = customs_message("L", *(["<GovernmentAgencyGoodsItem/>"] * 501))
    assert _faults(body) == {"/items": "too-long"}


def test_line_break_in_the_name_of_a_party_is_a_blank() -> None:
    body = customs_message("LRN-1").replace(b"A (Pty) Ltd", b"A (Pty)\n        Ltd")
    assert _parse(body, EXPORTER).exporter.name == "A (Pty) Ltd"


def test_invisible_character_in_a_message_is_refused_at_its_place() -> None:
    assert _faults(customs_message("LRN-\u200b1")) == {"/reference": "forbidden-character"}
    assert _faults(customs_message("LRN-\u0415E")) == {"/reference": "look-alike-characters"}


def test_document_that_does_not_apply_to_the_goods_states_that_they_are_not_cites() -> None:
    twice = goods_item_xml(document_xml(status="XX"), document_xml(status="XX"))
    stated = _parse(customs_message("L", twice))
    assert [(d.type, d.number) for d in stated.items[0].documents] == [("Y900", None)]
    assert "/items/0/documents/0/type" in _repairs(stated) and "/items/0/documents" not in _repairs(stated)


def _without_measures(body: bytes, *names: str) -> bytes:
    """Return a message without the elements of these names."""
    for name in names:
        body = re.sub(rf"<{name}[^>]*>[^<]*</{name}>".encode(), b"", body)
    return body


@pytest.mark.parametrize(
    ("gross", "quantity"),
    [(">55<", ("55", "kg")), (' unitCode="KGM">55<', ("55", "kg")), (' unitCode="TNE">5.5<', ("5.5", "t"))],
)
def test_simplified_declaration_without_net_mass_has_its_gross_mass_for_an_officer(
    gross: str, quantity: tuple[str, str]
) -> None:
    body = customs_message("L", goods_item_xml(document_xml(off=None)), kind="IMC")
    body = _without_measures(body, "NetNetWeightMeasure")
    stated = _parse(body.replace(b"<GrossMassMeasure>55<", f"<GrossMassMeasure{gross}".encode()))
    assert (str(stated.items[0].quantity), stated.items[0].unit) == quantity
    assert _repairs(stated)["/items/0/quantity"] == ("the quantity of the supplementary declaration",)


def test_simplified_declaration_without_any_measure_is_read() -> None:
    bare = ("NetNetWeightMeasure", "GrossMassMeasure")
    body = _without_measures(customs_message("L", goods_item_xml(document_xml(off=None)), kind="IMC"), *bare)
    stated = _parse(body)
    assert (str(stated.items[0].quantity), stated.items[0].unit) == ("1", "number")
    assert _repairs(stated)["/items/0/quantity"] == ("the quantity of the supplementary declaration",)
    other = _parse(body.replace(b"<CategoryCode>C</CategoryCode>", b"<CategoryCode>N</CategoryCode>"))
    assert other.items[0].documents == () and _repairs(other)["/items/0/quantity"] == ()


@pytest.mark.parametrize(
    ("code", "meant"),
    [("XI", "GB"), ("XU", "GB"), ("XC", "ES"), ("XL", "ES"), ("XS", "RS"), ("EL", "GR"), ("UK", "GB")],
)
def test_customs_code_of_a_part_of_a_country_is_read_as_the_country(code: str, meant: str) -> None:
    item = goods_item_xml().replace("<Origin><CountryCode>ZA", f"<Origin><CountryCode>{code}")
    stated = _parse(customs_message("L", item, export=code, destination=code))
    assert (stated.export_country, stated.import_country, stated.items[0].origin_country) == (meant, meant, meant)
    assert {"/export_country", "/import_country", "/items/0/origin_country"} <= set(_repairs(stated))


@pytest.mark.parametrize("code", sorted({*CUSTOMS_COUNTRIES, "XK", "AN"}))
def test_customs_code_in_place_of_a_country_is_kept_as_written(code: str) -> None:
    item = goods_item_xml().replace("<Origin><CountryCode>ZA", f"<Origin><CountryCode>{code}")
    stated = _parse(customs_message("L", item, export=code, destination=code))
    assert (stated.export_country, stated.import_country, stated.items[0].origin_country) == (code, code, code)
