"""One shipment in JSON, in XML and in bulk gets one result. Receipts are verified without the hub."""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from saola_client import Problem
from services.cli.trial_parties import TrialParty, add_party
from tests.days import today
from tests.gateway.customs_messages import customs_message, document_xml, goods_item_xml
from tests.hub import RunningHub

XML = "application/xml"


@dataclass
class Trade:
    """An exporter in ZA, an importer in FR, and who writes and endorses permits."""

    authority: TrialParty
    customs: TrialParty
    exporter: TrialParty
    importer: TrialParty
    pair: dict[str, str]

    def permit(self, *lines: dict[str, Any]) -> dict[str, Any]:
        day = today()
        usual = {"taxon": "Crocodylus niloticus", "appendix": "II", "source": "R", "term": "SKI", "unit": "number"}
        made = [
            usual | {"line": letter, "quantity": "120"} | line
            for letter, line in zip("AB", lines or ({},), strict=False)
        ]
        permit = self.authority.hub.issue_permit(
            {
                "number": f"ZA-{secrets.token_hex(6)}",
                "kind": "export",
                "issuer": "ZA",
                "issued_on": (day - timedelta(days=2)).isoformat(),
                "valid_until": (day + timedelta(days=100)).isoformat(),
                "exporter": self.exporter.as_trader(),
                "importer": self.importer.as_trader(),
                "export_country": "ZA",
                "import_country": "FR",
                "purpose": "T",
                "lines": made,
            }
        )
        endorsed = [{"line": line["line"], "quantity": line["quantity"]} for line in made]
        return self.customs.hub.endorse(permit["id"], {"lines": endorsed})

    def message(self, permit: dict[str, Any], quantity: str = "100", **more: Any) -> bytes:
        exporter = f"<Name>{self.exporter.as_trader()['name']}</Name><Address><CountryCode>ZA</CountryCode></Address>"
        cited = goods_item_xml(document_xml(permit["number"], off=quantity, **more))
        return customs_message(
            secrets.token_hex(8), cited, importer=self.importer.as_trader()["identifier"], exporter=exporter
        )

    def declaration(self, permit: dict[str, Any], quantity: str = "100") -> dict[str, Any]:
        return {
            "reference": secrets.token_hex(8),
            "movement": "import",
            "exporter": {name: self.exporter.as_trader()[name] for name in ("name", "country")},
            "importer": self.importer.as_trader(),
            "export_country": "ZA",
            "import_country": "FR",
            "items": [
                {
                    "number": 1,
                    "quantity": quantity,
                    "unit": "number",
                    "origin_country": "ZA",
                    "documents": [{"number": permit["number"]}],
                }
            ],
        }


@pytest.fixture(scope="module")
def trade(hub: RunningHub) -> Iterator[Trade]:
    mark = secrets.token_hex(4).upper()
    with hub.admin() as admin:
        importer = add_party(admin, "B SARL", "FR", ["trader"], {"EORI": f"FR{mark}"})
        yield Trade(
            authority=add_party(admin, "Authority of ZA", "ZA", ["authority"]),
            customs=add_party(admin, "Customs of ZA", "ZA", ["customs"]),
            exporter=add_party(admin, "A (Pty) Ltd", "ZA", ["trader"], {"EORI": f"ZA{mark}"}),
            importer=importer,
            pair=admin.create_credential(importer.id),
        )


def _result(found: dict[str, Any]) -> dict[str, Any]:
    own = {"/importer/name", "/importer/country"}
    return {
        "status": found["status"],
        "findings": sorted(
            (f["rule"], f["severity"], f["pointer"]) for f in found["findings"] if f["pointer"] not in own
        ),
        "usage": [(u["line"], u["reserved"], u["unit"]) for u in found["usage"]],
        "goods": [
            {name: item.get(name) for name in ("taxon", "term", "source", "purpose", "quantity", "unit")}
            for item in found["items"]
        ],
    }


@pytest.mark.parametrize(
    ("lines", "quantity", "status"),
    [
        (({},), "100", "accepted"),
        (({},), "130", "rejected"),
        (({}, {"term": "SID"}), "100", "referred"),
    ],
)
def test_shipment_in_json_and_in_xml_gets_the_same_result(
    trade: Trade, lines: tuple[dict[str, Any], ...], quantity: str, status: str
) -> None:
    importer = trade.importer.hub
    one, other = trade.permit(*lines), trade.permit(*lines)
    by_json = importer.lodge(trade.declaration(one, quantity), wait=20)
    by_xml = importer.lodge_bytes(trade.message(other, quantity), XML, wait=20)
    assert by_xml["status"] == status
    assert _result(by_xml) | {"goods": []} == _result(by_json) | {"goods": []}
    assert [item["quantity"] for item in by_xml["items"]] == [item["quantity"] for item in by_json["items"]]


def test_validation_before_lodging_finds_the_same_in_both_formats(trade: Trade) -> None:
    importer = trade.importer.hub
    for quantity in ("100", "130"):
        for kind in (XML, "application/json"):
            permit = trade.permit()
            body = trade.message(permit, quantity)
            if kind != XML:
                body = json.dumps(trade.declaration(permit, quantity)).encode()
            told = importer.validate(body, kind)
            found = importer.lodge_bytes(body, kind, wait=20)
            assert told["findings"] == found["findings"]
            assert told["valid"] == (found["status"] != "rejected")
            again = importer.validate(body, kind)
            assert [error["code"] for error in again["errors"]] == ["reference-taken"]


