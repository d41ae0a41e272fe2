"""A safe XML parser: no DOCTYPE, no entities, no network, UTF-8 only, limited depth; elements by their local names.

The parser settings alone are not enough: lxml accepts a DOCTYPE silently. So the prolog is checked before the parse,
and the result after it.
"""

import re

from lxml import etree

from shared.limits import Limit, LimitSubject
from shared.problems import Invalid

MAX_DEPTH = Limit(
    32,
    "levels",
    subject=LimitSubject.REQUESTS,
    meaning="Depth of an XML document",
    beyond="400 `malformed-xml`",
)
WCO_NAMESPACE = "urn:wco:datamodel:"
"""The prefix of all namespaces of the WCO Data Model. Elements without a namespace are accepted too."""
MEASURE_ELEMENTS = frozenset({"GrossMassMeasure", "NetNetWeightMeasure", "QuantityQuantity", "TariffQuantity"})
"""Elements whose `unitCode` is read, because a quantity needs its unit."""
_BEFORE_ROOT = re.compile(rb"(?>\s+|<\?.*?\?>|<!--.*?-->)*+", re.DOTALL)
_PARSER_NOISE = re.compile(r" \(<string>, line \d+\)$|, use XML_PARSE_HUGE option")
_ENCODING = re.compile(rb"<\?xml\s[^>]*?encoding\s*=\s*[\"']([^\"']*)[\"']")


_PARSER = etree.XMLParser(
    resolve_entities=False,
    no_network=True,
    load_dtd=False,
    dtd_validation=False,
    huge_tree=False,
    remove_comments=True,
    remove_pis=True,
    collect_ids=False,
)


class Element:
    """One element with children, by local names. An element with only text is stored as that text.

    A name that occurs once maps to its element. A name that occurs more often maps to a list.
    """

    __slots__ = ("inner", "name", "text", "unit")

    def __init__(self, name: str, text: str = "", unit: str | None = None) -> None:
        self.name, self.text, self.unit = name, text, unit
        self.inner: Inner = {}

    def children(self, name: str) -> "list[Element]":
        """Return the child elements of this name."""
        found = self.inner.get(name)
        if found is None:
            return []
        if found.__class__ is Element:
            return [found]
        items = found if isinstance(found, list) else [found]
        return [Element(name, one) if isinstance(one, str) else one for one in items]

    def child(self, name: str) -> "Element | None":
        """Return the only child element of this name, or None. Raise Invalid if there are more."""
        found = self._single(name)
        return Element(name, found) if isinstance(found, str) else found

    def descendant(self, *path: str) -> "Element | None":
        """Return the only element at a path of names, or None."""
        element: Element | None = self
        for name in path:
            element = element.child(name) if element is not None else None
        return element

    def child_text(self, name: str) -> str | None:
        """Return the text of the only child of this name, or None if it is missing or blank."""
        found = self.inner.get(name)
        if found is None or found.__class__ is str:  # eighty calls per message: this way takes a third of the time
            return found or None
        only_child = self._single(name)
        return only_child.text or None if isinstance(only_child, Element) else only_child or None

    def descendant_text(self, name: str, inner: str) -> str | None:
        """Return the text of an element in the only child of a name, or None."""
        found = self._single(name)
        return found.child_text(inner) if isinstance(found, Element) else None

    def _single(self, name: str) -> "Element | str | None":
        found = self.inner.get(name)
        if isinstance(found, list):
            raise Invalid("malformed-xml", f"The element {self.name} has {name} {len(found)} times. Send it once.")
        return found


Inner = dict[str, Element | str | list[Element | str]]
_LOCAL_NAMES: dict[str, str] = {}
"""Local names by the names that the parser returns, up to a limit, so that each is computed once."""
MAX_CACHED_NAMES = Limit(
    2_000,
    "names",
    subject=LimitSubject.MEMORY,
    meaning="Names of XML elements that the parser remembers",
    beyond="The parser begins again with none.",
)


