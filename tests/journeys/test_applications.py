"""A trader applies for a permit, two officers of the authority decide, and the permit is used until its end."""

import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from services.permits.domain.lifecycle import APPLICATION_TRANSITIONS
from shared.contracts.closed_sets import ActorRole, ApplicationStatus
from tests.days import today
from tests.journeys.party_client import PartyClient, wait_for_events


def application(number: str, country: str = "KE") -> dict[str, Any]:
    """Return the application of an exporter with this number in a country, for an export from there."""
    line = {"taxon": "Falco exemplaris", "appendix": "II", "source": "C", "term": "LIV", "unit": "number"}
    return {
        "reference": secrets.token_hex(6),
        "kind": "export",
        "exporter": {"name": "Falcons", "country": country, "identifier": number},
        "importer": {"name": "Buyer", "country": "GB"},
        "export_country": country,
        "import_country": "GB",
        "purpose": "T",
        "lines": [{**line, "line": "A", "quantity": "9"}],
    }


def test_application_granted_by_two_officers_ends_with_its_permit(
    add_party: Callable[..., list[PartyClient]], admin_access: PartyClient
) -> None:
    number = secrets.token_hex(6)
    [trader], (assessor, issuer) = add_party("trader", "KE", number), add_party("authority", "KE", credentials=2)
    [abroad], [customs] = add_party("authority", "GB"), add_party("customs", "DE")
    policy = admin_access("GET", "/v1/policies/KE")
    switched = {"two_people_for_permits": True}
    assert admin_access("PUT", "/v1/policies/KE", switched, If_Match=policy.headers["ETag"]).status_code == 200

    key = secrets.token_hex(8)
    stated = application(number)
    made = trader("POST", "/v1/permit-applications", stated, Idempotency_Key=key)
    assert (made.status_code, made.json()["status"], made.json()["days_open"]) == (201, "submitted", 0), made.text
    assert trader("POST", "/v1/permit-applications", stated, Idempotency_Key=key).json() == made.json()
    path = made.headers["Location"]
    assert trader("POST", path + "/grant", {}).status_code == 403
    assert abroad("GET", path).status_code == abroad("POST", path + "/grant", {}).status_code == 404
    assert customs("GET", path).status_code == 403
    wrong = trader("POST", path + "/answer", {"message": "early"})
    assert (wrong.status_code, wrong.json()["code"]) == (409, "invalid-transition")
    assert "The Management Authority may query it, grant it or refuse it." in wrong.json()["detail"]

    assert assessor("POST", path + "/query", {"message": "Which farm?"}).json()["status"] == "queried"
    tag = trader("GET", path).headers["ETag"]
    assert trader("POST", path + "/answer", {"message": "KE-7"}, If_Match='"99"').status_code == 412
    assert trader("POST", path + "/answer", {"message": "KE-7"}, If_Match=tag).json()["status"] == "submitted"
    assert [
        one["id"] for one in issuer("GET", f"/v1/permit-applications?reference={stated['reference']}").json()["data"]
    ]
    assert issuer("GET", "/v1/permit-applications?colour=red").status_code == 400

    one = assessor("POST", path + "/grant", {"number": "KE-1"})
    assert (one.status_code, one.json()["code"]) == (409, "same-person"), one.text
    less = {"number": f"KE-{number}", "lines": [{"line": "A", "quantity": "4"}]}
    granted = issuer("POST", path + "/grant", less)
    assert (granted.status_code, granted.json()["status"]) == (200, "granted"), granted.text
    permit = f"/v1/permits/{granted.json()['permit_id']}"
    assert trader("GET", permit).json()["lines"][0]["quantity"] == "4"

    token = granted.json()["permit"]["token"]
    assert customs("GET", permit).status_code == customs("GET", permit, Permit_Token="x").status_code == 404
    assert customs("GET", permit, Permit_Token=token).json()["status"] == "issued"
    assert issuer("POST", permit + "/loss").json()["status"] == "lost"
    assert issuer("POST", permit + "/found").json()["status"] == "issued"
    again = issuer("POST", permit + "/loss", {"reason": "again"})
    again = issuer("POST", permit + "/endorsement", {"lines": [{"line": "A", "quantity": "1"}]})
    assert again.status_code == 403
    assert issuer("POST", permit + "/revocation", {"reason": "forged"}).json()["status"] == "revoked"

    told = [event["type"] for event in wait_for_events(trader, "application.*", 4)]
    assert told == ["application.submitted", "application.queried", "application.answered", "application.granted"]
    looked = [event["type"] for event in wait_for_events(customs, "permit.*", 4)]
    assert looked == ["permit.lost", "permit.found", "permit.lost", "permit.revoked"]


