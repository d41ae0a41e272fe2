"""The habitat of a taxon, by its name and its higher taxa: the sea, or land and freshwater.

A certificate of introduction from the sea covers only specimens that were taken on the high seas (Article I(e);
Resolution Conf. 14.6). The tables have the taxa of the Appendices, and the higher taxa whose members all agree.
"""

from enum import Enum

from services.permits.domain.reference import names
from services.permits.domain.reference.listing_lookup import Listings


class Habitat(Enum):
    """Where the specimens of a taxon live. An officer decides about an unknown habitat."""

    SEA = "sea"
    LAND = "land or freshwater"
    UNKNOWN = "unknown"


def _keys(text: str) -> frozenset[str]:
    """Return the keys in a text that separates them by semicolons."""
    return frozenset(" ".join(one.split()) for one in text.split(";") if one.strip())


FRESHWATER_TAXA = _keys("""
    platanistidae; platanista; lipotidae; lipotes; iniidae; inia; trichechus inunguis;
    potamotrygonidae; potamotrygon; paratrygon; plesiotrygon;
    polyodontidae; polyodon; psephurus; acipenser fulvescens; acipenser ruthenus; scaphirhynchus;
    pseudoscaphirhynchus; pangasiidae; pangasianodon; cyprinidae; arapaimidae; arapaima; osteoglossidae; scleropages;
    catostomidae; loricariidae; neoceratodontidae; ceratodontidae; neoceratodus;
    unionidae; achatinellidae; achatinella; camaenidae; papustyla; cepolidae; polymita
""")
"""Taxa of freshwater and land whose higher taxa are of the sea, or contain both."""
MARINE_TAXA = _keys("""
    cetacea; balaenidae; balaenopteridae; eschrichtiidae; neobalaenidae; delphinidae; monodontidae; phocoenidae;
    physeteridae; kogiidae; ziphiidae; pontoporiidae; balaena; eubalaena; balaenoptera; megaptera; eschrichtius;
    caperea; physeter; kogia; berardius; hyperoodon; ziphius; mesoplodon; orcinus; tursiops; sotalia; sousa; stenella;
    delphinus; globicephala; orcaella; neophocaena; phocoena; delphinapterus; monodon;
    sirenia; dugongidae; dugong; trichechidae; trichechus; otariidae; arctocephalus; odobenidae; odobenus;
    phocidae; mirounga; monachus; neomonachus; enhydra; enhydra lutris; lontra felina; ursus maritimus;
    cheloniidae; dermochelyidae; caretta; chelonia; eretmochelys; lepidochelys; natator; dermochelys;
    diomedeidae; phoebastria albatrus; diomedea albatrus; spheniscidae; spheniscus; fregatidae; fregata; papasula;
    elasmobranchii; chondrichthyes; holocephali; selachii; batoidea; sphyrnidae; sphyrna; carcharhinidae; carcharhinus;
    prionace; lamnidae; carcharodon; isurus; lamna; alopiidae; alopias; cetorhinidae; cetorhinus; rhincodontidae;
    rhincodon; mobulidae; mobula; manta; pristidae; pristis; anoxypristis; rhinidae; rhynchobatus; rhina;
    rhinobatidae; glaucostegidae; glaucostegus; triakidae; galeorhinus; mustelus; centrophoridae;
    coelacanthi; coelacanthiformes; latimeriidae; latimeria; syngnathidae; hippocampus; cheilinus; totoaba;
    cynoscion macdonaldi; pomacanthidae; holacanthus; anguillidae; anguilla;
    tridacnidae; tridacna; hippopus; strombidae; strombus; lobatus gigas; aliger gigas; nautilidae; nautilus;
    allonautilus; lithophaga; haliotidae; haliotis; echinodermata; holothuroidea; holothuriidae; stichopodidae;
    cnidaria; anthozoa; hydrozoa; scleractinia; antipatharia; helioporacea; stolonifera; milleporina; milleporidae;
    stylasterina; stylasteridae; coralliidae; corallium; paracorallium
""")
"""Taxa that live in the sea, or that migrate between the sea and rivers and are taken in both (eels)."""
LAND_TAXA = _keys("""
    plantae; amphibia; insecta; arachnida; hirudinoidea; clitellata; dipneusti; dipnoi; mammalia; aves; reptilia;
    felidae; canidae; ursidae; primates; proboscidea; elephantidae; rhinocerotidae; pholidota; psittaciformes;
    falconiformes; strigiformes; crocodylia; testudinidae; pythonidae; boidae; varanidae; orchidaceae; cactaceae
""")
"""Taxa of land and freshwater, apart from the members that `MARINE_TAXA` names."""
MIXED_TAXA = _keys("""
    animalia; chordata; mammalia; carnivora; mustelidae; lutrinae; lontra; ursidae; ursus; aves; reptilia; testudines;
    charadriiformes; procellariiformes; pelecaniformes
""")
"""Higher taxa with members in the sea and on land. A line for all their species leaves the habitat unknown."""


def find_habitat(name: str, listings: Listings) -> Habitat:
    """Return the habitat of a taxon. A narrower taxon decides before a wider one."""
    keys = listings.lineage(name)
    if names.key(name) in MIXED_TAXA:
        return Habitat.UNKNOWN
    if keys & FRESHWATER_TAXA:
        return Habitat.LAND
    if keys & MARINE_TAXA:
        return Habitat.SEA
    return Habitat.LAND if keys & LAND_TAXA else Habitat.UNKNOWN
