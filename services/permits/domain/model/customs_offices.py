"""Customs offices: the country of an office, by its code, and an office outside the country that decides."""

from shared.cites.time_zones import country_codes
from shared.contracts.declaration import DECIDING_COUNTRY, Declaration


def office_country(office: str | None) -> str | None:
    """Return the country whose code begins the code of a customs office, as in `FR002300`; None if none does."""
    code = (office or "")[:2].upper()
    return code if code in country_codes() else None


def deciding_country(content: Declaration) -> str | None:
    """Return the country whose customs decides a declaration; None for a transit through an unknown country."""
    country: str | None = getattr(content, DECIDING_COUNTRY[content.movement])
    return country


def acting_country(content: Declaration) -> str | None:
    """Return the country of the declared customs office, if it is not the deciding country.

    Its customs acts in place of the deciding country, if that country's policy names it.
    """
    country = office_country(content.customs_office)
    return country if country != deciding_country(content) else None
