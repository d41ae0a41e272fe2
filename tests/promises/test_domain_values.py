"""Values of the domains are built with keyword arguments: a reader sees what each argument is."""

import importlib
import importlib.util
import inspect
import pkgutil
from collections.abc import Iterator
from dataclasses import fields, is_dataclass

import pytest

import services


def domain_packages() -> list[str]:
    """Return the domains of the services."""
    names = (found.name for found in pkgutil.iter_modules(services.__path__, "services."))
    return [f"{name}.domain" for name in names if importlib.util.find_spec(f"{name}.domain") is not None]


def dataclasses_of(package: str) -> Iterator[type]:
    """Import every module of a package and return the dataclasses that it defines."""
    for found in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
        for value in vars(importlib.import_module(found.name)).values():
            if inspect.isclass(value) and is_dataclass(value) and value.__module__ == found.name:
                yield value


@pytest.mark.parametrize("package", domain_packages())
def test_dataclass_of_a_domain_takes_keyword_arguments_only(package: str) -> None:
    found = list(dataclasses_of(package))
    assert found
    positional = [f"{value.__module__}.{value.__name__}" for value in found if _takes_positional_arguments(value)]
    assert positional == [], "declare them with kw_only=True"


def _takes_positional_arguments(value: type) -> bool:
    return any(field.init and not field.kw_only for field in fields(value))
