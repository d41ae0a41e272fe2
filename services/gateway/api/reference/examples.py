"""Examples of the routes about reference data that is loaded: species, suspensions, quotas, HS codes."""

from services.gateway.api.routing.route import Example

TAXON = {
    "taxon": "Crocodylus niloticus",
    "author": "Laurenti, 1768",
    "rank": "species",
    "appendix": "II",
    "split": True,
    "countries": ["BW", "ET", "ZA"],
    "except_countries": None,
    "population_told": True,
    "listed_by": None,
    "matched_by": "accepted",
    "taxon_id": "10745",
    "belongs_to": ["crocodylus", "crocodylidae", "crocodylia"],
    "distribution": ["BW", "ET", "ZA"],
    "annotation": "Except the populations of Botswana, Ethiopia and South Africa, which are included in Appendix II",
    "annotation_symbol": None,
    "annotations": [
        {
            "decision": "zero",
            "countries": ["EG"],
            "export_countries": [],
            "import_countries": [],
            "terms": [],
            "purposes": ["T"],
            "sources": ["W"],
            "except_for": [],
            "text": "zero quota for wild specimens, for commercial purposes",
            "source": "CoP15",
            "holds_from": "2010-06-23",
            "holds_until": None,
        }
    ],
    "list_source": "loaded",
    "list_loaded_at": "2026-03-01T09:30:00.000000Z",
    "list_holds_from": "2026-03-05",
    "kept_facts": [],
    "kept_since": None,
    "holds_from": "2026-03-05",
    "holds_until": None,
    "version": 2,
}
COMMON_FIELDS = {
    "id": "6b3f1d6e-5f54-5f0e-8f0f-0f8a55e1c001",
    "country": "ZA",
    "taxon": "Crocodylus niloticus",
    "terms": ["SKI"],
    "sources": ["R"],
    "purposes": [],
    "start_date": "2026-01-01",
    "end_date": "2026-12-31",
    "note": "",
}
SUSPENSION = {**COMMON_FIELDS, "codes_reading": "covered", "applies_to_import": False}
QUOTA = {**COMMON_FIELDS, "quota": "1200", "taken": "960", "left": "240", "unit": "number", "period": "once"}


HS_CODE = {
    "country": None,
    "hs_code": "410320",
    "concern": "likely",
    "reason": "Crocodiles and many snakes and lizards are listed",
    "list_source": "built_in",
    "edition": "HS 2022",
    "holds_from": "2022-01-01",
    "holds_until": None,
}
REFERENCE_LISTS = [
    {
        "list": "taxa",
        "state": "loaded",
        "rows": 38000,
        "version": 3,
        "loaded_at": "2026-03-01T09:30:00.000000Z",
        "holds_from": "2026-03-05",
        "effect": "Checks use this listing.",
        "remedy": None,
    },
    {
        "list": "suspensions",
        "state": "never_loaded",
        "rows": 0,
        "version": 0,
        "loaded_at": None,
        "holds_from": None,
        "effect": "No suspension is checked.",
        "remedy": "The administrator loads the list of suspensions with PUT /v1/reference/suspensions.",
    },
]


def _report(table: str) -> dict[str, object]:
    return {
        "list": table,
        "version": 2,
        "holds_from": "2026-03-05",
        "loaded_at": "2026-03-01T09:30:00.000000Z",
        "dry_run": False,
        "rows": 38000,
        "taken": 37999,
        "repaired": 1,
        "refused": 1,
        "unchanged": 37990,
        "added": 5,
        "changed": 4,
        "ended": 0,
        "kept": 1,
        "eased": 0,
        "repairs": [
            {"line": 17, "code": "stray-blanks", "detail": "Stray blanks were taken away.", "field": "FullName"}
        ],
        "refusals": [
            {
                "line": 40,
                "code": "unknown-appendix",
                "detail": "'IV' is none of I, II, III and NC.",
                "field": "CurrentListing",
            }
        ],
        "ended_names": [],
        "kept_facts": [
            {
                "name": "Mellivora capensis",
                "fact": "listed_by",
                "detail": "The file does not name the country that listed the taxon. The hub keeps: Appendix III, "
                "listed by BW, in the built-in listing since 2023-02-23.",
                "line": 1204,
            }
        ],
        "eased_listings": [],
        "purposes_and_sources": "covered" if table == "suspensions" else None,
    }


_SPECIES = "TaxonId,FullName,RankName,CurrentListing\n10745,Crocodylus niloticus,SPECIES,I/II\n"
_SUSPENSION = "start_date,end_date,taxon_name,iso_code2,source\n2026-01-01,,Crocodylus niloticus,ZA,W\n"
_QUOTA = "start_date,end_date,taxon_name,iso_code2,quota,unit\n2026-01-01,2026-12-31,Crocodylus niloticus,ZA,1200,\n"
_HS_CODES = "country,hs_code,concern,reason\nFR,44151010,none,Packing cases of fir and spruce\n"
LOAD_TAXA = Example(request=_SPECIES, response=_report("taxa"))
LOAD_SUSPENSIONS = Example(request=_SUSPENSION, response=_report("suspensions"))
LOAD_QUOTAS = Example(request=_QUOTA, response=_report("quotas"))
LOAD_HS_CODES = Example(request=_HS_CODES, response=_report("hs-codes"))
LOOK_UP_TAXON = Example(
    response={
        "data": [TAXON],
        "next_cursor": None,
        "list_source": "loaded",
        "list_loaded_at": "2026-03-01T09:30:00.000000Z",
        "list_holds_from": "2026-03-05",
    }
)
LIST_REFERENCE_LISTS = Example(response={"data": REFERENCE_LISTS, "next_cursor": None})
LIST_SUSPENSIONS = Example(response={"data": [SUSPENSION], "next_cursor": None})
LIST_QUOTAS = Example(response={"data": [QUOTA], "next_cursor": None})
LIST_HS_CODES = Example(response={"data": [HS_CODE], "next_cursor": None})
READ_CODE_LIST = Example(response={"data": [{"code": "T", "name": "Commercial"}], "next_cursor": None})
