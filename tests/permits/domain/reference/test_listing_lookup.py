"""Listings: names are found in each spelling, and a split listing depends on the country."""

from datetime import date
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from services.permits.actions.reference import read
from tests.days import today
from tests.permits.reference_files import appendices, index_csv, load_content, taxon_row
from tests.permits.sample_data import (
    declaration,
    endorse_permit,
    issue_permit,
    item,
    line,
    lodge_declaration,
    permit_content,
)
from tests.permits.view_json import rows_as_json

SPLIT = taxon_row(
    1, "Inventus divisus", "I/II",
    FullAnnotationEnglish="<b>I</b> (except the populations of Namibia and South Africa, which are in Appendix II)",
)  # fmt: skip


async def test_names_are_found_in_each_spelling(permits_db: AsyncEngine) -> None:
    async def found(name: str, country: str | None = "ZA") -> tuple[str, str | None, str]:
        [one] = await rows_as_json(read.list_taxa(permits_db, name, today(), country, limit=50))
        return one["taxon"], one["appendix"], one["matched_by"]

    for name in (
        "Crocodylus niloticus",
        "CROCODYLUS  NILOTICUS",
        "CROCODYLUS NILOTICUS (Laurenti, 1768)",
        "crocodylus niloticus Laurenti, 1768",
        "Crocodylus Niloticus",
        "crocodylus NILOTICUS Laurenti",
    ):
        assert await found(name) == ("Crocodylus niloticus", "II", "accepted")
    assert await found("Crocodylus niloticus", "SD") == ("Crocodylus niloticus", "I", "accepted")
    assert await found("Lama vicugna (Molina, 1782)", "PE") == ("Vicugna vicugna", "II", "synonym")
    assert await found("Crocodylia spp.") == ("Crocodylia", "II", "accepted")
    assert await found("Furcifer imaginarius") == ("Furcifer", "II", "higher")
    assert await found("Acropora imaginaria") == ("Acropora", "II", "higher")
    assert await found("Ceratotherium simum novum") == ("Ceratotherium simum", "II", "higher")
    assert await found("Gallus gallus") == ("Gallus gallus", None, "accepted")
    assert await found("Crocodylus nil") == ("Crocodylus niloticus", "II", "prefix")
    assert await found("Lama vicug", "PE") == ("Vicugna vicugna", "II", "prefix")
    hybrid = await rows_as_json(read.list_taxa(permits_db, "Ara ararauna × Ara macao", today(), None, limit=50))
    assert {(one["taxon"], one["appendix"], one["matched_by"]) for one in hybrid} == {
        ("Ara ararauna", "II", "hybrid"), ("Ara macao", "I", "hybrid"),
    }  # fmt: skip
    assert await rows_as_json(read.list_taxa(permits_db, "Nemo nusquam", today(), None, limit=50)) == []


async def test_genus_is_matched_by_its_name_and_its_species_by_prefix(permits_db: AsyncEngine) -> None:
    await load_content(permits_db, index_csv([
        taxon_row(1, "Inventus", RankName="GENUS", Species=""), taxon_row(2, "Inventus primus"),
    ]))  # fmt: skip
    found = await rows_as_json(read.list_taxa(permits_db, "inventus", today(), None, limit=50))
    assert [(one["taxon"], one["matched_by"]) for one in found] == [
        ("Inventus", "accepted"), ("Inventus primus", "prefix"),
    ]  # fmt: skip


async def test_author_that_the_listing_knows_is_no_part_of_a_name(permits_db: AsyncEngine) -> None:
    genus = taxon_row(1, "Inventus", "II", AuthorYear="Someone von Elsewhere, 1901", RankName="GENUS", Species="")
    await load_content(permits_db, index_csv([genus, taxon_row(2, "Inventus primus", AuthorYear="(Pfitzer)")]))
    for name, expected in (
        ("Inventus Someone", "Inventus"), ("INVENTUS PRIMUS PFITZER", "Inventus primus"),
        ("Inventus Primus Pfitzer", "Inventus primus"), ("Inventus Primus Alter", "Inventus primus"),
    ):  # fmt: skip
        [one] = await rows_as_json(read.list_taxa(permits_db, name, today(), "ZA", limit=50))
        assert (one["taxon"], one["matched_by"] == "accepted") == (expected, "Alter" not in name), name
    permit = permit_content(line(taxon="Inventus Primus Pfitzer"))
    await endorse_permit(permits_db, await issue_permit(permits_db, permit), A="100")
    found = await lodge_declaration(permits_db, declaration(item(permit, taxon="Inventus primus")))
    assert found["status"] == "accepted"


