"""Numbers that look like another number: they mix scripts, only look Latin, or have marks and signs of no script.

The tables come from Unicode's confusables (UTS #39, confusables.txt, version 17.0.0). They hold the characters that
look like one of the ASCII letters or digits, a dash or a slash. NFKC resolves those that have a compatible form.
"""

from collections.abc import Iterator
from unicodedata import category, combining, decimal, name, normalize

from shared.contracts.comparison import SEPARATORS

_LOOK_LATIN = frozenset(
    "\u037f\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03b1"
    "\u03b3\u03b9\u03bd\u03bf\u03c1\u03c3\u03c5\u03dc\u03f3\u03f8\u03fa\u1d26"  # Greek
    "\u03e8\u03ec\u03ed\u2c82\u2c85\u2c8e\u2c92\u2c93\u2c94\u2c98\u2c9a\u2c9c\u2c9e\u2c9f\u2ca2\u2ca3"
    "\u2ca4\u2ca5\u2ca6\u2ca8\u2ca9\u2cac\u2cba\u2cbb\u2cbd\u2cc4\u2cc6\u2cc7\u2cca\u2ccb\u2ccc\u2cce"
    "\u2ccf\u2cd0\u2cd2\u2cd3\u2cdc"  # Coptic
    "\u0405\u0406\u0408\u0410\u0412\u0415\u0417\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425"
    "\u042c\u0430\u0431\u0433\u0435\u043e\u0440\u0441\u0443\u0445\u0448\u0455\u0456\u0458\u0461\u0474"
    "\u0475\u04ae\u04af\u04bb\u04bd\u04c0\u04cf\u04e0\u0501\u050c\u051b\u051c\u051d\ua644\ua647"  # Cyrillic
    "\u054d\u054f\u0555\u0561\u0563\u0566\u0570\u0578\u057c\u057d\u0581\u0582\u0584\u0585"  # Armenian
    "\u05d5\u05d8\u05df\u05e1"  # Hebrew
    "\u0627\u0647\u06be\u06c1\u06d5"  # Arabic
    "\u07ca"  # NKo
    "\u0b03\u0b20"  # Oriya
    "\u0c02"  # Telugu
    "\u0c82"  # Kannada
    "\u0d02\u0d1f\u0d20"  # Malayalam
    "\u0d82"  # Sinhala
    "\u1004\u101d\u105a"  # Myanmar
    "\u10e7\u10ff"  # Georgian
    "\u1200\u12d0"  # Ethiopic
    "\u13a0\u13a1\u13a2\u13a5\u13a9\u13aa\u13ab\u13ac\u13b3\u13b7\u13bb\u13bd\u13c0\u13c2\u13c3\u13ce"
    "\u13cf\u13d2\u13d4\u13d5\u13d9\u13da\u13de\u13df\u13e2\u13e6\u13e7\u13ee\u13f3\u13f4\uab75\uab81"
    "\uab83\uab93\uaba9\uabaa\uabaf"  # Cherokee
    "\u142f\u144c\u146d\u146f\u1472\u148d\u14aa\u14bf\u1541\u157c\u157d\u1587\u15af\u15b4\u15c5\u15de"
    "\u15ea\u15f0\u15f7"  # Canadian Aboriginal
    "\u16b7\u16c1\u16d5\u16d6"  # Runic
    "\u2d38\u2d39\u2d4f\u2d54\u2d55\u2d5d"  # Tifinagh
    "\u3007\u4e36\u4e3f\u4e00"  # Han
    "\u3033"  # Common
    "\u30ce\u30fc"  # Katakana
    "\ua4d0\ua4d1\ua4d2\ua4d3\ua4d4\ua4d6\ua4d7\ua4d9\ua4da\ua4dc\ua4dd\ua4df\ua4e0\ua4e1\ua4e2\ua4e3"
    "\ua4e6\ua4e7\ua4ea\ua4eb\ua4ec\ua4ee\ua4f0\ua4f2\ua4f3\ua4f4"  # Lisu
    "\ua6df\ua6ef"  # Bamum
    "\U00010282\U00010286\U00010287\U0001028a\U00010290\U00010292\U00010295\U00010296\U00010297"  # Lycian
    "\U000102a0\U000102a1\U000102a2\U000102a5\U000102ab\U000102b0\U000102b1\U000102b2\U000102b4\U000102cf"  # Carian
    "\U00010301\U00010302\U00010309\U00010311\U00010315\U00010317\U0001031a"  # Old Italic
    "\U00010404\U00010415\U0001041b\U00010420\U0001042c\U0001043d\U00010448"  # Deseret
    "\U000104b4\U000104c2\U000104ce\U000104d2\U000104ea\U000104f6"  # Osage
    "\U00010513\U00010516\U00010518\U0001051c\U0001051d\U00010525\U00010526\U00010527"  # Elbasan
    "\U00011700\U00011706\U0001170a\U0001170e\U0001170f"  # Ahom
    "\U000118a0\U000118a2\U000118a3\U000118a4\U000118a6\U000118a9\U000118ac\U000118ae\U000118af\U000118b2"
    "\U000118b5\U000118b8\U000118bb\U000118bc\U000118c0\U000118c1\U000118c2\U000118c3\U000118c4\U000118c6"
    "\U000118c8\U000118ca\U000118cc\U000118d5\U000118d6\U000118d7\U000118d8\U000118dc"  # Warang Citi
    "\U00011dda"  # Tolong Siki
    "\U00016eaa\U00016eb6"  # Beria Erfe
    "\U00016f08\U00016f0a\U00016f16\U00016f28\U00016f35\U00016f3a\U00016f3b\U00016f40\U00016f42\U00016f43"  # Miao
    "\u1173"  # Hangul
)
"""Characters of other scripts that look like one of the ASCII letters or digits, a dash or a slash.

Three are from us, because fonts draw them as a dash: the Han digit one, the Katakana length mark, the Hangul vowel EU.
"""
_LOOK_ALIKE_LATIN_LETTERS = frozenset(
    "\u0184\u018d\u0192\u0196\u01a6\u01a7\u01b7\u01bc\u01bd\u01bf\u01c0\u021c\u0222\u0223\u0251"
    "\u0261\u0263\u0269\u026a\u026f\u028b\u028f\u1d04\u1d0f\u1d11\u1d1c\u1d20\u1d21\u1d22\u1d83\u1d8c"
    "\u1e9d\u1eff\ua731\ua75a\ua76a\ua76e\ua798\ua799\ua79f\ua7ab\ua7b2\ua7b3\ua7b4\uab32\uab35\uab3d"
    "\uab47\uab48\uab4e\uab52\uab5a"
    "\ua78b\ua78c\ua78f"  # drawn as an apostrophe or a dot
)
"""Latin letters outside ASCII that look like a character, an apostrophe or a dot of ASCII.

Dotless i and thorn are not in it: Turkish and Icelandic write them, and they differ enough.
"""
_LOOK_ALIKE_SYMBOLS = frozenset(
    "\xd7\u05c0\u166d\u166e\u212e\u2223\u2228\u222a\u22a4\u22c1\u22c3\u22ff\u2373\u2374\u237a\u23fd\u2573"
    "\u27d9\u292b\u292c\u2a2f\U000102f5\U00010320\U00010322\U000118ec\U000118ef\U000118f2\U0001d206"
    "\U0001d20d\U0001d212\U0001d213\U0001d216\U0001d22a\U0001e8c7\U0001e8cb\U0001f74c\U0001f768"
)
"""Symbols that look like one of the ASCII letters or digits."""
_DRAWN_AS_A_LINE = frozenset("\u0640\u07fa")
"""The lines by which Arabic and NKo make a word longer."""
_ALWAYS_LOOK_ALIKE = _LOOK_ALIKE_LATIN_LETTERS | _LOOK_ALIKE_SYMBOLS | _DRAWN_AS_A_LINE
_EAST_ASIAN = frozenset(
    {"CJK", "IDEOGRAPHIC", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "BOPOMOFO", "HANGUL", "VERTICAL"}
)
"""Scripts that Chinese, Japanese and Korean write together (UTS #39, section 5.1). They count as one."""
_SIGNS = frozenset("°§€£")
"""Signs outside ASCII that documents print in numbers, and that look like no other."""
_DOTS_IN_WORDS = frozenset("\u0f0b\u30fb")
"""The dots between the syllables of Tibetan and between the words of Katakana."""
_CLASSES_OF_VOWEL_SIGNS = frozenset({0, 7, 8, 9, *range(84, 133)})
"""Combining classes of the marks that words of India, Thailand, Tibet and their region need.

The others are accents, overlays, and the points of Hebrew and Arabic. Fonts draw many of them hardly visible.
"""