def parse_xml(body: bytes) -> Element:
    """Parse XML from an external sender. Raise Invalid (malformed-xml, doctype-not-allowed) with a remedy."""
    _require_utf8(body)
    start = _BEFORE_ROOT.match(body, 3 if body.startswith(b"\xef\xbb\xbf") else 0)
    if start is not None and body[start.end() : start.end() + 9].upper() == b"<!DOCTYPE":
        raise _doctype_not_allowed()
    try:
        root = etree.fromstring(body, _PARSER)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Invalid("malformed-xml", _syntax_detail(str(error))) from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise _doctype_not_allowed()
    return _build_tree(root)


def _syntax_detail(message: str) -> str:
    """Return the parser's message without the parts that address the developer of the parser."""
    if "Excessive depth" in message:
        return f"The body is nested deeper than {MAX_DEPTH} levels, the limit of the hub. Send fewer levels."
    return f"The body is not well-formed XML: {_PARSER_NOISE.sub('', message)[:300]}. Correct it and send it again."


def _require_utf8(body: bytes) -> None:
    declared = _ENCODING.match(body.removeprefix(b"\xef\xbb\xbf").lstrip()[:200])
    try:
        if declared is not None and declared[1].lower() not in {b"utf-8", b"utf8", b"us-ascii"}:
            raise ValueError("it declares another")
        if b"\x00" in body:
            raise ValueError("it holds NUL")
        body.decode("utf-8")
    except ValueError:
        raise Invalid(
            "malformed-xml",
            "The body is not XML in UTF-8, or its first line declares another encoding. Send it in UTF-8.",
        ) from None


def _doctype_not_allowed() -> Invalid:
    return Invalid(
        "doctype-not-allowed", "The XML body has a DOCTYPE. The hub reads none. Send the message without it."
    )


def _build_tree(root: "etree._Element") -> Element:
    """Convert a tree in document order, one node after another. Recursion would take half as long again."""
    top = Element("")
    inner, remaining, ancestors, names = top.inner, 1, list[tuple[Inner, int]](), _LOCAL_NAMES.get
    for node in root.iter():
        tag, text, child_count = node.tag, node.text, len(node)
        name = names(tag) or _local_name(tag)
        remaining -= 1
        if child_count:
            made = Element(name, text.strip() if text else "")
            if name in inner:
                _add_child(inner, name, made)
            else:
                inner[name] = made
            ancestors.append((inner, remaining))
            inner, remaining = made.inner, child_count
            if len(ancestors) > MAX_DEPTH:
                raise Invalid("malformed-xml", _syntax_detail("Excessive depth"))
            continue
        if name in MEASURE_ELEMENTS and (unit := node.get("unitCode")) is not None:
            _add_child(inner, name, Element(name, text.strip() if text else "", unit))
        elif name in inner:
            _add_child(inner, name, text.strip() if text else "")
        else:
            inner[name] = text.strip() if text else ""
        while not remaining and ancestors:
            inner, remaining = ancestors.pop()
    return top.children(_local_name(root.tag))[0]


def _add_child(inner: Inner, name: str, one: Element | str) -> None:
    before = inner.get(name)
    if before is None:
        inner[name] = one
    elif isinstance(before, list):
        before.append(one)
    else:
        inner[name] = [before, one]


def _local_name(tag: str) -> str:
    """Return an element's name without its namespace. Raise Invalid for a foreign namespace."""
    namespace, closing, name = tag.rpartition("}")
    if closing and not namespace.startswith("{" + WCO_NAMESPACE):
        text = (
            f"The element {name[:60]} has the namespace {namespace[1:100]}. The hub reads only those "
            f"of {WCO_NAMESPACE}…"
        )
        raise Invalid("malformed-xml", text)
    if len(_LOCAL_NAMES) < MAX_CACHED_NAMES:
        _LOCAL_NAMES[tag] = name
    return name