async def test_line_with_capitals_covers_its_species_and_no_other(permits_db: AsyncEngine) -> None:
    permit = permit_content(line(taxon="Crocodylus Niloticus"))
    await endorse_permit(permits_db, await issue_permit(permits_db, permit), A="100")
    other = await lodge_declaration(permits_db, declaration(item(permit, "10", taxon="Crocodylus porosus")))
    assert "CITES-box-7-line" in {finding["rule"] for finding in other["findings"]}
    same = await lodge_declaration(
        permits_db, declaration(item(permit, "10", taxon="crocodylus NILOTICUS Laurenti, 1768"))
    )
    assert same["status"] == "accepted"


async def test_annotation_about_trade_is_not_parsed_as_a_country(permits_db: AsyncEngine) -> None:
    text = (
        "Appendix I, except the populations of Botswana, Egypt [subject to a zero quota for wild specimens traded for "
        "commercial purposes], Namibia (subject to an annual quota of 1,600) and South Africa, which are included in "
        "Appendix II"
    )
    await load_content(permits_db, index_csv([taxon_row(1, "Inventus divisus", "I/II", FullAnnotationEnglish=text)]))
    for country, expected in (("EG", "II"), ("NA", "II"), ("ZA", "II"), ("SD", "I")):
        assert await appendices(permits_db, "Inventus divisus", country=country) == [expected], country


async def test_split_listing_returns_the_appendix_by_country(permits_db: AsyncEngine) -> None:
    unclear = taxon_row(2, "Inventus dubius", "I/II", FullAnnotationEnglish="Some populations only")
    party = taxon_row(3, "Inventus tertius", "III", FullAnnotationEnglish="Listed by South Africa")
    await load_content(permits_db, index_csv([SPLIT, unclear, party]))
    assert await appendices(permits_db, "Inventus divisus", country="NA") == ["II"]
    assert await appendices(permits_db, "Inventus divisus", country="BW") == ["I"]
    assert set(await appendices(permits_db, "Inventus divisus")) == {"I", "II"}
    assert set(await appendices(permits_db, "Inventus dubius", country="NA")) == {"I", "II"}
    [one] = await rows_as_json(read.list_taxa(permits_db, "Inventus tertius", today(), None, limit=50))
    assert one["listed_by"] == "ZA"


async def test_beginning_of_a_name_lists_all_taxa_that_begin_so(permits_db: AsyncEngine) -> None:
    begun = await rows_as_json(read.list_taxa(permits_db, "croco", today(), "ZA", limit=50))
    names = [one["taxon"] for one in begun]
    assert names[0] == "Crocodylia"
    assert "Crocodylus niloticus" in names and all(name.startswith("Croco") for name in names)
    found = await rows_as_json(read.list_taxa(permits_db, "Crocodylus nil", today(), "ZA", limit=50))
    assert [one["taxon"] for one in found] == ["Crocodylus niloticus"]


async def test_first_listing_has_the_appendix_of_each_day(permits_db: AsyncEngine) -> None:
    before, after = date(2026, 3, 4), date(2026, 3, 5)
    for name, was, became in (
        ("Rhincodon typus", ["II"], ["I"]), ("Mobula birostris", ["II"], ["I"]), ("Okapia johnstoni", [], ["I"]),
        ("Gazella dorcas", [], ["II"]), ("Kinixys homeana", ["II"], ["I"]), ("Crocodylus siamensis", ["I"], ["I"]),
        ("Carcharhinus longimanus", ["II"], ["I"]), ("Sphyrna zygaena", ["II"], ["II"]),
    ):  # fmt: skip
        assert await appendices(permits_db, name, before) == was, name
        assert await appendices(permits_db, name, after) == became, name
    assert await appendices(permits_db, "Carcharhinus leucas", date(2023, 11, 24)) == []
    assert await appendices(permits_db, "Carcharhinus leucas", date(2023, 11, 25)) == ["II"]
    assert await appendices(permits_db, "Elephas maximus", date(2023, 2, 22)) == []


async def test_species_that_the_first_listing_does_not_name_may_be_in_appendix_one(
    permits_db: AsyncEngine,
) -> None:
    for name in ("Crocodylus cataphractus", "Aloe imaginaria", "Panthera imaginaria"):
        assert await appendices(permits_db, name) == ["II", "I"], name
    for stated in ("I", "II"):
        permit = permit_content(line(taxon="Crocodylus cataphractus", appendix=stated))
        await endorse_permit(permits_db, await issue_permit(permits_db, permit), A="100")
        found = await lodge_declaration(
            permits_db, declaration(item(permit, taxon="Crocodylus cataphractus", purpose="S"))
        )
        assert "CITES-box-10-appendix" not in {finding["rule"] for finding in found["findings"]}
    await load_content(permits_db, index_csv([taxon_row(1, "Crocodylus", "II", RankName="GENUS", Species="")]))
    assert await appendices(permits_db, "Crocodylus cataphractus") == ["II"]


