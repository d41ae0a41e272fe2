"""The routes about reference data: code lists, the listing of species, suspensions, quotas, and their loads."""

from services.gateway.api.proxy.proxy import forward
from services.gateway.api.proxy.uploads import FILE_LIMITS, upload
from services.gateway.api.reference import examples
from services.gateway.api.routing.parameters import COUNTRY_CODE, CURSOR, DAY, LIMIT, LIMIT_OR_ALL, TEXT, QueryParameter
from services.gateway.api.routing.permissions import ADMIN, ALL_ROLES
from services.gateway.api.routing.route import CSV_FILE, RequestBody, Route, RouteResponse
from services.gateway.api.routing.tags import REFERENCE
from shared.contracts.views.reference import Codes, Listings, LoadReport, Quotas, Suspensions

PATH = "/v1/reference"
NAME = QueryParameter(
    name="name",
    description="A scientific name, or how it begins; authors and capitals aside",
    schema=TEXT,
    required=True,
)
ON = QueryParameter(name="on", description="The day it is asked for; today when not said", schema=DAY)
COUNTRY_OF_SPECIMENS = QueryParameter(
    name="country",
    description="Where the specimens are from: tells the parts of a split listing apart",
    schema=COUNTRY_CODE,
)
SUSPENDED_COUNTRY = QueryParameter(
    name="country", description="The country trade with which is suspended", schema=COUNTRY_CODE
)
QUOTA_COUNTRY = QueryParameter(name="country", description="The country that set the quota", schema=COUNTRY_CODE)
HOLDS_FROM = QueryParameter(
    name="from", description="The day from which the file holds; today when not said", schema=DAY
)
LOAD_REPORT = RouteResponse(
    description=(
        "The report: what was taken, repaired, refused, unchanged, added, changed, ended; with lines and reasons"
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
            "`purposes`, `sources`, `terms`, `units`, `kinds`, `event-types` or `rules`; whole, or page by page."
        ),
        permission=ALL_ROLES,
        handler=forward,
        service="permits",
        query=(LIMIT_OR_ALL, CURSOR),
        responses=(RouteResponse(description="The codes", model=Codes),),
        example=examples.READ_CODE_LIST,
    ),
    Route(
        method="GET",
        path=PATH + "/taxa",
        operation_id="look_up_taxon",
        tag=REFERENCE,
        summary="Look a taxon up",
        description=(
            "By accepted name, synonym, higher taxon or hybrid, authors and capitals aside; where nothing is "
            "called so, by the beginning of a name. `on` is today when not said; `country` tells the parts of a "
            "split listing apart."
        ),
        permission=ALL_ROLES,
        handler=forward,
        service="permits",
        query=(NAME, ON, COUNTRY_OF_SPECIMENS, LIMIT),
        responses=(RouteResponse(description="Its listings on the day, one for each Appendix", model=Listings),),
        example=examples.LOOK_UP_TAXON,
    ),
    Route(
        method="GET",
        path=PATH + "/suspensions",
        operation_id="list_suspensions",
        tag=REFERENCE,
        summary="List the suspensions in force",
        description="Of one `country` or of all, in force on a day: `on`, today when not said.",
        permission=ALL_ROLES,
        handler=forward,
        service="permits",
        query=(SUSPENDED_COUNTRY, ON, LIMIT_OR_ALL, CURSOR),
        responses=(RouteResponse(description="The suspensions on the day", model=Suspensions),),
        example=examples.LIST_SUSPENSIONS,
    ),
    Route(
        method="GET",
        path=PATH + "/quotas",
        operation_id="list_quotas",
        tag=REFERENCE,
        summary="List the quotas in force",
        description=(
            "Of one `country` or of all, in force on a day: `on`, today when not said. What was `taken` is the "
            "sum of the permits that stand; one revoked or replaced gives back its part."
        ),
        permission=ALL_ROLES,
        handler=forward,
        service="permits",
        query=(QUOTA_COUNTRY, ON, LIMIT_OR_ALL, CURSOR),
        responses=(
            RouteResponse(description="The quotas on the day, each with what permits took of it", model=Quotas),
        ),
        example=examples.LIST_QUOTAS,
    ),
    Route(
        method="PUT",
        path=PATH + "/taxa",
        operation_id="load_taxa",
        tag=REFERENCE,
        summary="Load the species index",
        description=(
            "CSV with the columns of the public index of species. It holds `from` a day on, today when not said. "
            "The same file again changes nothing."
        ),
        permission=ADMIN,
        handler=upload,
        service="permits",
        query=(HOLDS_FROM,),
        request=RequestBody(media=(CSV_FILE,)),
        responses=(LOAD_REPORT,),
        example=examples.LOAD_TAXA,
        limits=FILE_LIMITS,
    ),
    Route(
        method="PUT",
        path=PATH + "/suspensions",
        operation_id="load_suspensions",
        tag=REFERENCE,
        summary="Load suspensions of trade",
        description=(
            "CSV with the columns of the public list. It holds `from` a day on, today when not said. The same "
            "file again changes nothing."
        ),
        permission=ADMIN,
        handler=upload,
        service="permits",
        query=(HOLDS_FROM,),
        request=RequestBody(media=(CSV_FILE,)),
        responses=(LOAD_REPORT,),
        example=examples.LOAD_SUSPENSIONS,
        limits=FILE_LIMITS,
    ),
    Route(
        method="PUT",
        path=PATH + "/quotas",
        operation_id="load_quotas",
        tag=REFERENCE,
        summary="Load annual quotas",
        description=(
            "CSV with the columns of the public list. It holds `from` a day on, today when not said. The same "
            "file again changes nothing."
        ),
        permission=ADMIN,
        handler=upload,
        service="permits",
        query=(HOLDS_FROM,),
        request=RequestBody(media=(CSV_FILE,)),
        responses=(LOAD_REPORT,),
        example=examples.LOAD_QUOTAS,
        limits=FILE_LIMITS,
    ),
)