def test_amendment_in_xml_keeps_its_bytes_and_has_a_receipt(trade: Trade) -> None:
    importer, permit = trade.importer.hub, trade.permit()
    first = trade.message(permit, "100")
    found = importer.lodge_bytes(first, XML, wait=20)
    second = first.replace(b">100<", b">90<")
    way = importer._transport
    headers = {"Content-Type": XML, "If-Match": '"1"', "Idempotency-Key": "amend"}
    path = f"/v1/declarations/{found['id']}"
    amended = [way.send("PUT", path, body=second, headers=headers) for _ in range(2)]
    assert [response.json()["version"] for response in amended] == [2, 2]
    assert amended[1].headers["idempotency-replayed"] == "true"
    assert amended[0].json()["digest"] != found["digest"]
    assert [u["reserved"] for u in amended[0].json()["usage"]] == ["90"]
    assert importer.read_content(found["id"]) == second
    assert way.send("GET", path + "/content", query=[("version", "1")]).content == first


def test_receipt_verified_without_the_hub_is_valid(trade: Trade, hub: RunningHub, tmp_path: Path) -> None:
    importer = trade.importer.hub
    body = trade.message(trade.permit())
    found = importer.lodge_bytes(body, XML)
    receipt, content, keys = tmp_path / "r.jws", tmp_path / "c.xml", tmp_path / "jwks.json"
    receipt.write_text(importer.read_receipt(found["id"]))
    content.write_bytes(importer.read_content(found["id"]))
    keys.write_bytes(importer._transport.send("GET", "/.well-known/jwks.json").content)
    output = _saola("verify-receipt", receipt, "--keys", keys, "--content", content, hub="http://127.0.0.1:9")
    assert output.returncode == 0, output.stderr
    assert found["id"] in output.stdout
    content.write_bytes(body + b" ")
    spoilt = _saola("verify-receipt", receipt, "--keys", keys, "--content", content, hub="http://127.0.0.1:9")
    assert (spoilt.returncode, "other bytes" in spoilt.stderr) == (1, True)


def test_customs_message_checked_by_the_command_line_has_findings(
    trade: Trade, hub: RunningHub, tmp_path: Path
) -> None:
    file = tmp_path / "declaration.xml"
    file.write_bytes(trade.message(trade.permit()))
    with _as_importer(trade):
        output = _saola("check", file, hub=hub.url)
    assert output.returncode == 0, output.stdout + output.stderr
    assert "would accept" in output.stdout


def test_load_interrupted_in_a_file_continues_at_the_first_open_line(
    trade: Trade, hub: RunningHub, tmp_path: Path
) -> None:
    permit = trade.permit({"quantity": "100000"})
    file = tmp_path / "many.ndjson"
    sent = [trade.declaration(permit, "1") for _ in range(1_200)]
    file.write_text("".join(json.dumps(one) + "\n" for one in sent))
    responses = file.with_name("many.ndjson.answers")
    with _as_importer(trade):
        assert _saola("load", file, hub=hub.url).returncode == 0
        whole = responses.read_bytes()
        assert whole.count(b"\n") == 1_200
        responses.write_bytes(whole[: len(whole) // 2])
        again = _saola("load", file, hub=hub.url)
    assert again.returncode == 0, again.stderr
    told = [json.loads(line) for line in responses.open("rb")]
    assert [one["line"] for one in told] == list(range(1, 1_201))
    assert [one["id"] for one in told] == [json.loads(line)["id"] for line in whole.splitlines()]


def test_load_of_permits_issues_each_line(trade: Trade) -> None:
    made = trade.permit()
    keep = ("kind", "issuer", "issued_on", "valid_until", "exporter", "importer", "export_country", "import_country")
    terms = {name: made[name] for name in (*keep, "purpose")}
    line = {
        name: made["lines"][0][name] for name in ("line", "taxon", "appendix", "source", "term", "quantity", "unit")
    }
    lines = [json.dumps(terms | {"number": f"{made['number']}-{n}", "lines": [line]}).encode() for n in range(250)]
    lines[3] = b"{}"
    told = list(trade.authority.hub.send_bulk("permits", lines))
    assert [one["status_code"] for one in told] == [201] * 3 + [422] + [201] * 246
    again = list(trade.authority.hub.send_bulk("permits", lines))
    assert [one.get("id") for one in again] == [one.get("id") for one in told]


def test_request_for_xml_with_a_problem_gets_a_problem_document(trade: Trade) -> None:
    with pytest.raises(Problem) as caught:
        trade.importer.hub.lodge_bytes(b"<!DOCTYPE a><a/>", XML)
    assert (caught.value.status, caught.value.code) == (400, "doctype-not-allowed")


@contextmanager
def _as_importer(trade: Trade) -> Iterator[None]:
    os.environ.update({f"SAOLA_{name.upper()}": trade.pair[name] for name in ("client_id", "client_secret")})
    try:
        yield
    finally:
        del os.environ["SAOLA_CLIENT_ID"], os.environ["SAOLA_CLIENT_SECRET"]


def _saola(*arguments: str | Path, hub: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "services.cli.main", *map(str, arguments), "--hub", hub],
        capture_output=True,
        text=True,
        timeout=120,
        stdin=subprocess.DEVNULL,
        env=dict(os.environ),
        check=False,
    )
