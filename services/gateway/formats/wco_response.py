"""An answer as customs systems write it: a WCO `Response`, by its function code, its errors and their pointers.

One writing for all answers about a declaration: what is received, what the checks found, a refusal of what was sent.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from lxml import etree

from services.gateway.formats.wco_pointers import chain_of

FUNCTIONS: dict[str, str] = {
    "accepted": "01",
    "received": "02",
    "rejected": "03",
    "refused": "03",
    "referred": "05",
    "released": "08",
    "cancelled": "10",
}
"""Status → what a notification of it is: accepted, registered, rejected, under control, goods released, cancelled."""
REFUSED = "03"
MOMENTS = {"accepted": "AcceptanceDateTime", "rejected": "RejectionDateTime", "cancelled": "CancellationDateTime"}
"""Status → the element of the declaration that says when."""


def write(said: Mapping[str, Any], *, status: int, at: datetime) -> bytes:
    """Write what an answer says in JSON as a Response; `at` is for answers that name no moment of their own."""
    message = etree.Element("MetaData")
    _texts(message, {"WCODataModelVersionCode": "3.6", "WCOTypeName": "RES"})
    for empty in ("ResponsibleCountryCode", "ResponsibleAgencyName", "AgencyAssignedCustomizationCode"):
        etree.SubElement(message, empty)
    response = etree.SubElement(message, "Response")
    about = said.get("id") or said.get("request_id") or ""
    moment = _moment(said, at)
    _texts(response, {"FunctionCode": _function(said, status), "FunctionalReferenceID": str(about).replace("-", "")})
    _time(response, "IssueDateTime", moment)
    findings = list(said.get("findings") or ())
    for finding in findings:
        if finding["severity"] == "note" or finding.get("overridden"):
            _note(response, finding["rule"], finding["message"])
    if said.get("status") == "refused":
        _note(response, "refused", _reason(said))
    for finding in findings:
        if finding["severity"] != "note" and not finding.get("overridden"):
            _error(response, finding["rule"], finding["message"], finding["pointer"])
    for code, detail, pointer in _faults(said, status):
        _error(response, code, detail, pointer)
    if "reference" in said:
        _declaration(response, said, moment)
    return etree.tostring(message, xml_declaration=True, encoding="UTF-8")


def _function(said: Mapping[str, Any], status: int) -> str:
    if status >= 400:
        return REFUSED
    return FUNCTIONS.get(str(said.get("status")), FUNCTIONS["accepted"] if said.get("valid") else REFUSED)


def _faults(said: Mapping[str, Any], status: int) -> Iterable[tuple[str, str, str]]:
    """Answer what is wrong with what was sent: each place, or the refusal itself where it names none."""
    faults = [(fault["code"], fault["detail"], fault["pointer"]) for fault in said.get("errors") or ()]
    return faults or ([(said["code"], said["detail"], "")] if status >= 400 else [])


def _moment(said: Mapping[str, Any], at: datetime) -> datetime:
    history = said.get("history") or ()
    told = history[-1]["at"] if history else said.get("received_at")
    return datetime.fromisoformat(told) if told else at


def _reason(said: Mapping[str, Any]) -> str:
    history: Any = said.get("history") or ({},)
    return str(history[-1].get("reason") or "Customs refused the goods.")


def _declaration(response: Any, said: Mapping[str, Any], at: datetime) -> None:
    declaration = etree.SubElement(response, "Declaration")
    name = MOMENTS.get(str(said.get("status")))
    if name == "AcceptanceDateTime":
        _time(declaration, name, at)
    if name == "CancellationDateTime":
        _time(declaration, name, at)
    _texts(declaration, {"FunctionalReferenceID": said["reference"], "ID": said.get("id")})
    if name == "RejectionDateTime":
        _time(declaration, name, at)
    _texts(declaration, {"VersionID": str(said.get("version", 1))})


def _error(response: Any, code: str, detail: str, pointer: str) -> None:
    error = etree.SubElement(response, "Error")
    _texts(error, {"Description": detail, "ValidationCode": code})
    for section, number, tag in chain_of(pointer):
        step = etree.SubElement(error, "Pointer")
        sequence = str(number) if number is not None else None
        _texts(step, {"SequenceNumeric": sequence, "DocumentSectionCode": section, "TagID": tag})


def _note(response: Any, code: str, text: str) -> None:
    told = etree.SubElement(response, "AdditionalInformation")
    _texts(told, {"StatementCode": code, "StatementDescription": text})


def _time(parent: Any, name: str, moment: datetime) -> None:
    """Write a time in format 304: seconds and zone."""
    inner = etree.SubElement(etree.SubElement(parent, name), "DateTimeString", formatCode="304")
    inner.text = moment.astimezone(UTC).strftime("%Y%m%d%H%M%SZ")


def _texts(parent: Any, texts: Mapping[str, str | None]) -> None:
    for name, text in texts.items():
        if text is not None:
            etree.SubElement(parent, name).text = "".join(c for c in text if c >= " " or c in "\t\n")
