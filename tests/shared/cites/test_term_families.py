"""Families of trade terms: the pairs that real trade mixes, and those that it does not."""

import pytest

from shared.cites.codes import TERM_CODES
from shared.cites.term_dimensions import TERM_DIMENSIONS
from shared.cites.term_families import LIVE_TERMS, MERGED_TERMS, NEIGHBOURING_TERMS, TERM_FAMILIES, TROPHY_PARTS

MIXED = """
    TRO-SKI TRO-SKU TRO-BOD TRO-HOR TRO-TUS TRO-TEE TRO-FOO TRO-TAI TRO-CLA TRO-BON TRO-RUG TRO-SKP TRO-LPS TRO-HAI
    BOD-SPE SKE-BOD SPE-SKU GAR-LPS GAR-LPL LPS-LPL SKI-LPS SKI-LPL SKI-GAR TIM-SAW TIM-LOG LOG-SAW VEN-SAW HAI-FIB
    FIB-THD HAI-CLO HAN-LPS SHO-LPS WAL-LPS BEL-LPS WAT-LPS HAN-WAL HAN-SKI SHO-GAR SKS-SKP LEA-LPS HEA-SKU TRO-HEA
    TUS-TEE TUS-IVP IVS-IVP CAR-IVC CAR-JWL LIV-COR LIV-EGL LIV-ROO DER-EXT DER-MED EXT-POW DFN-FFN FIN-DFN CAV-EGG
    SHE-CAP FPS-LPS FPR-FPL FRN-WPR WPR-CAR WPR-TIM TIP-TIM TIC-WPR UNS-SKI OTH-CAV
    IVP-IVC SHE-CAR SHE-JWL SCA-JWL TEE-JWL CLA-JWL ESH-CAR BON-JWL FEA-JWL HAI-JWL LOG-WPR TIM-CAR SAW-CAR
    BOD-SKI ROO-EXT STE-EXT LVS-EXT LVS-POW ROO-POW
""".split()
APART = (
    "LIV-SKI LIV-BOD LIV-TRO CAV-SKI MEA-TRO SKI-SKU LIV-UNS TIM-SKI CAV-OIL COR-SKI LOG-LIV TUS-SKI HAI-TEE".split()
)


@pytest.mark.parametrize("pair", MIXED)
def test_terms_that_trade_mixes_are_neighbours_both_ways(pair: str) -> None:
    one, other = pair.split("-")
    assert other in NEIGHBOURING_TERMS[one] and one in NEIGHBOURING_TERMS[other]


@pytest.mark.parametrize("pair", APART)
def test_terms_of_other_goods_are_no_neighbours(pair: str) -> None:
    one, other = pair.split("-")
    assert other not in NEIGHBOURING_TERMS[one] and one not in NEIGHBOURING_TERMS[other]


def test_families_name_known_terms_and_give_a_reason() -> None:
    named = {term for family in TERM_FAMILIES for term in family.core | family.members}
    merged = MERGED_TERMS.keys() | {term for present in MERGED_TERMS.values() for term in present}
    assert (named | merged | TROPHY_PARTS.keys() | LIVE_TERMS) - TERM_CODES == set()
    assert all(family.reason.endswith(".") for family in TERM_FAMILIES)
    assert not any(term in others for term, others in NEIGHBOURING_TERMS.items())


def test_merged_terms_are_older_codes_and_lead_to_terms_in_use() -> None:
    assert MERGED_TERMS.keys() & TERM_DIMENSIONS.keys() == set()
    assert {term for present in MERGED_TERMS.values() for term in present} <= TERM_DIMENSIONS.keys()


def test_families_are_a_small_part_of_all_pairs() -> None:
    """A term that goes with every other one would refer each error of a trader."""
    named_goods = {term: others for term, others in NEIGHBOURING_TERMS.items() if term not in {"UNS", "OTH", "PIE"}}
    assert max(len(others) for term, others in named_goods.items() if term not in {"TRO", "SPE"}) <= 30