def test_permit_at_its_end_causes_an_event_without_a_request(add_party: Callable[..., list[PartyClient]]) -> None:
    [authority] = add_party("authority", "TZ")
    day = today()
    for days, status in ((20, "issued"), (-9, "expired")):
        stated = {name: value for name, value in application("x").items() if name != "reference"}
        stated |= {"number": secrets.token_hex(6), "issuer": "TZ", "export_country": "TZ"}
        dates = {"issued_on": day - timedelta(days=30), "valid_until": day + timedelta(days=days)}
        made = authority("POST", "/v1/permits", stated | {name: str(day) for name, day in dates.items()})
        assert (made.status_code, made.json()["status"]) == (201, status), made.text
    found = wait_for_events(authority, "permit.expiring,permit.expired", 2)
    assert {(event["type"], event["data"]["status"]) for event in found} == {
        ("permit.expiring", "issued"), ("permit.expired", "expired"),
    }  # fmt: skip


ACTS: dict[str, tuple[ActorRole, ApplicationStatus, dict[str, Any]]] = {
    "query": (ActorRole.AUTHORITY, ApplicationStatus.QUERIED, {"message": "why?"}),
    "answer": (ActorRole.TRADER, ApplicationStatus.SUBMITTED, {"message": "so"}),
    "grant": (ActorRole.AUTHORITY, ApplicationStatus.GRANTED, {}),
    "refusal": (ActorRole.AUTHORITY, ApplicationStatus.REFUSED, {"reason": "no"}),
    "withdrawal": (ActorRole.TRADER, ApplicationStatus.WITHDRAWN, {}),
}


@pytest.mark.parametrize("here", list(ApplicationStatus))
def test_application_in_each_status_allows_only_the_transitions_of_the_table(
    add_party: Callable[..., list[PartyClient]], here: ApplicationStatus
) -> None:
    number = secrets.token_hex(6)
    clients = {
        ActorRole.TRADER: add_party("trader", "UG", number)[0],
        ActorRole.AUTHORITY: add_party("authority", "UG")[0],
    }
    stated = application(number, "UG")
    for verb, (by, there, body) in ACTS.items():
        made = clients[ActorRole.TRADER](
            "POST", "/v1/permit-applications", stated | {"reference": secrets.token_hex(6)}
        )
        path = made.headers["Location"]
        led = next((name for name, act in ACTS.items() if act[1] is here), "")
        if here is not ApplicationStatus.SUBMITTED:
            clients[ACTS[led][0]]("POST", f"{path}/{led}", ACTS[led][2])
        other = ActorRole.TRADER if by is ActorRole.AUTHORITY else ActorRole.AUTHORITY
        assert clients[other]("POST", f"{path}/{verb}", body).status_code == 403, "never by this role"
        response = clients[by]("POST", f"{path}/{verb}", body)
        if by in APPLICATION_TRANSITIONS.get(here, {}).get(there, frozenset()):
            assert (response.status_code, response.json()["status"]) == (200, there), response.text
        else:
            assert (response.status_code, response.json()["code"]) == (409, "invalid-transition"), response.text
            assert clients[ActorRole.TRADER]("GET", path).json()["status"] == here


def test_agent_without_an_active_mandate_cannot_apply_for_its_trader(
    add_party: Callable[..., list[PartyClient]],
) -> None:
    number, day = secrets.token_hex(6), today().isoformat()
    [trader], [agent], [authority] = (
        add_party("trader", "UG", number),
        add_party("trader", "BE", "x"),
        add_party("authority", "UG"),
    )
    trader_id, agent_id = (client("GET", "/v1/me").json()["id"] for client in (trader, agent))
    stated = application(number, "UG") | {"trader": trader_id}
    refused = agent("POST", "/v1/permit-applications", stated)
    assert (refused.status_code, refused.json()["code"]) == (403, "not-your-application")
    mandate = trader("POST", "/v1/mandates", {"agent": agent_id, "from": day, "until": day}).json()
    made = agent("POST", "/v1/permit-applications", stated)
    assert (made.status_code, made.json()["trader"], made.json()["lodged_by"]) == (201, trader_id, agent_id), made.text
    path = made.headers["Location"]
    assert authority("POST", path + "/query", {"message": "why?"}).status_code == 200
    assert agent("POST", path + "/answer", {"message": "so"}).status_code == 200
    assert authority("POST", path + "/query", {"message": "why?"}).status_code == 200
    assert trader("POST", f"/v1/mandates/{mandate['id']}/revocation").status_code == 200
    late = agent("POST", path + "/answer", {"message": "so"})
    assert (late.status_code, late.json()["code"]) == (403, "not-your-application")
    assert trader("POST", path + "/withdrawal").status_code == 200
    by = [turn["by"] for turn in trader("GET", path).json()["history"] if turn["by"]["role"] == "trader"]
    under_mandate = {"party": agent_id, "role": "trader", "for": trader_id}
    assert by == [under_mandate, under_mandate, {"party": trader_id, "role": "trader"}]
    as_submitted = agent("GET", path).json()
    assert (as_submitted["status"], len(as_submitted["history"])) == ("submitted", 1)
    received = [event["type"] for event in wait_for_events(trader, "application.*", 5)]
    assert received[-1] == "application.withdrawn"
    assert [event["type"] for event in wait_for_events(agent, "application.*", 4)] == received[:-1]
    assert len(trader("GET", f"/v1/permit-applications?applicant={trader_id}").json()["data"]) == 1
