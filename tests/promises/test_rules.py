"""Each rule is listed once, with a sentence and a remedy. It finds its first example and not its second."""

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from services.permits import domain
from services.permits.domain import rules
from services.permits.domain.rules.catalogue import list_rules
from services.permits.domain.rules.rule import Rule
from shared.contracts.closed_sets import Severity
from tests.permits.rule_examples import EXAMPLES
from tests.permits.rule_scenarios import Findings


@pytest.mark.parametrize("rule", [entry.name for entry in list_rules()])
def test_rule_finds_its_first_example_and_not_its_second(rule: str) -> None:
    assert rule in EXAMPLES, f"write an example of {rule} that it finds, and one beside it that passes"
    finds, passes = EXAMPLES[rule]
    assert rule in rules_of(finds()), f"{rule} does not find its example"
    assert rule not in rules_of(passes()), f"{rule} finds what it should let pass"


def test_rule_catalogue_lists_each_rule_once_with_an_example() -> None:
    names = [entry.name for entry in list_rules()]
    assert len(names) == len(set(names))
    assert set(EXAMPLES) <= set(names), set(EXAMPLES) - set(names)


def test_rule_in_a_module_is_in_the_list_of_that_module() -> None:
    """A rule that is declared and not in `RULES` would never be applied."""
    for module in rule_modules():
        declared = [value for value in vars(module).values() if is_declared_in(module, value)]
        listed = list(getattr(module, "RULES", ()))
        assert sorted(one.name for one in declared) == sorted(one.name for one in listed), module.__name__


def test_rule_catalogue_lists_the_rules_of_all_modules() -> None:
    in_modules = [one.name for module in rule_modules() for one in getattr(module, "RULES", ())]
    assert sorted(in_modules) == sorted(one.name for one in list_rules())


def test_rule_has_a_sentence_and_unless_a_note_a_remedy_for_each_reader() -> None:
    without_sentence = [one.name for one in list_rules() if not one.sentence.endswith(".")]
    rules, notes = ([one for one in list_rules() if (one.severity is Severity.NOTE) is note] for note in (False, True))
    without_remedy = [one.name for one in rules if not (one.remedy and one.officer_remedy)]
    notes_with_remedy = [one.name for one in notes if one.remedy or one.officer_remedy]
    assert (without_sentence, without_remedy, notes_with_remedy) == ([], [], [])


def test_finding_named_in_the_domain_is_a_listed_rule() -> None:
    names = {entry.name for entry in list_rules()}
    written = {text for source in sources() for text in strings(source) if text.startswith("CITES-")}
    assert written <= names, written - names
    assert {one for pair in EXAMPLES.values() for example in pair for one in rules_of(example())} <= names


def rules_of(findings: Findings) -> set[str]:
    """Return the names of the rules that findings are of."""
    return {one.rule for one in findings}


def rule_modules() -> Iterator[ModuleType]:
    """Import the modules of `rules`."""
    for found in pkgutil.iter_modules(rules.__path__, f"{rules.__name__}."):
        yield importlib.import_module(found.name)


def is_declared_in(module: ModuleType, value: object) -> bool:
    """Return whether a value is a rule that this module declares, and not one that it imports."""
    return isinstance(value, Rule) and value.find_discrepancy.__module__ == module.__name__


def sources() -> Iterator[ast.Module]:
    """Read the domain of permits."""
    for path in Path(domain.__file__).parent.rglob("*.py"):
        yield ast.parse(path.read_text())


def strings(source: ast.Module) -> Iterator[str]:
    """Return the strings of a module, without its docstrings."""
    for node in ast.walk(source):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " not in node.value:
            yield node.value
