"""The page of limits, from every `Limit` that a module of the hub declares."""

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType

import services
import shared
from shared.limits import Limit, LimitSubject

INTRO = (
    "# Limits\n\n"
    "Everything has a bound in bytes, number and time. The table shows each bound and what the hub does beyond it. "
    "[The page of problems](problems.md) explains the codes.\n\n"
)


def render_page() -> str:
    """Return the page: one table per subject, each limit in one row."""
    found = sorted(find_limits(), key=lambda limit: limit.meaning)
    parts = [
        f"## {subject}\n\n| limit | value | beyond it | setting |\n| --- | --- | --- | --- |\n"
        + "".join(_row(limit) for limit in found if limit.subject is subject)
        for subject in LimitSubject
        if any(limit.subject is subject for limit in found)
    ]
    return INTRO + "\n".join(parts)


def find_limits() -> list[Limit]:
    """Return every limit that a module of the services or of `shared` declares, each once."""
    values = (value for module in _modules() for value in vars(module).values())
    return list({id(value): value for value in values if isinstance(value, Limit)}.values())


def _modules() -> Iterator[ModuleType]:
    for package in (services, shared):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            yield importlib.import_module(module.name)


def _row(limit: Limit) -> str:
    setting = f"`{limit.setting}`" if limit.setting else ""
    return f"| {limit.meaning} | {limit:,} {limit.unit} | {limit.beyond} | {setting} |\n"
