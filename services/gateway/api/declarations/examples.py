"""Examples about declarations: the import of 100 crocodile skins, from lodging to correction."""

import json
from typing import Any

from services.gateway.api.descriptions.example import Example
from services.gateway.api.parties.examples import MOMENT, PARTY_ID

DECLARATION_ID = "0190c0de-0000-7000-8000-00000000dec1"
PERMIT_ID = "0190c0de-0000-7000-8000-000000000123"
DIGEST = "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"
EXPORTER = {"name": "A (Pty) Ltd", "country": "ZA", "identifier": "ZA1234567"}
IMPORTER = {"name": "B SARL", "country": "FR", "identifier": "FR99988877700011"}
DECLARATION_CONTENT: dict[str, Any] = {
    "reference": "B-2026-0001",
    "movement": "import",
    "exporter": EXPORTER,
    "importer": IMPORTER,
    "export_country": "ZA",
    "import_country": "FR",
    "customs_office": "FR002300",
    "transport_document": "MAEU-123456",
    "items": [
        {
            "number": 1,
            "hs_code": "410320",
            "description": "Crocodile skins, salted",
            "taxon": "Crocodylus niloticus",
            "term": "SKI",
            "quantity": "100",
            "unit": "number",
            "source": "R",
            "purpose": "T",
            "origin_country": "ZA",
            "documents": [{"type": "C400", "number": "ZA-2026-000123", "issuer": "ZA", "line": "A", "use": "exhausts"}],
        }
    ],
}
DECLARATION_XML = """<Declaration xmlns="urn:wco:datamodel:WCO:DEC-DMS:2">
  <FunctionCode>9</FunctionCode>
  <FunctionalReferenceID>B-2026-0001</FunctionalReferenceID>
  <TypeCode>IMA</TypeCode>
  <Exporter><Name>A (Pty) Ltd</Name><Address><CountryCode>ZA</CountryCode></Address></Exporter>
  <GoodsShipment>
    <Destination><CountryCode>FR</CountryCode></Destination>
    <ExportCountry><ID>ZA</ID></ExportCountry>
    <GovernmentAgencyGoodsItem>
      <SequenceNumeric>1</SequenceNumeric>
      <AdditionalDocument>
        <CategoryCode>C</CategoryCode><ID>ZA-2026-000123</ID><TypeCode>400</TypeCode>
        <LPCOExemptionCode>AE</LPCOExemptionCode>
        <WriteOff><QuantityQuantity unitCode="NAR">100</QuantityQuantity></WriteOff>
      </AdditionalDocument>
      <Commodity><Description>Crocodile skins, salted</Description></Commodity>
    </GovernmentAgencyGoodsItem>
    <Importer><ID>FR99988877700011</ID></Importer>
  </GoodsShipment>
</Declaration>"""
LODGED = {
    "id": DECLARATION_ID,
    "reference": "B-2026-0001",
    "status": "received",
    "received_at": MOMENT,
    "digest": DIGEST,
    "links": {
        "self": f"/v1/declarations/{DECLARATION_ID}",
        "content": f"/v1/declarations/{DECLARATION_ID}/content",
        "receipt": f"/v1/declarations/{DECLARATION_ID}/receipt",
    },
}
PERMIT = {"id": PERMIT_ID, "issuer": "ZA", "number": "ZA-2026-000123"}
USAGE = {"item": 1, "permit": PERMIT, "line": "A", "reserved": "100", "consumed": "0", "unit": "number"}
RECEIVED = {
    "from": None,
    "to": "received",
    "at": MOMENT,
    "by": {"party": PARTY_ID, "role": "trader"},
    "reason": None,
}
CHECKED = {"from": "received", "to": "accepted", "at": MOMENT, "by": {"party": None, "role": "rules"}, "reason": None}
ACCEPTED: dict[str, Any] = DECLARATION_CONTENT | {
    "id": DECLARATION_ID,
    "version": 1,
    "status": "accepted",
    "lodged_by": PARTY_ID,
    "trader": PARTY_ID,
    "received_at": MOMENT,
    "digest": DIGEST,
    "findings": [],
    "usage": [USAGE],
    "history": [RECEIVED, CHECKED],
}


def _after_transition(status: str, role: str, **changes: Any) -> dict[str, Any]:
    transition = {
        "from": "accepted",
        "to": status,
        "at": MOMENT,
        "by": {"party": PARTY_ID, "role": role},
        "reason": None,
    }
    return ACCEPTED | {"status": status, "history": [RECEIVED, CHECKED, transition]} | changes


RELEASED = _after_transition("released", "customs", usage=[USAGE | {"reserved": "0", "consumed": "100"}])
EXAMPLES: dict[str, Example] = {
    "lodge_declaration": Example(DECLARATION_CONTENT, LODGED, DECLARATION_XML, ACCEPTED),
    "read_declaration": Example(response=ACCEPTED),
    "list_declarations": Example(response={"data": [ACCEPTED], "next_cursor": None}),
    "validate_declaration": Example(
        DECLARATION_CONTENT, {"valid": True, "status": "accepted", "findings": [], "errors": []}, DECLARATION_XML
    ),
    "lodge_declarations": Example(
        json.dumps(DECLARATION_CONTENT) + "\n", json.dumps({"line": 1, "status_code": 202, **LODGED}) + "\n"
    ),
    "read_content": Example(response=DECLARATION_CONTENT),
    "read_receipt": Example(response="eyJhbGciOiJFZDI1NTE5Iiwi….eyJkaWdlc3QiOiJzaGEtMjU2PTpSSy8w….MEUCIQDs…"),
    "replace_declaration": Example(DECLARATION_CONTENT, ACCEPTED | {"version": 2}, DECLARATION_XML),
    "cancel_declaration": Example({"reason": "The shipment does not leave"}, _after_transition("cancelled", "trader")),
    "release_declaration": Example({"items": [{"number": 1, "quantity": "100"}]}, RELEASED),
    "refuse_declaration": Example(
        {"reason": "Marks do not agree with the permit"}, _after_transition("refused", "customs")
    ),
    "override_finding": Example({"rule": "HUB-NOT-ENDORSED", "item": 1, "reason": "Seen on the paper"}, ACCEPTED),
    "correct_declaration": Example(
        {"items": [{"number": 1, "quantity": "98"}], "reason": "Two skins were counted twice"}, RELEASED
    ),
    "consent_to_more": Example({"item": 1, "quantity": "105", "reason": "Agreed by letter"}, ACCEPTED),
}