async def test_population_that_alone_is_listed_is_read_from_the_annotation(permits_db: AsyncEngine) -> None:
    for country, expected in (("ML", ["I"]), ("SD", ["I"]), ("ZA", [None])):
        assert await appendices(permits_db, "Struthio camelus", country=country) == expected, country
    assert await appendices(permits_db, "Panax ginseng", country="CN") == [None]


async def test_populations_of_the_first_listing_are_split_by_country(permits_db: AsyncEngine) -> None:
    for name, first, second in (
        ("Caracal caracal", "IN", "NA"), ("Herpailurus yagouaroundi", "MX", "BR"),
        ("Prionailurus bengalensis bengalensis", "TH", "CN"), ("Prionailurus rubiginosus", "IN", "LK"),
    ):  # fmt: skip
        assert await appendices(permits_db, name, country=first) == ["I"], name
        assert await appendices(permits_db, name, country=second) == ["II"], name
    assert set(await appendices(permits_db, "Balaenoptera acutorostrata", country="GL")) == {"I", "II"}


async def test_listing_view_has_the_annotations_of_the_day_with_their_source(permits_db: AsyncEngine) -> None:
    day = date(2026, 11, 9)
    [one] = await rows_as_json(read.list_taxa(permits_db, "Ceratotherium simum", day, "NA", limit=50))
    assert [(row["decision"], row["source"], row["holds_from"]) for row in one["annotations"]] == [
        ("II", "CoP19", "2023-02-23"), ("open", "CoP19", "2023-02-23"), ("I", "CoP19", "2023-02-23"),
    ]  # fmt: skip
    assert (one["annotations"][0]["terms"], one["list_source"], one["annotation_symbol"]) == (["LIV"], "built_in", None)
    [lion] = await rows_as_json(read.list_taxa(permits_db, "Panthera leo", day, "ZA", limit=50))
    assert (lion["annotations"][0]["decision"], lion["annotations"][0]["except_for"]) == ("zero", ["countries"])
    [rosewood] = await rows_as_json(read.list_taxa(permits_db, "Dalbergia retusa", day, "NI", limit=50))
    assert rosewood["annotation_symbol"] == "#15"


async def test_look_up_without_a_listing_says_which_list_has_no_such_name(permits_db: AsyncEngine) -> None:
    async def look_up() -> dict[str, Any]:
        found = await read.look_up_taxon(permits_db, "Inventus ignotus", today(), None, limit=50)
        return found.model_dump(mode="json")

    first = await look_up()
    assert (first["data"], first["list_source"], first["list_holds_from"]) == ([], "built_in", "2026-03-05")
    report = await load_content(permits_db, index_csv([taxon_row(1, "Inventus arboreus")]))
    after = await look_up()
    assert (after["data"], after["list_source"], after["list_holds_from"]) == ([], "loaded", str(today()))
    assert after["list_loaded_at"] == report["loaded_at"] > first["list_loaded_at"]


async def test_load_keeps_the_annotations_of_animals_and_adds_the_symbols_of_plants(permits_db: AsyncEngine) -> None:
    rows = [
        taxon_row(1, "Vicugna vicugna"),
        taxon_row(2, "Inventus arboreus", **{"Kingdom": "Plantae", "#AnnotationSymbol": "#4"}),
    ]
    await load_content(permits_db, index_csv(rows))
    [animal] = await rows_as_json(read.list_taxa(permits_db, "Vicugna vicugna", today(), "PE", limit=50))
    assert animal["list_source"] == "loaded"
    assert [row["decision"] for row in animal["annotations"]] == ["II", "open", "I"]
    [plant] = await rows_as_json(read.list_taxa(permits_db, "Inventus arboreus", today(), None, limit=50))
    assert plant["annotation_symbol"] == "#4"
    flowers = {"taxon": "Inventus arboreus", "term": "FLO", "documents": [{"type": "Y900"}]}
    for source, status in (("A", "accepted"), ("W", "rejected")):
        found = await lodge_declaration(
            permits_db, declaration(item(permit_content(), "10", **{**flowers, "source": source}))
        )
        assert found["status"] == status, found["findings"]


async def test_group_whose_species_of_appendix_one_are_all_named_has_one_appendix(permits_db: AsyncEngine) -> None:
    for name, expected in (
        ("Vanda coerulea", ["II"]), ("Dalbergia latifolia", ["II"]), ("Dalbergia nigra", ["I"]),
        ("Cattleya jongheana", ["I"]), ("Aloe imaginaria", ["II", "I"]),
    ):  # fmt: skip
        assert await appendices(permits_db, name) == expected, name
