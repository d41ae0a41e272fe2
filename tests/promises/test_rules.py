"""Each rule there is has an example that it finds and one beside it that it lets pass; none is dead, none unlisted."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.permits import domain
from services.permits.domain.rules.catalogue import list_rules
from services.permits.domain.rules.remedies import REMEDIES
from tests.permits.rule_examples import EXAMPLES


@pytest.mark.parametrize("rule", [entry.name for entry in list_rules()])
def test_each_rule_finds_its_example_and_lets_the_one_beside_it_pass(rule: str) -> None:
    assert rule in EXAMPLES, f"write an example of {rule} that it finds, and one beside it that passes"
    finds, passes = EXAMPLES[rule]
    assert rule in finds(), f"{rule} does not find its example"
    assert rule not in passes(), f"{rule} finds what it should let pass"


def test_every_rule_is_listed_once_and_every_example_is_of_a_rule() -> None:
    names = [entry.name for entry in list_rules()]
    assert len(names) == len(set(names))
    assert set(EXAMPLES) <= set(names), set(EXAMPLES) - set(names)


def test_what_the_domain_names_as_a_finding_is_a_rule_that_is_listed() -> None:
    names = {entry.name for entry in list_rules()}
    written = {text for source in sources() for text in strings(source) if text.startswith("CITES-")}
    assert written | REMEDIES.keys() <= names, (written | REMEDIES.keys()) - names
    assert {one for finds, passes in EXAMPLES.values() for one in finds() | passes()} <= names


def sources() -> Iterator[ast.Module]:
    """Read the domain of permits."""
    for path in Path(domain.__file__).parent.rglob("*.py"):
        yield ast.parse(path.read_text())


def strings(source: ast.Module) -> Iterator[str]:
    """Answer the strings of a module, docstrings left out."""
    for node in ast.walk(source):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " not in node.value:
            yield node.value
