"""The routes about reference data: code lists, species, suspensions, quotas, HS codes, and their loads."""

from services.gateway.api.proxy.uploads import FILE_LIMITS, LIST_LIMITS, upload
from services.gateway.api.reference import examples
from services.gateway.api.reference.handlers import read_code_list, read_loaded_list
from services.gateway.api.routing.parameters import (
    BOOLEAN,
    COUNTRY_CODE,
    CURSOR,
    DAY,
    IF_NONE_MATCH,
    LIMIT,
    LIMIT_OR_ALL,
    TEXT,
    QueryParameter,
    one_of,
)
from services.gateway.api.routing.permissions import ADMIN, ALL_ROLES
from services.gateway.api.routing.route import CSV_FILE, NOT_MODIFIED, REPORT_COST, RequestBody, Route, RouteResponse
from services.gateway.api.routing.tags import REFERENCE
from shared.contracts.closed_sets import CodesReading
from shared.contracts.views.reference import Codes, HsCodes, Listings, LoadReport, Quotas, ReferenceLists, Suspensions

PATH = "/v1/reference"
NAME = QueryParameter(
    name="name",
    description="A scientific name or its beginning; author and case do not matter",
    schema=TEXT,
    required=True,
)
ON = QueryParameter(name="on", description="Day; if left out, today", schema=DAY)
COUNTRY_OF_SPECIMENS = QueryParameter(
    name="country",
    description="Country of origin of the specimens: it selects the part of a split listing",
    schema=COUNTRY_CODE,
)
SUSPENDED_COUNTRY = QueryParameter(name="country", description="Country whose trade is suspended", schema=COUNTRY_CODE)
QUOTA_COUNTRY = QueryParameter(name="country", description="Country that set the quota", schema=COUNTRY_CODE)
HS_COUNTRY = QueryParameter(
    name="country", description="Country whose checks use the rows: its own and those for all", schema=COUNTRY_CODE
)
HS_CODE = QueryParameter(
    name="code",
    description="HS code of goods, 4 to 10 digits: you get only the row that decides about it in `country`",
    schema={"type": "string", "pattern": "^[0-9]{4,10}$"},
)
HOLDS_FROM = QueryParameter(
    name="from", description="First day on which the file is in force; if left out, today", schema=DAY
)
DRY_RUN = QueryParameter(
    name="dry_run",
    description="`true`: the hub only reports what the load would change. If left out, it loads the file",
    schema=BOOLEAN,
)
CONFIRM_OLDER = QueryParameter(
    name="confirm_older",
    description="`true`: the file takes back facts that are later than it, or that are stricter if it states no day",
    schema=BOOLEAN,
)
CODES_READING = QueryParameter(
    name="purposes_and_sources",
    description=(
        "Whether the purposes, sources and terms of a row are exempt or covered. If left out, they are exempt in a "
        "file with all columns of the public file, and covered in others"
    ),
    schema=one_of(CodesReading),
)
LOAD_REPORT = RouteResponse(
    description=(
        "The report: numbers of loaded, repaired, refused, unchanged, added, changed and ended rows, with reasons"
    ),
    model=LoadReport,
)

