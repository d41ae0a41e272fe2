"""The OpenAPI document has all that a partner needs: bodies, responses, problems and security."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from services.gateway.api.routes import ROUTES
from services.gateway.api.routing.problems import list_problem_codes
from services.gateway.api.routing.tags import TAGS
from services.gateway.formats import wco_declaration
from shared.contracts.closed_sets import Role
from shared.contracts.declaration import Declaration
from shared.contracts.parties import Party
from shared.contracts.problems.catalogue import PROBLEM_CODES
from shared.database import new_id
from shared.strict_json import validate
from tests.gateway.conftest import RunningGateway
from tests.openapi_responses import DocumentedResponses

MEDIA_TYPES_WITH_EXAMPLES = {"application/json"}


async def _read_document(hub: RunningGateway) -> dict[str, Any]:
    found: dict[str, Any] = (await hub.http.get("/openapi.json")).json()
    return found


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in document["paths"].values():
        yield from path.values()


async def test_operation_has_the_parameters_roles_and_problems_of_its_route(
    alone: RunningGateway, subtests: pytest.Subtests
) -> None:
    document = await _read_document(alone)
    for route in ROUTES:
        operation = document["paths"][route.path][route.method.lower()]
        parameters = {(one["in"], one["name"], one["required"]) for one in operation.get("parameters", ())}
        with subtests.test(route.operation_id):
            assert parameters == {
                *(("path", part[1:-1], True) for part in route.path.split("/") if part.startswith("{")),
                *(("query", one.name, one.required) for one in route.query),
                *(("header", one.name, one.required) for one in route.headers),
            }
            if route.permission is None:
                assert operation["security"] == [] and "x-roles" not in operation
            else:
                assert "security" not in operation and operation["x-roles"] == sorted(route.permission)
                assert {"401", "403"} <= operation["responses"].keys()


async def test_examples_of_a_route_are_shown_with_its_bodies(alone: RunningGateway, subtests: pytest.Subtests) -> None:
    document = await _read_document(alone)
    for route in ROUTES:
        operation = document["paths"][route.path][route.method.lower()]
        shown = list(operation.get("requestBody", {}).get("content", {}).values())
        answered = operation["responses"][str(route.responses[0].status)].get("content", {})
        with subtests.test(route.operation_id):
            assert [one.get("example") for one in shown[:1]] == [route.example.request][: len(shown)]
            assert [one.get("example") for one in answered.values()][:1] == [route.example.response][: len(answered)]


async def test_document_has_server_license_and_described_tags(alone: RunningGateway) -> None:
    document = await _read_document(alone)
    assert document["servers"] == [{"url": "/"}]
    assert document["info"]["license"]["identifier"] == "Apache-2.0"
    declared = {tag["name"]: tag["description"] for tag in document["tags"]}
    assert list(declared) == [tag.name for tag in TAGS]
    assert all(description.endswith(".") for description in declared.values())
    webhooks = (webhook["post"] for webhook in document["webhooks"].values())
    assert {tag for operation in (*_operations(document), *webhooks) for tag in operation["tags"]} == declared.keys()


async def test_webhook_has_an_operation_id_of_its_event_type(alone: RunningGateway) -> None:
    webhooks = (await _read_document(alone))["webhooks"]
    assert webhooks["declaration.accepted"]["post"]["operationId"] == "on_declaration_accepted"
    ids = [webhook["post"]["operationId"] for webhook in webhooks.values()]
    assert len(set(ids)) == len(ids)


async def test_error_response_is_described_as_a_problem(alone: RunningGateway, subtests: pytest.Subtests) -> None:
    for operation in _operations(await _read_document(alone)):
        for status, response in operation["responses"].items():
            if status >= "400" and operation["operationId"] != "create_token":
                with subtests.test(operation["operationId"], status=status):
                    assert list(response["content"]) == ["application/problem+json"]


async def test_xml_example_states_the_same_as_the_json_example(alone: RunningGateway) -> None:
    by = Party(id=new_id(), name="B SARL", country="FR", roles=(Role.TRADER,), identifiers={"EORI": "FR99988877700011"})
    for name in ("lodge_declaration", "amend_declaration", "validate_declaration"):
        [shown] = [one for one in _operations(await _read_document(alone)) if one["operationId"] == name]
        content = shown["requestBody"]["content"]
        stated = wco_declaration.parse(content["application/xml"]["example"].encode(), by)[0]
        other = validate(Declaration, content["application/json"]["example"])
        assert (stated.reference, stated.importer, stated.items[0].quantity) == (
            other.reference,
            other.importer,
            other.items[0].quantity,
        )


async def test_success_response_has_a_schema_that_its_example_matches(
    alone: RunningGateway, subtests: pytest.Subtests
) -> None:
    document = await _read_document(alone)
    responses = DocumentedResponses(document)
    for operation in _operations(document):
        for status, response in operation["responses"].items():
            with subtests.test(operation["operationId"], status=status):
                good = status < "300" and status != "204"
                assert response.get("content") or not good
                for media, body in response.get("content", {}).items() if good else ():
                    assert body.get("schema"), f"{operation['operationId']}: {media}"
                    if media in MEDIA_TYPES_WITH_EXAMPLES:
                        assert responses.schema_faults(body["schema"], body["example"]) == []


async def test_links_of_a_created_resource_lead_to_all_its_operations(alone: RunningGateway) -> None:
    document = await _read_document(alone)
    paths = {one["operationId"]: path for path, item in document["paths"].items() for one in item.values()}
    linked: dict[str, set[str]] = {}
    for operation in _operations(document):
        for response in operation["responses"].values():
            for link in response.get("links", {}).values():
                named = {part[1:-1] for part in paths[link["operationId"]].split("/") if part.startswith("{")}
                assert link["parameters"].keys() == named
                linked.setdefault(operation["operationId"], set()).add(link["operationId"])
    assert linked["lodge_declaration"] >= {"read_declaration", "release_declaration", "read_declaration_receipt"}
    assert linked["create_permit"] >= {"endorse_permit", "read_permit_ledger", "revoke_permit"}
    assert linked["apply_for_permit"] >= {"grant_application"}
    reachable = set().union(*linked.values())
    assert {name for name, path in paths.items() if "{id}" in path} <= reachable


async def test_xml_body_has_the_schema_of_a_text(alone: RunningGateway) -> None:
    for operation in _operations(await _read_document(alone)):
        for bodies in (operation.get("requestBody", {}), *operation["responses"].values()):
            for media, body in bodies.get("content", {}).items():
                assert "xml" not in media or body["schema"]["type"] == "string"


async def test_problem_of_an_operation_has_its_status_and_description(alone: RunningGateway) -> None:
    document = await _read_document(alone)
    examples = document["components"]["examples"]
    assert examples.keys() == {code for route in ROUTES for code in list_problem_codes(route)}
    for operation in _operations(document):
        for status, response in operation["responses"].items():
            for code, shown in (
                response.get("content", {}).get("application/problem+json", {}).get("examples", {}).items()
            ):
                assert shown == {"$ref": f"#/components/examples/{code}"}
                assert PROBLEM_CODES[code].status == int(status) == examples[code]["value"]["status"]
                assert code in response["description"]


async def test_schema_references_lead_to_components(alone: RunningGateway) -> None:
    document = await _read_document(alone)
    schemas = document["components"]["schemas"]
    components = {
        f"#/components/{kind}/{name}" for kind in ("schemas", "examples") for name in document["components"][kind]
    }
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
    assert references <= components
    assert {"Declaration", "Permit", "NewEndpoint", "NewParty", "Problem"} <= schemas.keys()
    assert schemas["Declaration"]["additionalProperties"] is False
    assert "repairs" not in schemas["Declaration"]["properties"]


async def test_component_names_are_plain_and_unique(alone: RunningGateway) -> None:
    schemas = (await _read_document(alone))["components"]["schemas"]
    assert [name for name in schemas if not re.fullmatch(r"[A-Z][A-Za-z]+", name)] == []
    assert {
        "Declaration",
        "DeclarationView",
        "HistoryEntry",
        "Item",
        "ItemView",
        "DeclarationAccepted",
    } <= schemas.keys()
    assert "string" in str(schemas["ItemView"]["properties"]["quantity"])
    assert "number" not in str(schemas["ItemView"]["properties"]["quantity"])
    assert schemas["Item"]["additionalProperties"] is False, "requests refuse unknown fields"
    assert "additionalProperties" not in schemas["ItemView"], "responses may get more fields"


async def test_component_and_each_of_its_fields_have_a_description(alone: RunningGateway) -> None:
    schemas = (await _read_document(alone))["components"]["schemas"]
    assert [name for name, schema in schemas.items() if not schema.get("description")] == []
    undescribed = [
        f"{name}.{field}"
        for name, schema in schemas.items()
        for field, part in schema.get("properties", {}).items()
        if not {"description", "$ref"} & part.keys()
    ]
    assert undescribed == []


async def test_parameters_of_an_operation_have_descriptions(alone: RunningGateway) -> None:
    undescribed = [
        f"{operation['operationId']}.{parameter['name']}"
        for operation in _operations(await _read_document(alone))
        for parameter in operation.get("parameters", ())
        if not parameter.get("description")
    ]
    assert undescribed == []


async def test_request_field_with_a_default_is_optional(alone: RunningGateway) -> None:
    schemas = (await _read_document(alone))["components"]["schemas"]
    demanded = {
        (name, field)
        for name, schema in schemas.items()
        if schema.get("additionalProperties") is False
        for field in schema.get("required", ())
        if "default" in schema["properties"][field]
    }
    assert not demanded


async def test_security_schemes_are_described(alone: RunningGateway) -> None:
    document = await _read_document(alone)
    schemes = document["components"]["securitySchemes"]
    assert schemes["oauth2"]["flows"]["clientCredentials"]["tokenUrl"] == "/oauth2/token"
    assert schemes["bearer"]["scheme"] == "bearer"
    lodge = document["paths"]["/v1/declarations"]["post"]
    assert {"200", "202", "400", "401", "403", "409", "413", "415", "422", "503"} <= lodge["responses"].keys()
    assert lodge["requestBody"]["content"]["application/json"]["schema"]["$ref"].endswith("/Declaration")
    [key] = [parameter for parameter in lodge["parameters"] if parameter["name"] == "Idempotency-Key"]
    assert key["required"] is True


async def test_pages_for_people_are_served_without_external_assets(alone: RunningGateway) -> None:
    root = await alone.http.get("/", follow_redirects=False)
    assert (root.status_code, root.headers["location"]) == (307, "/docs"), "the root redirects to it"
    page = await alone.http.get("/docs")
    assert page.status_code == 200
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assets = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(assets) >= 3
    for place in assets:
        assert place.startswith(("/docs/assets/", "data:")), "no asset of another server"
        if place.startswith("/"):
            asset = await alone.http.get(place)
            assert asset.status_code == 200 and asset.content, place
    assert "<script>" not in page.text and "style=" not in page.text


async def test_unknown_path_or_method_is_a_problem_document(alone: RunningGateway) -> None:
    missing = await alone.http.get("/v1/nothing")
    wrong = await alone.http.delete("/v1/declarations")
    assert [(a.status_code, a.json()["code"]) for a in (missing, wrong)] == [
        (404, "not-found"),
        (405, "method-not-allowed"),
    ]


async def test_unknown_method_is_405_with_the_allowed_methods(alone: RunningGateway) -> None:
    known = {
        "/v1/declarations": "GET, HEAD, POST",
        f"/v1/declarations/{new_id()}": "GET, HEAD, PUT",
        f"/v1/declarations/{new_id()}/release": "POST",
        "/v1/reference/rules": "GET, HEAD",
    }
    for path, methods in known.items():
        response = await alone.http.request("LOCK", path)
        assert (response.status_code, response.headers["allow"]) == (405, methods), path
        assert methods in response.json()["detail"]
