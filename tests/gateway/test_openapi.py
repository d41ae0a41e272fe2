"""OpenAPI says everything a partner needs: bodies, answers, problems, the way in."""

from typing import Any

from services.gateway.api.rights import OPEN, RIGHTS
from tests.gateway.conftest import Hub

METHODS = {"get", "post", "put", "patch", "delete"}
BODILESS = {"rotate_endpoint_secret", "test_endpoint", "retry_delivery", "give_credential"}


async def _document(hub: Hub) -> dict[str, Any]:
    found: dict[str, Any] = (await hub.http.get("/openapi.json")).json()
    return found


async def test_every_operation_is_described_once_and_whole(alone: Hub) -> None:
    document = await _document(alone)
    seen: list[str] = []
    for path, item in document["paths"].items():
        for method, operation in item.items():
            assert method in METHODS
            name = operation["operationId"]
            seen.append(name)
            assert operation["summary"] and operation["tags"], name
            named = {part[1:-1] for part in path.split("/") if part.startswith("{")}
            said = {parameter["name"] for parameter in operation.get("parameters", ()) if parameter["in"] == "path"}
            assert said == named, name
            if method in {"post", "put", "patch"} and name not in BODILESS:
                assert "requestBody" in operation, name
            if name in RIGHTS:
                assert operation["x-roles"] == sorted(RIGHTS[name])
                assert {"401", "403"} <= operation["responses"].keys(), name
            else:
                assert operation["security"] == []
    assert sorted(seen) == sorted(RIGHTS.keys() | OPEN)


async def test_every_reference_leads_somewhere(alone: Hub) -> None:
    document = await _document(alone)
    schemas = document["components"]["schemas"]
    references: set[str] = set()

    def gather(value: Any) -> None:
        if isinstance(value, dict):
            if isinstance(value.get("$ref"), str):
                references.add(value["$ref"])
            for inner in value.values():
                gather(inner)
        elif isinstance(value, list):
            for inner in value:
                gather(inner)

    gather(document)
    assert {reference.removeprefix("#/components/schemas/") for reference in references} <= schemas.keys()
    assert {"Declaration", "Permit", "NewEndpoint", "Party", "Problem"} <= schemas.keys()
    assert schemas["Declaration"]["additionalProperties"] is False


async def test_the_way_in_is_described(alone: Hub) -> None:
    document = await _document(alone)
    schemes = document["components"]["securitySchemes"]
    assert schemes["oauth2"]["flows"]["clientCredentials"]["tokenUrl"] == "/oauth2/token"
    assert schemes["bearer"]["scheme"] == "bearer"
    lodge = document["paths"]["/v1/declarations"]["post"]
    assert {"200", "202", "400", "401", "403", "409", "413", "415", "422", "503"} <= lodge["responses"].keys()
    assert lodge["requestBody"]["content"]["application/json"]["schema"]["$ref"].endswith("/Declaration")
    [key] = [parameter for parameter in lodge["parameters"] if parameter["name"] == "Idempotency-Key"]
    assert key["required"] is True


async def test_the_pages_for_people_are_there(alone: Hub) -> None:
    assert (await alone.http.get("/docs")).status_code == 200


async def test_what_is_not_there_is_a_problem_document(alone: Hub) -> None:
    missing = await alone.http.get("/v1/nothing")
    wrong = await alone.http.delete("/v1/declarations")
    assert [(a.status_code, a.json()["code"]) for a in (missing, wrong)] == [
        (404, "not-found"),
        (405, "method-not-allowed"),
    ]