ROUTES = (
    Route(
        method="GET",
        path=PATH + "/{table}",
        operation_id="read_code_list",
        tag=REFERENCE,
        summary="Read a code list",
        description=(
            "You read one of the lists `purposes`, `sources`, `terms`, `units`, `kinds`, `event-types` or `rules`, "
            "complete or page by page."
        ),
        permission=ALL_ROLES,
        handler=read_code_list,
        service="permits",
        query=(LIMIT_OR_ALL, CURSOR),
        headers=(IF_NONE_MATCH,),
        responses=(RouteResponse(description="The codes", model=Codes), NOT_MODIFIED),
        example=examples.READ_CODE_LIST,
    ),
    Route(
        method="GET",
        path=PATH + "/taxa",
        operation_id="look_up_taxon",
        tag=REFERENCE,
        summary="Look a taxon up",
        description=(
            "You find the listings of a taxon by accepted name, synonym, higher taxon or hybrid. If no taxon has this "
            "name, the hub finds names that begin with it. `country` selects the part of a split listing."
        ),
        permission=ALL_ROLES,
        handler=read_loaded_list,
        service="permits",
        query=(NAME, ON, COUNTRY_OF_SPECIMENS, LIMIT),
        headers=(IF_NONE_MATCH,),
        responses=(
            RouteResponse(description="The listings on the day, one per Appendix", model=Listings),
            NOT_MODIFIED,
        ),
        example=examples.LOOK_UP_TAXON,
    ),
    Route(
        method="GET",
        path=PATH + "/lists",
        operation_id="list_reference_lists",
        tag=REFERENCE,
        summary="List the reference lists",
        description=(
            "You list the listing of taxa, the suspensions and the quotas, each with its last load, its rows and its "
            "effect on checks. A list that was never loaded has a `remedy` for the administrator."
        ),
        permission=ALL_ROLES,
        handler=read_loaded_list,
        service="permits",
        query=(LIMIT_OR_ALL, CURSOR),
        headers=(IF_NONE_MATCH,),
        responses=(RouteResponse(description="The reference lists", model=ReferenceLists), NOT_MODIFIED),
        example=examples.LIST_REFERENCE_LISTS,
    ),
    Route(
        method="GET",
        path=PATH + "/suspensions",
        operation_id="list_suspensions",
        tag=REFERENCE,
        summary="List the suspensions in force",
        description="You list the suspensions of one `country` or of all, in force on the day `on`.",
        permission=ALL_ROLES,
        handler=read_loaded_list,
        service="permits",
        query=(SUSPENDED_COUNTRY, ON, LIMIT_OR_ALL, CURSOR),
        headers=(IF_NONE_MATCH,),
        responses=(RouteResponse(description="The suspensions on the day", model=Suspensions), NOT_MODIFIED),
        example=examples.LIST_SUSPENSIONS,
    ),
    Route(
        method="GET",
        path=PATH + "/quotas",
        operation_id="list_quotas",
        tag=REFERENCE,
        summary="List the quotas in force",
        description=(
            "You list the quotas of one `country` or of all, in force on the day `on`. `taken` is the sum of the valid "
            "permits. A revoked or replaced permit does not count."
        ),
        permission=ALL_ROLES,
        handler=read_loaded_list,
        service="permits",
        query=(QUOTA_COUNTRY, ON, LIMIT_OR_ALL, CURSOR),
        headers=(IF_NONE_MATCH,),
        responses=(RouteResponse(description="The quotas on the day, with their usage", model=Quotas), NOT_MODIFIED),
        example=examples.LIST_QUOTAS,
    ),
    Route(
        method="GET",
        path=PATH + "/hs-codes",
        operation_id="list_hs_codes",
        tag=REFERENCE,
        summary="List the HS codes that may be of listed species",
        description=(
            "You list the rows of `country` and of all countries that are in force on the day `on`, with their "
            "reasons. Goods whose HS code is in no row are of no listed species. With `code`, you get the row that "
            "decides about it, or none."
        ),
        permission=ALL_ROLES,
        handler=read_loaded_list,
        service="permits",
        query=(HS_COUNTRY, ON, HS_CODE, LIMIT_OR_ALL, CURSOR),
        headers=(IF_NONE_MATCH,),
        responses=(RouteResponse(description="The HS codes on the day", model=HsCodes), NOT_MODIFIED),
        example=examples.LIST_HS_CODES,
    ),
    Route(
        method="PUT",
        path=PATH + "/taxa",
        operation_id="load_taxa",
        cost=REPORT_COST,
        tag=REFERENCE,
        summary="Load the species index",
        description=(
            "The administrator loads a CSV file with the columns of the public species index. It is in force `from` a "
            "day; if left out, today. The hub keeps facts that the file lacks or is too old for, and reports each one. "
            "The same file again changes nothing."
        ),
        permission=ADMIN,
        handler=upload,
        service="permits",
        query=(HOLDS_FROM, CONFIRM_OLDER, DRY_RUN),
        request=RequestBody(media=(CSV_FILE,)),
        responses=(LOAD_REPORT,),
        example=examples.LOAD_TAXA,
        limits=FILE_LIMITS,
    ),
    Route(
        method="PUT",
        path=PATH + "/suspensions",
        operation_id="load_suspensions",
        cost=REPORT_COST,
        tag=REFERENCE,
        summary="Load suspensions of trade",
        description=(
            "The administrator loads a CSV file with the columns of the public list. It is in force `from` a day; if "
            "left out, today. The same file again changes nothing. The public file names the exempt purposes, sources "
            "and terms: the report says how the hub read them."
        ),
        permission=ADMIN,
        handler=upload,
        service="permits",
        query=(HOLDS_FROM, CODES_READING, DRY_RUN),
        request=RequestBody(media=(CSV_FILE,)),
        responses=(LOAD_REPORT,),
        example=examples.LOAD_SUSPENSIONS,
        limits=LIST_LIMITS,
    ),
    Route(
        method="PUT",
        path=PATH + "/quotas",
        operation_id="load_quotas",
        cost=REPORT_COST,
        tag=REFERENCE,
        summary="Load annual quotas",
        description=(
            "The administrator loads a CSV file with the columns of the public list. It is in force `from` a day; if "
            "left out, today. The same file again changes nothing."
        ),
        permission=ADMIN,
        handler=upload,
        service="permits",
        query=(HOLDS_FROM, DRY_RUN),
        request=RequestBody(media=(CSV_FILE,)),
        responses=(LOAD_REPORT,),
        example=examples.LOAD_QUOTAS,
        limits=LIST_LIMITS,
    ),
    Route(
        method="PUT",
        path=PATH + "/hs-codes",
        operation_id="load_hs_codes",
        cost=REPORT_COST,
        tag=REFERENCE,
        summary="Load HS codes of a country",
        description=(
            "The administrator loads a CSV file with the columns `country`, `hs_code`, `concern` and `reason`. It is "
            "the whole list of loaded rows `from` a day; if left out, today. These rows decide before the built-in "
            "ones. The same file again changes nothing."
        ),
        permission=ADMIN,
        handler=upload,
        service="permits",
        query=(HOLDS_FROM, DRY_RUN),
        request=RequestBody(media=(CSV_FILE,)),
        responses=(LOAD_REPORT,),
        example=examples.LOAD_HS_CODES,
        limits=LIST_LIMITS,
    ),
)
