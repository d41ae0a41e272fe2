"""How a permit names the declaring side, and the findings about both sides: by country and key of the identifier."""

from typing import Any

import pytest

from services.permits.domain.model.permits import PermitRecord
from services.permits.domain.rules.parties import Naming, has_same_name, is_named_party, naming_of_declaring_side
from shared.contracts.fields import Trader
from tests.permits.domain.rules.test_requirements import permit
from tests.permits.rule_scenarios import PERMIT, changed_permit, findings_of
from tests.permits.sample_data import declaration, item

BY_IDENTIFIER, BY_NAME, NOT_AT_ALL = Naming
OF_FR = {"name": "B SARL", "country": "FR", "identifier": "FR 12/345"}
NAMELESS = {"name": "Müller & Söhne", "country": "FR"}


def side(**stated: Any) -> Trader:
    return Trader.model_validate(stated)


def naming(on_permit: dict[str, Any], declared: dict[str, Any], country: str = "FR") -> Naming:
    """Return how a permit of this importer names the importer of a declaration, which the hub has in a country."""
    one = changed_permit(PERMIT, importer=side(**on_permit))
    return naming_of_declaring_side(one.content, declaration(item(one.content), importer=declared), country)


@pytest.mark.parametrize(
    ("on_permit", "changes", "expected"),
    [
        (OF_FR, {}, BY_IDENTIFIER),
        (OF_FR, {"identifier": "fr-12 345"}, BY_IDENTIFIER),
        (OF_FR, {"identifier": "ＦＲ　１２／３４５"}, BY_IDENTIFIER),
        (OF_FR, {"name": "Another name"}, BY_IDENTIFIER),
        (OF_FR, {"country": "DE"}, BY_IDENTIFIER),
        (OF_FR, {"identifier": "FR12345"}, NOT_AT_ALL),
        (OF_FR, {"identifier": "FR 12/34S"}, NOT_AT_ALL),
        (OF_FR, {"identifier": None}, NOT_AT_ALL),
        (NAMELESS, {"name": "MÜLLER  & SÖHNE"}, BY_NAME),
        (NAMELESS, {"name": "Mu\u0308ller & So\u0308hne"}, BY_NAME),
        (NAMELESS, {"name": "Muller & Sohne"}, NOT_AT_ALL),
    ],
)
def test_naming_compares_the_key_of_the_identifier_and_else_of_the_name(
    on_permit: dict[str, Any], changes: dict[str, Any], expected: Naming
) -> None:
    assert naming(on_permit, {**OF_FR, "name": on_permit["name"], **changes}) is expected


@pytest.mark.parametrize("stored", ["\u3164", "\u200d", "  ", "\u2800"])
def test_name_that_shows_nothing_is_the_same_as_no_other(stored: str) -> None:
    """The hub stored such names before it refused them."""
    assert not any(has_same_name(stored, other) for other in (stored, "\u3164", "\u200d", " ", "A"))
    assert has_same_name("...", "...")


@pytest.mark.parametrize("on_permit", [OF_FR, NAMELESS])
def test_naming_of_a_party_of_another_country_is_none_even_if_it_declares_the_right_one(
    on_permit: dict[str, Any],
) -> None:
    assert naming(on_permit, {**OF_FR, "name": on_permit["name"]}, country="KE") is NOT_AT_ALL


@pytest.mark.parametrize(("on_permit", "expected"), [(OF_FR, BY_IDENTIFIER), (NAMELESS, BY_NAME)])
def test_naming_by_a_certificate_for_many_crossings_takes_either_side(
    on_permit: dict[str, Any], expected: Naming
) -> None:
    certificate = changed_permit(permit("travelling_exhibition"), exporter=side(**on_permit))
    declared = declaration(item(certificate.content), importer={**OF_FR, "name": on_permit["name"]})
    assert naming_of_declaring_side(certificate.content, declared, "FR") is expected


