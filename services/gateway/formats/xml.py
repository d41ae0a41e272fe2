"""XML read safely: no DOCTYPE, no entities, no network, UTF-8 only, limited in depth; elements by their local names.

The parser alone is no fence: hardened, it still swallows a DOCTYPE in silence. So the prolog is looked at before
anything is parsed, and what came of it once more after.
"""

import re

from lxml import etree

from shared.problems import Invalid

DEEPEST = 32
OURS = "urn:wco:datamodel:"
"""How the namespaces of the WCO Data Model begin, whatever their version; elements of no namespace are taken too."""
_BEFORE_ROOT = re.compile(rb"(?>\s+|<\?.*?\?>|<!--.*?-->)*+", re.DOTALL)
_ENCODING = re.compile(rb"<\?xml\s[^>]*?encoding\s*=\s*[\"']([^\"']*)[\"']")


class Element:
    """One element: its own text, its attributes, what is in it, by local names."""

    __slots__ = ("attributes", "inner", "name", "text")

    def __init__(self, name: str, text: str | None, attributes: dict[str, str]) -> None:
        self.name = name
        self.text = text.strip() if text else ""
        self.attributes = attributes
        self.inner: dict[str, list[Element]] = {}

    def all(self, name: str) -> "list[Element]":
        """Answer the elements of this name directly inside."""
        return self.inner.get(name, [])

    def one(self, name: str) -> "Element | None":
        """Answer the only element of this name directly inside; raises Invalid when there are more."""
        found = self.inner.get(name)
        if found is None:
            return None
        if len(found) > 1:
            raise Invalid("malformed-xml", f"{self.name} has {name} {len(found)} times; it can be there once.")
        return found[0]

    def at(self, *path: str) -> "Element | None":
        """Answer the only element at a path of names."""
        here: Element | None = self
        for name in path:
            here = here.one(name) if here is not None else None
        return here

    def said(self, *path: str) -> str | None:
        """Answer the text at a path of names; None when it is not there or blank."""
        found = self.at(*path)
        return found.text or None if found is not None else None


def parse_xml(body: bytes) -> Element:
    """Parse XML that came from outside; raises Invalid (malformed-xml, doctype-not-allowed) with what to do."""
    _demand_utf8(body)
    start = _BEFORE_ROOT.match(body, 3 if body.startswith(b"\xef\xbb\xbf") else 0)
    if start is not None and body[start.end() : start.end() + 9].upper() == b"<!DOCTYPE":
        raise _doctype()
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Invalid("malformed-xml", f"The body is not well-formed XML: {str(error)[:300]}.") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise _doctype()
    return _element(root, 1)


def _demand_utf8(body: bytes) -> None:
    declared = _ENCODING.match(body.removeprefix(b"\xef\xbb\xbf").lstrip()[:200])
    try:
        if declared is not None and declared[1].lower() not in {b"utf-8", b"utf8", b"us-ascii"}:
            raise ValueError("it declares another")
        if b"\x00" in body:
            raise ValueError("it holds NUL")
        body.decode("utf-8")
    except ValueError:
        raise Invalid("malformed-xml", "The body must be XML in UTF-8, and say no other encoding.") from None


def _doctype() -> Invalid:
    return Invalid("doctype-not-allowed", "A DOCTYPE and its entities are not read here. Send the message without.")


def _element(found: "etree._Element", level: int) -> Element:
    if level > DEEPEST:
        raise Invalid("malformed-xml", f"The body is nested deeper than {DEEPEST} levels.")
    made = Element(
        _local(found.tag), found.text, {str(k): str(v) for k, v in found.attrib.items()} if found.attrib else {}
    )
    inner = made.inner
    for child in found:
        one = _element(child, level + 1)
        inner.setdefault(one.name, []).append(one)
    return made


def _local(tag: object) -> str:
    """Answer an element's name without its namespace; what is of no namespace of ours is not taken for ours."""
    if not isinstance(tag, str):
        raise Invalid("malformed-xml", "Entity references are not read here.")
    if not tag.startswith("{"):
        return tag
    namespace, _, name = tag[1:].partition("}")
    if not namespace.startswith(OURS):
        text = f"Element {name[:60]} is of the namespace {namespace[:100]}; only those of {OURS}… are read here."
        raise Invalid("malformed-xml", text)
    return name
