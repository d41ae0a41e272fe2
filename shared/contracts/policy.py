"""The requirements of a country beyond the Convention. Each is off until the administrator sets it."""

from typing import Annotated

from pydantic import Field

from shared.contracts.fields import IsoCountry, WireModel
from shared.contracts.limits import COUNTRIES


class Policy(WireModel):
    """The requirements of one country (Article XIV.1: stricter domestic measures). One that you leave out is off."""

    two_people_for_permits: Annotated[
        bool,
        Field(
            description=(
                "One officer assesses an application, another grants it. One officer proposes a permit that has no "
                "application, a replacement or a takeover; another sends the same, and the hub does it. One officer of "
                "customs lodges for a traveller, another decides"
            )
        ),
    ] = False
    personal_effects_need_documents: Annotated[
        bool,
        Field(
            description="Personal and household effects need documents too (Resolution Conf. 13.7 lets a country ask)"
        ),
    ] = False
    import_permit_for_appendix_ii: Annotated[
        bool, Field(description="An import of Appendix II also needs an import permit, as in the European Union")
    ] = False
    import_permit_cited_alone: Annotated[
        bool,
        Field(
            description=(
                "An import may cite the import permit alone, as in the European Union and the United Kingdom. The hub "
                "checks the export document that the import permit names in box 12 or 12a, and writes it off too"
            )
        ),
    ] = False
    reservation_days: Annotated[
        int | None,
        Field(
            ge=1, le=3650, description="Days after which the hub returns the reservations of an unreleased declaration"
        ),
    ] = None
    transit_days: Annotated[
        int | None,
        Field(
            ge=1,
            le=3650,
            description="Days after the receipt by which goods in transit leave, if the trader states none",
        ),
    ] = None
    customs_of_members: Annotated[
        tuple[IsoCountry, ...],
        Field(
            max_length=COUNTRIES,
            strict=False,
            description=(
                "Countries of the same customs union. Their customs reads and decides what is declared at their own "
                "offices, in place of customs of this country"
            ),
        ),
    ] = ()
