"""The examples of docs/client.md run unchanged, in their order, against a real hub."""

import json
import re
from pathlib import Path
from typing import Any

import httpx2

from saola_client import Hub
from tests.hub import RunningHub
from tests.journeys.hub_parties import PartyAccess, declaration

PAGE = Path(__file__).parents[2] / "docs" / "client.md"


def test_client_guide_run_in_order_does_what_it_says(tried_hub: RunningHub) -> None:
    here = PartyAccess("", {}, "FR-CLIENT-PAGE")
    with tried_hub.admin() as admin:
        party = {"name": "B", "country": "FR", "roles": ["trader"], "identifiers": {"EORI": here.number}}
        names: dict[str, Any] = {
            "admin": admin,
            "url": tried_hub.url,
            "party_id": admin.create_party(party)["id"],
            "declaration": declaration(PartyAccess("", {}, "ZA-1"), here, "ZA-0"),
            "many": [declaration(PartyAccess("", {}, "ZA-1"), here, "ZA-0"), {"reference": 1}],
            "keys": httpx2.get(f"{tried_hub.url}/.well-known/jwks.json").json(),
            "secret": "whsec_" + "c2VjcmV0" * 4,
        }
        blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
        for number, block in enumerate(blocks, start=1):
            exec(compile(block, f"docs/client.md, example {number}", "exec"), names)
        hub: Hub = names["hub"]
        assert len(blocks) == 7 and names["bookmark"] is not None
        assert {found["reference"] for found in hub.list_declarations()} >= {names["declaration"]["reference"]}
        assert json.loads(hub.read_content(names["lodged"]["id"])) == names["declaration"]
        hub.close()
