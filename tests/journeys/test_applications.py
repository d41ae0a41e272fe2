"""A trader applies for a permit through the one door, two people of the authority decide, the paper then lives."""

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from shared.client import Hub
from tests.hub import RunningHub


class Door:
    """One credential's way into the hub, with the answers as they come."""

    def __init__(self, hub: RunningHub, way: Hub) -> None:
        self._url, self._way = hub.url, way

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> httpx2.Response:
        said = {name.replace("_", "-"): value for name, value in headers.items()}
        bearer = {"Authorization": f"Bearer {self._way.token()}"}
        return httpx2.request(method, self._url + path, json=body, headers={**bearer, **said}, trust_env=False)


@pytest.fixture(scope="module")
def enter(hub: RunningHub) -> Iterator[Callable[..., list[Door]]]:
    """Answer a function that adds a party and opens so many doors for it, each with a credential of its own."""
    with ExitStack() as stack:
        admin = stack.enter_context(hub.admin())

        def add(role: str, country: str, number: str = "", doors: int = 1) -> list[Door]:
            identifiers = {"EORI": number} if number else {}
            party = admin.create_party(
                {"name": f"{role} of {country}", "country": country, "roles": [role], "identifiers": identifiers}
            )
            pairs = [admin.create_credentials(party["id"]) for _ in range(doors)]
            return [Door(hub, admin.beside(pair["client_id"], pair["client_secret"])) for pair in pairs]

        yield add


@pytest.fixture(scope="module")
def admin_door(hub: RunningHub) -> Iterator[Door]:
    with hub.admin() as admin:
        yield Door(hub, admin)


def application(number: str) -> dict[str, Any]:
    line = {"taxon": "Falco exemplaris", "appendix": "II", "source": "C", "term": "LIV", "unit": "number"}
    return {
        "reference": secrets.token_hex(6),
        "kind": "export",
        "exporter": {"name": "Falcons", "country": "KE", "identifier": number},
        "importer": {"name": "Buyer", "country": "GB"},
        "export_country": "KE",
        "import_country": "GB",
        "purpose": "T",
        "lines": [{**line, "line": "A", "quantity": "9"}],
    }


def heard(door: Door, types: str, many: int) -> list[dict[str, Any]]:
    """Pull events until there are so many."""
    ends = time.monotonic() + 30
    while True:
        found: list[dict[str, Any]] = door("GET", f"/v1/events?types={types}").json()["data"]
        if len(found) >= many or time.monotonic() > ends:
            return found
        time.sleep(0.1)


def test_from_the_application_to_the_end_of_the_permit(enter: Callable[..., list[Door]], admin_door: Door) -> None:
    number = secrets.token_hex(6)
    [trader], (assessor, issuer) = enter("trader", "KE", number), enter("authority", "KE", doors=2)
    [abroad], [customs] = enter("authority", "GB"), enter("customs", "DE")
    policy = admin_door("GET", "/v1/policies/KE")
    switched = {"two_people_for_permits": True}
    assert admin_door("PUT", "/v1/policies/KE", switched, If_Match=policy.headers["ETag"]).status_code == 200

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
    assert (wrong.status_code, wrong.json()["code"]) == (409, "wrong-turn")
    assert "From submitted it may become queried" in wrong.json()["detail"]

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

    told = [event["type"] for event in heard(trader, "application.*", 4)]
    assert told == ["application.submitted", "application.queried", "application.answered", "application.granted"]
    looked = [event["type"] for event in heard(customs, "permit.*", 4)]
    assert looked == ["permit.lost", "permit.found", "permit.lost", "permit.revoked"]


def test_the_end_of_a_permit_is_told_by_itself(enter: Callable[..., list[Door]]) -> None:
    [authority] = enter("authority", "TZ")
    today = datetime.now(UTC).date()
    for days, status in ((20, "issued"), (-9, "expired")):
        stated = {name: value for name, value in application("x").items() if name != "reference"}
        stated |= {"number": secrets.token_hex(6), "issuer": "TZ", "export_country": "TZ"}
        dates = {"issued_on": today - timedelta(days=30), "valid_until": today + timedelta(days=days)}
        made = authority("POST", "/v1/permits", stated | {name: str(day) for name, day in dates.items()})
        assert (made.status_code, made.json()["status"]) == (201, status), made.text
    found = heard(authority, "permit.expiring,permit.expired", 2)
    assert {(event["type"], event["data"]["status"]) for event in found} == {
        ("permit.expiring", "issued"), ("permit.expired", "expired"),
    }  # fmt: skip
