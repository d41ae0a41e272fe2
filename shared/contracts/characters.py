"""The characters that a text may have. A text is stored in NFC; what no reader sees, or no font draws, is refused.

Refused are the categories Cc, Cf, Cs, Co and Cn of Unicode: control, format, surrogate, private-use and unassigned.
"""

from unicodedata import category, is_normalized, name, normalize

JOINERS = "\u200c\u200d"
"""ZWNJ and ZWJ. Names in Persian, Hindi and other languages need them."""
LINE_MARKS = "\t\n\r\u2028\u2029"
"""Tab, and the marks that end a line or a paragraph. Only text in sentences has them."""


def to_nfc(text: str) -> str:
    """Return a text in NFC, the form in which the hub stores it."""
    return text if text.isascii() or is_normalized("NFC", text) else normalize("NFC", text)


def find_forbidden(text: str, allowed: str = "") -> str | None:
    """Return the first character that a text may not have, or None. `allowed` are exceptions."""
    if text.isprintable():  # no character of a forbidden category; the other blanks are not printable either
        return None
    return next((c for c in text if not c.isprintable() and category(c) != "Zs" and c not in allowed), None)


def describe_character(character: str) -> str:
    """Return the code point of a character, and its name if it has one: `U+202E RIGHT-TO-LEFT OVERRIDE`."""
    return f"U+{ord(character):04X} {name(character, '')}".rstrip()


def escape_forbidden(text: str) -> str:
    """Return a text that a terminal or a log shows safely: forbidden characters as escapes of JSON, such as `\\u202e`.

    Tabs and ends of lines stay.
    """
    if find_forbidden(text, "\t\n") is None:
        return text
    return "".join(c if find_forbidden(c, "\t\n") is None else _escape(c) for c in text)


def _escape(character: str) -> str:
    """Return the escape of a character in JSON: two of them outside the basic plane."""
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[n : n + 2].hex()}" for n in range(0, len(units), 2))