@pytest.mark.parametrize(
    ("declared", "on_permit", "expected"),
    [
        (
            {"name": "A", "country": "ZA", "identifier": "za 1"},
            {"name": "Z", "country": "ZA", "identifier": "ZA-1"},
            True,
        ),
        (
            {"name": "A", "country": "KE", "identifier": "ZA1"},
            {"name": "A", "country": "ZA", "identifier": "ZA1"},
            False,
        ),
        (
            {"name": "A", "country": "ZA", "identifier": "ZA2"},
            {"name": "A", "country": "ZA", "identifier": "ZA1"},
            False,
        ),
        ({"name": "a", "country": "ZA"}, {"name": "A", "country": "ZA", "identifier": "ZA1"}, True),
        ({"name": "a", "country": "ZA", "identifier": "ZA1"}, {"name": "A", "country": "ZA"}, True),
        ({"name": "A", "country": "KE"}, {"name": "A", "country": "ZA"}, False),
        ({"name": "B", "country": "ZA"}, {"name": "A", "country": "ZA"}, False),
    ],
)
def test_named_party_has_the_identifier_and_country_or_else_the_name_and_country(
    declared: dict[str, Any], on_permit: dict[str, Any], expected: bool
) -> None:
    assert is_named_party(side(**declared), side(**on_permit)) is expected


DECLARED = {"name": "B SARL", "country": "FR", "identifier": "FR99988877700011"}
EXPORTER = {"name": "A (Pty) Ltd", "country": "ZA", "identifier": "ZA1234567"}


@pytest.mark.parametrize(
    ("shipment", "expected"),
    [
        ({}, []),
        ({"importer": DECLARED | {"name": "b. sarl"}}, []),
        ({"importer": DECLARED | {"identifier": "fr99988877700011"}}, []),
        (
            {"importer": DECLARED | {"country": "DE"}},
            [("registered-country", "refer", "/importer/country", "FR", "DE")],
        ),
        ({"importer": DECLARED | {"name": "C"}}, [("registered-name", "note", "/importer/name", "B SARL", "C")]),
        ({"importer": DECLARED | {"name": DECLARED["identifier"]}}, []),
        ({"exporter": EXPORTER | {"name": "a (pty)  ltd."}}, []),
        (
            {"exporter": EXPORTER | {"name": "Z"}},
            [("CITES-box-3-4-other-name", "note", "/exporter/name", "A (Pty) Ltd", "Z")],
        ),
        (
            {"exporter": EXPORTER | {"country": "KE"}},
            [
                (
                    "CITES-box-3-4-other-party",
                    "refer",
                    "/exporter",
                    "A (Pty) Ltd (ZA, ZA1234567)",
                    "A (Pty) Ltd (KE, ZA1234567)",
                )
            ],
        ),
    ],
)
def test_side_that_differs_has_a_finding_of_its_own(shipment: dict[str, Any], expected: list[tuple[str, ...]]) -> None:
    found = findings_of(PERMIT, shipment=shipment)
    assert [(f.rule, f.severity, f.pointer, f.expected, f.found) for f in found] == expected


def unnamed(one: PermitRecord) -> PermitRecord:
    """Return a permit whose importer has no identifier."""
    return changed_permit(one, importer=one.content.importer.model_copy(update={"identifier": None}))


def test_finding_of_a_permit_that_names_its_holder_by_name_alone_shows_only_what_was_declared() -> None:
    [found] = findings_of(unnamed(PERMIT), quantity="9999", term=None)
    assert (found.rule, found.severity, found.pointer) == ("CITES-box-3-4-own-party", "refer", "/importer")
    assert found.permit is not None
    assert found.permit.line is None, "the trader named no line"
    assert found.found == "a name alone, declared by B SARL (FR, FR99988877700011)"


@pytest.mark.parametrize("known", [True, False])
def test_findings_about_a_permit_by_name_alone_are_else_those_of_an_unknown_permit(known: bool) -> None:
    """The dates, lines, quantities and uses of the permit cause no finding."""
    cited = unnamed(PERMIT) if known else PERMIT
    document = None if known else {"number": "ZA-0"}
    found = findings_of(cited, document=document, quantity="100000", taxon="Vicugna vicugna", source="W")
    assert {f.rule for f in found} - {"CITES-box-3-4-own-party", "CITES-VI.1-permit-known"} == set()
