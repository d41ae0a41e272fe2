"""Numbers that look like another one: mixed scripts, scripts that look Latin, mixed digits, symbols."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.look_alikes import looks_like_another


@pytest.mark.parametrize("number", [
    "KЕ-2026-001",  # Cyrillic Е after Latin K
    "ΚE-2026-001",  # Greek Κ
    "КЕ-2026-001",  # all Cyrillic, all like Latin
    "ΚΕ-2026-001", "ꓗꓰ-2026-001", "ᏦᎬ-2026-001", "ⲔⲈⲔ K-1",
    "26КГ-AB",  # two scripts, even where none looks like the other
    "北京A-12", "हिA-1", "СЁ-1",
    "KE-2026-٠٠١", "2026-٠١", "١۰", "KE-৪",
    "ɡE-1", "ꞲE-1", "KE-2026-∪", "12×3", "KE∣1",
    "kei\u0307-1", "KE-J\u0307 j\u0307",
    "2026一001", "2026ー001", "1ノ2",
    "KE\u0c02-1",  # a Telugu mark after Latin letters
    # drawn lines, modifiers and dots
    "ZA\u2500L 1", "ZA\u23afL 1", "ZA\u2574L 1", "ZA\u02c9L 1", "ZA\u02cdL 1", "ZA-L 1\u02bc", "ZA-L 1\u02da",
    "ZA\u00afL 1", "ZA\u2027L 1", "ZA\u2053L 1", "ZA-L 1\u2032", "ZA\u00b7L 1", "ZA\u30fbL 1", "ZA-L 1\u00a8",
    "KE’1", "ʻO-1", "“KE-1”", "ZA\u2022L 1", "ZA\ua78c1", "ZA\ua78f1", "➀2", "مصرـ١٢",
    # marks that fonts hardly show
    "ZA-L 1\u0332", "ZA-L 1\u0323", "ZA-L 1\u0316", "ZA-L 1\u0335", "ZA-L 1\u20dd", "ZA-L 1\u0338", "ZA-L 1\ufe0f",
    "K\u0335E-1", "КГ\u0332-1", "१\u0941", "हि\u093f", "ท\u0e48\u0e48", "مُصر-١٢", "1\u30fb2",
])  # fmt: skip
def test_number_that_looks_like_another_is_found(number: str) -> None:
    assert looks_like_another(number)


@pytest.mark.parametrize("number", [
    "КГ-2026-001", "ЖД 12", "Ω-ΔΣ/1", "北京-12", "京都ビザ12", "한국-7", "台灣ㄅ1", "第一-2", "हिन्दी-१२", "مصر-١٢",
    "فا-۱۲", "١٢٣", "CÔTE-1", "Ñandú 7", "Sayı-12", "Þ-1", "n°12", "№ 7", "Ⅻ-1", "KE–2026—001", "ＫＥ－１",
    "Å-1", "ท.ส.1", "12-3", "", "§ 21/3", "Hạn-1", "CO\u0302TE-1", "ใบอนุญาตที่ 12", "ต้นไม้-๑", "நாடு-1", "அனுமதி-12",
    "ලංකා-1", "မြန်မာ-၁၂", "ភ្នំពេញ-1", "འབྲུག་ཡུལ-༡༢", "ビーザ・京都-1", "佐々木 1", "الجزائر-١٢", "Ўзбекистон 7", "ኢትዮጵያ-12",
    "ދިވެހި-1", "ქართ-1", "ձև-12", "ועד-12",
])  # fmt: skip
def test_number_in_one_script_is_no_look_alike(number: str) -> None:
    assert not looks_like_another(number)


@given(st.text(alphabet=string.printable, max_size=30))
def test_number_in_ascii_is_no_look_alike(number: str) -> None:
    assert not looks_like_another(number)
