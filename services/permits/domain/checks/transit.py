"""Transit: the country that the goods pass through and the day by which they leave it, if the trader left them out."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from services.permits.domain.model.customs_offices import office_country
from services.permits.domain.model.declarations import DeclarationRecord
from services.permits.domain.reference.facts import Facts
from shared.cites.time_zones import utc_day
from shared.contracts.closed_sets import Movement
from shared.contracts.declaration import Repair


def find_transit_country(declaration: DeclarationRecord) -> str | None:
    """Return the country of a transit: the declared one, that of the customs office, or that of the trader.

    The code of an office begins with its country. A country of the two ends of the movement is no country of transit.
    Return None for another movement, or if no third country is known.
    """
    content = declaration.content
    if content.movement is not Movement.TRANSIT:
        return None
    if content.transit_country is not None:
        return content.transit_country
    ends = {content.export_country, content.import_country}
    possible = (office_country(content.customs_office), declaration.trader_country)
    return next((one for one in possible if one is not None and one not in ends), None)


def complete_transit(declaration: DeclarationRecord, facts: Facts) -> DeclarationRecord:
    """Return the declaration with the country of a transit and the day of its exit, each with a repair if completed.

    The policy of the country of transit may state in how many days after the receipt the goods leave.
    """
    content = declaration.content
    if content.movement is not Movement.TRANSIT:
        return declaration
    changes: dict[str, Any] = {}
    repairs = list(content.repairs)
    country = find_transit_country(declaration)
    if content.transit_country is None and country is not None:
        changes["transit_country"] = country
        source = "customs office" if country == office_country(content.customs_office) else "trader"
        repairs.append(Repair(pointer="/transit_country", source=f"the country of the {source}, {country}"))
    days = facts.policy(country).transit_days if country is not None else None
    if content.exit_due is None and days is not None:
        changes["exit_due"] = utc_day(declaration.received_at) + timedelta(days=days)
        repairs.append(Repair(pointer="/exit_due", source=f"the policy of {country}: {days} days after the receipt"))
    if not changes:
        return declaration
    return replace(declaration, content=content.model_copy(update={**changes, "repairs": tuple(repairs)}))
