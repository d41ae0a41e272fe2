"""A response as customs systems expect it: a WCO `Response` with function code, errors and pointers.

All responses about a declaration have this form: the receipt, the results of the check, and a refused request.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from lxml import etree

from services.gateway.formats.wco_pointers import wco_pointer

FUNCTION_CODES: dict[str, str] = {
    "accepted": "01",
    "received": "02",
    "rejected": "03",
    "refused": "03",
    "referred": "05",
    "released": "08",
    "cancelled": "10",
}
"""Status → function code: accepted, registered, rejected, under control, goods released, cancelled."""
REJECTED_CODE = "03"
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot carry (section 2.2). Stored content may be older than the rule that refuses them."""
DATE_ELEMENTS = {"accepted": "AcceptanceDateTime", "rejected": "RejectionDateTime", "cancelled": "CancellationDateTime"}
"""Status → the element of the declaration that has its date."""


def render(content: Mapping[str, Any], *, status: int, at: datetime) -> bytes:
    """Return a JSON response as a WCO Response. `at` is the issue time if the response has none of its own."""
    message = etree.Element("MetaData")
    _add_texts(message, {"WCODataModelVersionCode": "3.6", "WCOTypeName": "RES"})
    for empty in ("ResponsibleCountryCode", "ResponsibleAgencyName", "AgencyAssignedCustomizationCode"):
        etree.SubElement(message, empty)
    response = etree.SubElement(message, "Response")
    reference_id = content.get("id") or content.get("request_id") or ""
    issued_at = _issue_time(content, at)
    _add_texts(
        response,
        {"FunctionCode": _function_code(content, status), "FunctionalReferenceID": str(reference_id).replace("-", "")},
    )
    _add_time(response, "IssueDateTime", issued_at)
    findings = list(content.get("findings") or ())
    for finding in findings:
        if finding["severity"] == "note" or finding.get("overridden"):
            _add_information(response, finding["rule"], _finding_text(finding))
    if content.get("status") == "refused":
        _add_information(response, "refused", _reason(content))
    for finding in findings:
        if finding["severity"] != "note" and not finding.get("overridden"):
            _add_error(response, finding["rule"], _finding_text(finding), finding["pointer"])
    for code, detail, pointer in _faults(content, status):
        _add_error(response, code, detail, pointer)
    if "reference" in content:
        _add_declaration(response, content, issued_at)
    return etree.tostring(message, xml_declaration=True, encoding="UTF-8")


def _finding_text(finding: Mapping[str, Any]) -> str:
    """Return the message of a finding, and the remedy for the reader of the response if there is one."""
    return " ".join(filter(None, (finding["message"], finding.get("remedy"))))


def _function_code(content: Mapping[str, Any], status: int) -> str:
    if status >= 400:
        return REJECTED_CODE
    return FUNCTION_CODES.get(
        str(content.get("status")), FUNCTION_CODES["accepted"] if content.get("valid") else REJECTED_CODE
    )


def _faults(content: Mapping[str, Any], status: int) -> Iterable[tuple[str, str, str]]:
    """Return each place at fault, or the problem itself if it names no place."""
    faults = [(fault["code"], fault["detail"], fault["pointer"]) for fault in content.get("errors") or ()]
    return faults or ([(content["code"], content["detail"], "")] if status >= 400 else [])


def _issue_time(content: Mapping[str, Any], at: datetime) -> datetime:
    history = content.get("history") or ()
    written = history[-1]["at"] if history else content.get("received_at")
    return datetime.fromisoformat(written) if written else at


def _reason(content: Mapping[str, Any]) -> str:
    history: Any = content.get("history") or ({},)
    return str(history[-1].get("reason") or "Customs refused the goods.")


def _add_declaration(response: Any, content: Mapping[str, Any], at: datetime) -> None:
    declaration = etree.SubElement(response, "Declaration")
    name = DATE_ELEMENTS.get(str(content.get("status")))
    if name == "AcceptanceDateTime":
        _add_time(declaration, name, at)
    if name == "CancellationDateTime":
        _add_time(declaration, name, at)
    _add_texts(declaration, {"FunctionalReferenceID": content["reference"], "ID": content.get("id")})
    if name == "RejectionDateTime":
        _add_time(declaration, name, at)
    _add_texts(declaration, {"VersionID": str(content.get("version", 1))})


def _add_error(response: Any, code: str, detail: str, pointer: str) -> None:
    error = etree.SubElement(response, "Error")
    _add_texts(error, {"Description": detail, "ValidationCode": code})
    for section, number, tag in wco_pointer(pointer):
        step = etree.SubElement(error, "Pointer")
        sequence = str(number) if number is not None else None
        _add_texts(step, {"SequenceNumeric": sequence, "DocumentSectionCode": section, "TagID": tag})


def _add_information(response: Any, code: str, text: str) -> None:
    information = etree.SubElement(response, "AdditionalInformation")
    _add_texts(information, {"StatementCode": code, "StatementDescription": text})


def _add_time(parent: Any, name: str, moment: datetime) -> None:
    """Append a time in format 304: seconds and zone."""
    inner = etree.SubElement(etree.SubElement(parent, name), "DateTimeString", formatCode="304")
    inner.text = moment.astimezone(UTC).strftime("%Y%m%d%H%M%SZ")


def _add_texts(parent: Any, texts: Mapping[str, str | None]) -> None:
    for name, text in texts.items():
        if text is not None:
            etree.SubElement(parent, name).text = _NOT_IN_XML.sub("\ufffd", text)
