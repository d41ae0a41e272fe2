"""What every query parameter of the API means and may hold, by its name, or by operation and name where it differs."""

from typing import Any, NamedTuple


class QueryParameter(NamedTuple):
    """One query parameter as OpenAPI describes it."""

    description: str
    schema: dict[str, Any]
    required: bool = False


_TEXT: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": 200}
_DAY: dict[str, Any] = {"type": "string", "format": "date"}
_COUNTRY: dict[str, Any] = {"type": "string", "pattern": "^[A-Z]{2}$"}


def _enum(*values: str) -> dict[str, Any]:
    return {"type": "string", "enum": list(values)}


QUERY_PARAMETERS: dict[str, QueryParameter] = {
    "limit": QueryParameter(
        "How many at most, 1 to 200", {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}
    ),
    **dict.fromkeys(
        ("read_reference limit", "read_suspensions limit", "read_quotas limit"),
        QueryParameter(
            "How many at most, 1 to 200; all when not said", {"type": "integer", "minimum": 1, "maximum": 200}
        ),
    ),
    "cursor": QueryParameter("Where to go on: `next_cursor` of the page before", {"type": "string"}),
    "after": QueryParameter(
        "Where to go on: `next_cursor` of the page before; empty is the beginning", {"type": "string"}
    ),
    "types": QueryParameter("Types of event, or families such as `declaration.*`, with commas", {"type": "string"}),
    "movement": QueryParameter("`import` or `export`", _enum("import", "export")),
    "taxon": QueryParameter("Scientific name; with all that is below it: a genus, a family, `Crocodylia spp.`", _TEXT),
    "permit_number": QueryParameter("Number of a permit that is cited", _TEXT),
    "reference": QueryParameter("The trader's own reference", _TEXT),
    "country": QueryParameter("ISO 3166-1 alpha-2, of either side", _COUNTRY),
    "from": QueryParameter("First day, in UTC", _DAY),
    "to": QueryParameter("Last day, in UTC, included", _DAY),
    "name": QueryParameter("A scientific name, or how it begins; authors and capitals aside", _TEXT, required=True),
    "on": QueryParameter("The day it is asked for; today when not said", _DAY),
    "number": QueryParameter("The permit's number", _TEXT),
    "issuer": QueryParameter("Country that issued it, ISO 3166-1 alpha-2", _COUNTRY),
    "holder": QueryParameter("Identifier of its exporter or importer", _TEXT),
    "line": QueryParameter("Letter of one line of the permit", {"type": "string", "pattern": "^[A-Z0-9]{1,4}$"}),
    "year": QueryParameter("Calendar year", {"type": "integer", "minimum": 1975, "maximum": 2999}, required=True),
    "side": QueryParameter("`export`: what left; `import`: what arrived", _enum("export", "import"), required=True),
    "list_permits from": QueryParameter("First day of issue", _DAY),
    "list_permits to": QueryParameter("Last day of issue, included", _DAY),
    "list_declarations issuer": QueryParameter("Country that issued a permit that is cited", _COUNTRY),
    "list_declarations holder": QueryParameter("Identifier of the exporter or importer", _TEXT),
    "list_declarations status": QueryParameter(
        "Where it stands",
        _enum("received", "accepted", "referred", "rejected", "released", "refused", "cancelled"),
    ),
    "kind": QueryParameter("Kind of permit, as in /v1/reference/kinds", _TEXT),
    "applicant": QueryParameter("Party id of the applicant", {"type": "string", "format": "uuid"}),
    "list_applications status": QueryParameter(
        "Where it stands", _enum("submitted", "queried", "granted", "refused", "withdrawn")
    ),
    "list_permits status": QueryParameter(
        "Where it stands", _enum("issued", "endorsed", "exhausted", "expired", "revoked", "replaced", "lost")
    ),
    "list_deliveries status": QueryParameter("Where it stands", _enum("pending", "delivered", "given_up", "dropped")),
    **dict.fromkeys(
        ("load_taxa from", "load_suspensions from", "load_quotas from"),
        QueryParameter("The day from which the file holds; today when not said", _DAY),
    ),
    **dict.fromkeys(
        ("read_annual_report country", "read_mirror_report country"),
        QueryParameter("The country whose report it is, ISO 3166-1 alpha-2", _COUNTRY, required=True),
    ),
    "read_taxa country": QueryParameter(
        "Where the specimens are from: tells the parts of a split listing apart", _COUNTRY
    ),
    "read_suspensions country": QueryParameter("The country trade with which is suspended", _COUNTRY),
    "read_quotas country": QueryParameter("The country that set the quota", _COUNTRY),
}


def query_parameter(operation: str, name: str) -> dict[str, Any]:
    """Describe a query parameter of an operation; one that is not in the table is a string, and a test asks for it."""
    found = (
        QUERY_PARAMETERS.get(f"{operation} {name}")
        or QUERY_PARAMETERS.get(name)
        or QueryParameter("", {"type": "string"})
    )
    return {
        "name": name,
        "in": "query",
        "required": found.required,
        "description": found.description,
        "schema": found.schema,
    }
