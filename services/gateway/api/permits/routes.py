"""The routes about permits and reference data that permits answers, as one list."""

from services.gateway.api.proxy.proxy import ProxiedRoute
from shared.contracts.permit import Endorsement, Loss, Permit, Recovery, Revocation
from shared.contracts.problems import PERMIT_PROBLEM_CODES

PAGE_PARAMETERS = ("limit", "cursor")
TRANSITION_PROBLEMS = ("invalid-transition", "version-stale")
PATH = "/v1/permits"

PERMIT_ROUTES: tuple[ProxiedRoute, ...] = (
    ProxiedRoute(
        "POST",
        PATH,
        "add_permit",
        "permits",
        "Issue or register a permit",
        "The permit",
        "By the issuing country's authority; where that has none on the hub, the importing country's registers it. "
        "The answer holds `token`, shown this once: who holds the paper reads the permit by it (Permit-Token).",
        status=201,
        request_model=Permit,
        problem_codes=("permit-number-taken", "not-the-issuing-authority", *PERMIT_PROBLEM_CODES),
    ),
    ProxiedRoute(
        "GET",
        PATH,
        "list_permits",
        "permits",
        "List permits",
        "A page, newest first",
        query=("number", "issuer", "status", "taxon", "holder", "from", "to", *PAGE_PARAMETERS),
        headers=("Permit-Token",),
        description="Those one may read. A stranger asks with issuer, number and the header Permit-Token.",
    ),
    ProxiedRoute(
        "GET",
        PATH + "/{id}",
        "read_permit",
        "permits",
        "Read a permit",
        "The permit, both sides of each line, its history",
        headers=("Permit-Token",),
        description=(
            "Holders and the countries' offices read it whole, who cited it reads its status and its own use, a "
            "stranger with Permit-Token what a border officer needs."
        ),
    ),
    ProxiedRoute(
        "GET",
        PATH + "/{id}/ledger",
        "read_ledger",
        "permits",
        "Read a permit's ledger",
        "The story of its lines: entries oldest first, each with what stood after it",
        "Entries are never changed or deleted.",
        query=("line", *PAGE_PARAMETERS),
    ),
    ProxiedRoute(
        "POST",
        PATH + "/{id}/endorsement",
        "endorse_permit",
        "permits",
        "Endorse a permit at export",
        "The permit",
        "Box 14: the actual quantity of each line that left.",
        request_model=Endorsement,
        headers=("If-Match",),
        problem_codes=TRANSITION_PROBLEMS,
    ),
    ProxiedRoute(
        "POST",
        PATH + "/{id}/revocation",
        "revoke_permit",
        "permits",
        "Revoke a permit",
        "The permit",
        "Accepted declarations that cite it are referred to an officer in the same step.",
        request_model=Revocation,
        headers=("If-Match",),
        problem_codes=TRANSITION_PROBLEMS,
    ),
    ProxiedRoute(
        "POST",
        PATH + "/{id}/replacement",
        "replace_permit",
        "permits",
        "Replace a permit",
        "The old permit; `replaced_by` names the new one, with its token",
        "Issues the permit in the body in the place of this one. The two name one another, and declarations that cite "
        "the old one are referred to an officer in the same step.",
        request_model=Permit,
        headers=("If-Match",),
        problem_codes=(*TRANSITION_PROBLEMS, "permit-number-taken", "not-the-issuing-authority", *PERMIT_PROBLEM_CODES),
    ),
    ProxiedRoute(
        "POST",
        PATH + "/{id}/loss",
        "lose_permit",
        "permits",
        "Report a permit lost",
        "The permit",
        "Nothing is moved on it until it is found; declarations that cite it are referred to an officer.",
        request_model=Loss,
        body_optional=True,
        headers=("If-Match",),
        problem_codes=TRANSITION_PROBLEMS,
    ),
    ProxiedRoute(
        "POST",
        PATH + "/{id}/found",
        "find_permit",
        "permits",
        "Report a lost permit found",
        "The permit",
        "It stands again where it stood.",
        request_model=Recovery,
        body_optional=True,
        headers=("If-Match",),
        problem_codes=TRANSITION_PROBLEMS,
    ),
    ProxiedRoute(
        "GET",
        "/v1/reference/{table}",
        "read_reference",
        "permits",
        "Read a code list",
        "The codes",
        "`purposes`, `sources`, `terms`, `units`, `kinds`, `event-types` or `rules`; whole, or page by page.",
        query=("limit", "cursor"),
    ),
)
