"""What a country asks for beyond the Convention: its switches, each off until its administrator turns it on."""

from typing import Annotated

from pydantic import Field

from shared.contracts.fields import WireModel


class Policy(WireModel):
    """The switches of one country (Article XIV.1: stricter domestic measures). What is not said is off."""

    two_people_for_permits: Annotated[
        bool, Field(description="Who assessed an application does not issue its permit: another person does")
    ] = False
    import_permit_for_appendix_ii: Annotated[
        bool, Field(description="An import of Appendix II needs an import permit too, as in the European Union")
    ] = False
    reservation_days: Annotated[
        int | None,
        Field(ge=1, le=3650, description="Days after which an unreleased declaration gives back what it set aside"),
    ] = None
