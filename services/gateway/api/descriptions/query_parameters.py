"""What every query parameter of the API means and may hold, by its name, or by operation and name where it differs."""

from typing import Any, NamedTuple


class Parameter(NamedTuple):
    """One query parameter as OpenAPI describes it."""

    says: str
    schema: dict[str, Any]
    required: bool = False


_TEXT: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": 200}
_DAY: dict[str, Any] = {"type": "string", "format": "date"}
_COUNTRY: dict[str, Any] = {"type": "string", "pattern": "^[A-Z]{2}$"}


def _one_of(*values: str) -> dict[str, Any]:
    return {"type": "string", "enum": list(values)}


PARAMETERS: dict[str, Parameter] = {
    "limit": Parameter("How many at most, 1 to 200", {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}),
    **dict.fromkeys(
        ("read_reference limit", "read_suspensions limit", "read_quotas limit"),
        Parameter("How many at most, 1 to 200; all when not said", {"type": "integer", "minimum": 1, "maximum": 200}),
    ),
    "cursor": Parameter("Where to go on: `next_cursor` of the page before", {"type": "string"}),
    "after": Parameter("Where to go on: `next_cursor` of the page before; empty is the beginning", {"type": "string"}),
    "types": Parameter("Types of event, or families such as `declaration.*`, with commas", {"type": "string"}),
    "movement": Parameter("`import` or `export`", _one_of("import", "export")),
    "taxon": Parameter("Scientific name; with all that is below it: a genus, a family, `Crocodylia spp.`", _TEXT),
    "permit_number": Parameter("Number of a permit that is cited", _TEXT),
    "reference": Parameter("The trader's own reference", _TEXT),
    "country": Parameter("ISO 3166-1 alpha-2, of either side", _COUNTRY),
    "from": Parameter("First day, in UTC", _DAY),
    "to": Parameter("Last day, in UTC, included", _DAY),
    "name": Parameter("A scientific name, or how it begins; authors and capitals aside", _TEXT, required=True),
    "on": Parameter("The day it is asked for; today when not said", _DAY),
    "number": Parameter("The permit's number", _TEXT),
    "issuer": Parameter("Country that issued it, ISO 3166-1 alpha-2", _COUNTRY),
    "holder": Parameter("Identifier of its exporter or importer", _TEXT),
    "line": Parameter("Letter of one line of the permit", {"type": "string", "pattern": "^[A-Z0-9]{1,4}$"}),
    "year": Parameter("Calendar year", {"type": "integer", "minimum": 1975, "maximum": 2999}, required=True),
    "side": Parameter("`export`: what left; `import`: what arrived", _one_of("export", "import"), required=True),
    "list_permits from": Parameter("First day of issue", _DAY),
    "list_permits to": Parameter("Last day of issue, included", _DAY),
    "list_declarations issuer": Parameter("Country that issued a permit that is cited", _COUNTRY),
    "list_declarations holder": Parameter("Identifier of the exporter or importer", _TEXT),
    "list_declarations status": Parameter(
        "Where it stands",
        _one_of("received", "accepted", "referred", "rejected", "released", "refused", "cancelled"),
    ),
    "kind": Parameter("Kind of permit, as in /v1/reference/kinds", _TEXT),
    "applicant": Parameter("Party id of the applicant", {"type": "string", "format": "uuid"}),
    "list_applications status": Parameter(
        "Where it stands", _one_of("submitted", "queried", "granted", "refused", "withdrawn")
    ),
    "list_permits status": Parameter(
        "Where it stands", _one_of("issued", "endorsed", "exhausted", "expired", "revoked", "replaced", "lost")
    ),
    "list_deliveries status": Parameter("Where it stands", _one_of("pending", "delivered", "given_up", "dropped")),
    **dict.fromkeys(
        ("load_taxa from", "load_suspensions from", "load_quotas from"),
        Parameter("The day from which the file holds; today when not said", _DAY),
    ),
    **dict.fromkeys(
        ("read_annual_report country", "read_mirror_report country"),
        Parameter("The country whose report it is, ISO 3166-1 alpha-2", _COUNTRY, required=True),
    ),
    "read_taxa country": Parameter("Where the specimens are from: tells the parts of a split listing apart", _COUNTRY),
    "read_suspensions country": Parameter("The country trade with which is suspended", _COUNTRY),
    "read_quotas country": Parameter("The country that set the quota", _COUNTRY),
}


def parameter(operation: str, name: str) -> dict[str, Any]:
    """Describe a query parameter of an operation; one that is not in the table is a string, and a test asks for it."""
    found = PARAMETERS.get(f"{operation} {name}") or PARAMETERS.get(name) or Parameter("", {"type": "string"})
    return {"name": name, "in": "query", "required": found.required, "description": found.says, "schema": found.schema}
