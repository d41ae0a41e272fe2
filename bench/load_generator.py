"""A load generator, as a separate process: raw sockets, one request at a time on each connection.

`python -m bench.load_generator` reads one JSON line on stdin: the parameters of `Load`. It prints one JSON line: all
responses, the expected ones, the others by status, the seconds, and the 99th percentile of the time by status.
"""

import asyncio
import json
import secrets
import statistics
import sys
import time
from dataclasses import dataclass, field
from typing import Any

IDENTIFIER = "FR99988877700011"


def declaration_body(items: int, reference: str) -> bytes:
    """Build a valid import declaration of `items` items; with five items it has 1.8 kB."""
    lines = [
        {
            "number": number,
            "hs_code": "410320",
            "description": "Crocodile skins, salted",
            "taxon": "Crocodylus niloticus",
            "term": "SKI",
            "quantity": f"{10 + number}",
            "unit": "number",
            "source": "R",
            "purpose": "T",
            "origin_country": "ZA",
            "documents": [{"type": "C400", "number": "ZA-2026-000123", "issuer": "ZA", "line": "A", "use": "part"}],
        }
        for number in range(1, items + 1)
    ]
    return json.dumps(
        {
            "reference": reference,
            "movement": "import",
            "exporter": {"name": "A (Pty) Ltd", "country": "ZA", "identifier": "ZA1234567"},
            "importer": {"name": "B SARL", "country": "FR", "identifier": IDENTIFIER},
            "export_country": "ZA",
            "import_country": "FR",
            "customs_office": "FR002300",
            "transport_document": "MAEU-123456",
            "items": lines,
        }
    ).encode()


def customs_message(items: int, reference: str) -> bytes:
    """Build the same declaration as a customs message."""
    measure = "<GoodsMeasure><NetNetWeightMeasure>50</NetNetWeightMeasure></GoodsMeasure>"
    code = "<Classification><ID>41032000</ID><IdentificationTypeCode>TSP</IdentificationTypeCode></Classification>"
    goods = "".join(
        f"<GovernmentAgencyGoodsItem><SequenceNumeric>{number}</SequenceNumeric><AdditionalDocument>"
        "<CategoryCode>C</CategoryCode><ID>ZA-2026-000123</ID><TypeCode>400</TypeCode>"
        f'<LPCOExemptionCode>AP</LPCOExemptionCode><WriteOff><QuantityQuantity unitCode="NAR">{10 + number}'
        "</QuantityQuantity></WriteOff></AdditionalDocument>"
        f"<Commodity><Description>Crocodile skins, salted</Description>{code}{measure}</Commodity>"
        "<Origin><CountryCode>ZA</CountryCode><TypeCode>1</TypeCode></Origin></GovernmentAgencyGoodsItem>"
        for number in range(1, items + 1)
    )
    shipment = "<Destination><CountryCode>FR</CountryCode></Destination><ExportCountry><ID>ZA</ID></ExportCountry>"
    exporter = "<Exporter><Name>A (Pty) Ltd</Name><Address><CountryCode>ZA</CountryCode></Address></Exporter>"
    return (
        '<?xml version="1.0" encoding="UTF-8"?><md:MetaData '
        'xmlns:md="urn:wco:datamodel:WCO:DocumentMetaData-DMS:2" xmlns="urn:wco:datamodel:WCO:DEC-DMS:2">'
        "<md:WCOTypeName>DEC</md:WCOTypeName><Declaration><FunctionCode>9</FunctionCode>"
        f"<FunctionalReferenceID>{reference}</FunctionalReferenceID><TypeCode>IMA</TypeCode>{exporter}<GoodsShipment>"
        f"{shipment}{goods}<Importer><ID>{IDENTIFIER}</ID></Importer></GoodsShipment></Declaration></md:MetaData>"
    ).encode()


@dataclass
class Load:
    """The target and the rate of a load, and the counts of its responses."""

    host: str
    port: int
    path: str
    headers: dict[str, str]
    connections: int
    seconds: float
    items: int
    expect: int
    media: str = "application/json"
    rate: float = 0.0
    """Requests per second over all connections; 0: each connection sends the next one after a response."""
    responses: int = 0
    expected: int = 0
    others: dict[str, int] = field(default_factory=dict)
    took: dict[str, list[float]] = field(default_factory=dict)
    """Seconds from request to response, by status."""

    def request(self, run: str, number: int) -> bytes:
        """Build one complete request with a new reference and key."""
        body = self._body.replace(b"R-0", f"R-{run}-{number}".encode(), 1)
        return self._head + f"Idempotency-Key: {run}-{number}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body

    def __post_init__(self) -> None:
        self._body = (customs_message if self.media == "application/xml" else declaration_body)(self.items, "R-0")
        lines = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
        self._head = f"POST {self.path} HTTP/1.1\r\nHost: {self.host}\r\nContent-Type: {self.media}\r\n{lines}".encode()

    async def run(self) -> dict[str, Any]:
        """Send requests on all connections for `seconds`. Return the counts and times."""
        streams = []
        for first in range(0, self.connections, 100):
            numbers = range(first, min(first + 100, self.connections))
            streams += await asyncio.gather(*(asyncio.open_connection(self.host, self.port) for _ in numbers))
        began = time.perf_counter()
        deadline = began + self.seconds
        await asyncio.gather(*(self._run_connection(deadline, *stream) for stream in streams))
        took = time.perf_counter() - began
        p99 = {status: statistics.quantiles([*took, *took], n=100)[98] for status, took in self.took.items()}
        found = {"responses": self.responses, "expected": self.expected, "seconds": took}
        return found | {"others": self.others, "p99_seconds": p99}

    async def _run_connection(
        self, deadline: float, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        run, number = secrets.token_hex(6), 0
        due, step = time.perf_counter(), self.connections / self.rate if self.rate else 0.0
        while time.perf_counter() < deadline:
            number += 1
            due = max(due + step, time.perf_counter() - step)
            if step:
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
            began = time.perf_counter()
            writer.write(self.request(run, number))
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            await reader.readexactly(int(_header_value(head, b"content-length")))
            self._count(int(head[9:12]), time.perf_counter() - began)
            if wait := _header_value(head, b"retry-after"):
                await asyncio.sleep(min(float(wait), max(0.0, deadline - time.perf_counter())))
        writer.close()

    def _count(self, status: int, took: float) -> None:
        self.responses += 1
        self.took.setdefault(str(status), []).append(took)
        if status == self.expect:
            self.expected += 1
        else:
            self.others[str(status)] = self.others.get(str(status), 0) + 1


def _header_value(head: bytes, name: bytes) -> bytes:
    return head.partition(name + b":")[2].partition(b"\r\n")[0].strip()


def main() -> None:
    """Run the load whose parameters are on stdin."""
    import uvloop

    load = Load(**json.loads(sys.stdin.readline()))
    print(json.dumps(uvloop.run(load.run())))


if __name__ == "__main__":
    main()