def looks_like_another(number: str) -> bool:
    """Return whether a number, reference or identifier can be taken for another by its look."""
    if number.isascii():
        return False
    text = normalize("NFKC", number)
    return (
        not _ALWAYS_LOOK_ALIKE.isdisjoint(text)
        or len(set(_scripts(text))) > 1
        or _mixes_digits(text)
        or _only_looks_latin(text)
        or find_stray_sign(text) is not None
    )


def _mixes_digits(text: str) -> bool:
    """Return whether digits of two scripts, or Latin letters and digits of another script, are in one number."""
    zeros = {ord(c) - decimal(c) for c in text if category(c) == "Nd"}
    return len(zeros) > 1 or (zeros not in (set(), {ord("0")}) and "LATIN" in _scripts(text))


def _only_looks_latin(text: str) -> bool:
    """Return whether a text looks Latin by characters of other scripts only. Accents do not count."""
    letters = [c for c in normalize("NFKD", text) if _is_letter(c) and not c.isascii() and not combining(c)]
    return bool(letters) and _LOOK_LATIN.issuperset(letters)


def find_stray_sign(number: str) -> str | None:
    """Return a mark that follows no character of its script, or a sign that numbers do not need; None without one.

    NFKC composes the accents that a language writes, so those of Latin, Greek and Cyrillic are no marks here.
    """
    script, before = "", ""
    for character in normalize("NFKC", number):
        kind = category(character)
        if character.isascii() or kind in {"Nd", "Zs"} or character in SEPARATORS or character in _SIGNS:
            script = ""
        elif _is_mark(character):
            if _script(character) != script or (character == before and kind != "Lm"):
                return character
            if combining(character) not in _CLASSES_OF_VOWEL_SIGNS:
                return character
        elif _is_letter(character):
            script = _script(character)
        else:
            return character
        before = character
    return None


def _scripts(text: str) -> Iterator[str]:
    """Return the script of each alphabetic character and mark."""
    return (_script(character) for character in text if _is_letter(character))


def _script(character: str) -> str:
    """Return the first word of a character's name: its script, or a word such as COMBINING."""
    word = name(character, "").partition(" ")[0]
    return "EAST ASIAN" if word in _EAST_ASIAN else word


def _is_mark(character: str) -> bool:
    """Return whether a character only follows another one of its script: a mark, a modifier, a dot inside a word."""
    kind = category(character)
    return kind[0] == "M" or kind == "Lm" or character in _DOTS_IN_WORDS


def _is_letter(character: str) -> bool:
    """Return whether a character is alphabetic, a mark, or a number of category Nl."""
    if character.isascii():
        return character.isalpha()
    kind = category(character)
    return kind[0] in "LM" or kind == "Nl"
