"""Examples about the policies of countries."""

from services.gateway.api.routing.route import Example

POLICY = {
    "country": "FR",
    "version": 2,
    "two_people_for_permits": False,
    "personal_effects_need_documents": False,
    "import_permit_for_appendix_ii": True,
    "import_permit_cited_alone": True,
    "reservation_days": None,
    "transit_days": None,
    "customs_of_members": ["BE", "NL"],
}
READ_POLICY = Example(response=POLICY)
REPLACE_POLICY = Example(
    request={"import_permit_for_appendix_ii": True, "import_permit_cited_alone": True}, response=POLICY
)
