"""Examples about declarations: the import of 100 crocodile skins, from lodging to correction."""

from typing import Any

from services.gateway.api.parties.examples import MOMENT, PARTY_ID
from services.gateway.api.routing.route import Example

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
LODGE_DECLARATION = Example(
    request=DECLARATION_CONTENT, response=LODGED, request_xml=DECLARATION_XML, checked_response=ACCEPTED
)
READ_DECLARATION = Example(response=ACCEPTED)
SUMMARY = {name: value for name, value in ACCEPTED.items() if name not in {"items", "findings", "usage", "history"}} | {
    "item_count": 1,
    "taxa": ["Crocodylus niloticus"],
    "finding_counts": {"block": 0, "refer": 0, "note": 0},
    "findings_omitted": 0,
}
LIST_DECLARATIONS = Example(response={"data": [SUMMARY], "next_cursor": None})
VALIDATE_DECLARATION = Example(
    request=DECLARATION_CONTENT,
    response={"valid": True, "status": "accepted", "findings": [], "errors": []},
    request_xml=DECLARATION_XML,
)
READ_DECLARATION_CONTENT = Example(response=DECLARATION_CONTENT)
READ_DECLARATION_RECEIPT = Example(response="eyJhbGciOiJFZDI1NTE5Iiwi….eyJkaWdlc3QiOiJzaGEtMjU2PTpSSy8w….MEUCIQDs…")
AMEND_DECLARATION = Example(
    request=DECLARATION_CONTENT, response=ACCEPTED | {"version": 2}, request_xml=DECLARATION_XML
)
CANCEL_DECLARATION = Example(
    request={"reason": "The shipment does not leave"}, response=_after_transition("cancelled", "trader")
)
RELEASE_DECLARATION = Example(request={"items": [{"number": 1, "quantity": "100"}]}, response=RELEASED)
REFUSE_DECLARATION = Example(
    request={"reason": "Marks do not agree with the permit"}, response=_after_transition("refused", "customs")
)
OVERRIDE_FINDING = Example(
    request={"rule": "HUB-NOT-ENDORSED", "item": 1, "reason": "Seen on the paper"}, response=ACCEPTED
)
CORRECT_DECLARATION = Example(
    request={"items": [{"number": 1, "quantity": "98"}], "reason": "Two skins were counted twice"}, response=RELEASED
)
GIVE_CONSENT = Example(request={"item": 1, "quantity": "105", "reason": "Agreed by letter"}, response=ACCEPTED)
