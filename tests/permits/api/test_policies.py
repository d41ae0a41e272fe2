"""Policies of countries: switches are off by default, a change needs the current version and is recorded."""

from sqlalchemy import text

from tests.permits.internal_client import ADMIN, InternalClient
from tests.permits.sample_data import B

FR = "/v1/policies/FR"


async def test_policy_switches_are_off_by_default(internal_client: InternalClient) -> None:
    found = await internal_client("GET", FR, B)
    assert found.json() == {
        "country": "FR",
        "version": 0,
        **dict.fromkeys(found.json().keys() - {"country", "version"}, False),
        "reservation_days": None,
        "transit_days": None,
        "customs_of_members": [],
    }
    assert (found.json()["import_permit_for_appendix_ii"], found.headers["etag"]) == (False, '"0"')


async def test_policy_change_requires_the_current_version_and_is_recorded(internal_client: InternalClient) -> None:
    stated = {"import_permit_for_appendix_ii": True}
    changed = await internal_client("PUT", FR, ADMIN, json=stated, headers={"If-Match": '"0"'})
    assert (changed.status_code, changed.json()["version"], changed.headers["etag"]) == (200, 1, '"1"')
    assert (await internal_client("GET", FR, B)).json()["import_permit_for_appendix_ii"] is True
    assert (await internal_client("GET", "/v1/policies/DE", B)).json()["version"] == 0
    stale = await internal_client("PUT", FR, ADMIN, json={}, headers={"If-Match": '"0"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "version-stale")
    blind = await internal_client("PUT", FR, ADMIN, json={})
    assert (blind.status_code, blind.json()["code"]) == (428, "version-missing")
    await internal_client("PUT", FR, ADMIN, json={}, headers={"If-Match": '"1"'})
    async with internal_client.app.state.context.engine.connect() as conn:
        rows = (
            await conn.execute(text("SELECT version, policy, actor_party_id FROM policy_history ORDER BY id"))
        ).all()
    assert [(row.version, row.policy["import_permit_for_appendix_ii"]) for row in rows] == [(1, True), (2, False)]
    assert {row.actor_party_id for row in rows} == {ADMIN.id}


async def test_policy_of_an_unknown_country_or_switch_is_refused(internal_client: InternalClient) -> None:
    assert (await internal_client("GET", "/v1/policies/ZQ", B)).status_code == 404
    unknown = await internal_client("PUT", FR, ADMIN, json={"everything": True}, headers={"If-Match": "*"})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "invalid-body")
