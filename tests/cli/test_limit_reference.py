"""The page of limits shows every bound that the code keeps, in words that a reader can follow."""

import ast
import re
from collections import Counter
from pathlib import Path

from pydantic_settings import BaseSettings

from services.cli.limit_reference import find_limits
from services.gateway.settings import Settings as GatewaySettings
from services.notifications.settings import Settings as NotificationsSettings
from services.permits.domain.rules.catalogue import list_rules
from services.permits.settings import Settings as PermitsSettings
from shared.contracts.faults import FAULT_CODES
from shared.contracts.problems.catalogue import PROBLEM_CODES
from shared.settings import variable_names

FOLDER = Path(__file__).resolve().parents[2]
BOUND_NAME = re.compile(r"(^|_)(MAX|MOST)(_|$)|_LIMIT$")
OAUTH_CODES = {"invalid_client", "invalid_request"}
SETTINGS: tuple[type[BaseSettings], ...] = (GatewaySettings, PermitsSettings, NotificationsSettings)


def _plain_bounds(path: Path) -> list[str]:
    """Return the module-level names of bounds in a file whose value is a number without words."""
    names = []
    for statement in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.Assign) and not any(
            isinstance(node, (ast.Call, ast.Name)) for node in ast.walk(statement.value)
        ):
            targets = [
                node.id for target in statement.targets for node in ast.walk(target) if isinstance(node, ast.Name)
            ]
            names += [f"{path.relative_to(FOLDER)}: {name}" for name in targets if BOUND_NAME.search(name)]
    return names


def test_bounds_of_services_are_limits() -> None:
    """A bound that is a number alone would be missing on the page of limits."""
    files = [path for folder in ("services", "shared") for path in (FOLDER / folder).rglob("*.py")]
    assert len(files) > 200
    assert [name for path in sorted(files) if "cli" not in path.parts for name in _plain_bounds(path)] == []


def test_limits_have_rows_with_distinct_words() -> None:
    """Two rows with the same words would leave the reader with two values for one thing."""
    words = Counter((limit.subject, limit.meaning) for limit in find_limits())
    assert len(words) > 60
    assert [row for row, count in words.items() if count > 1] == []


def test_limits_name_problem_codes_that_exist() -> None:
    """A code in the column of consequences leads to its page: a problem, a place in `errors`, or a rule."""
    codes = {code for limit in find_limits() for code in re.findall(r"`([a-z_-]+)`", limit.beyond)}
    rules = {rule.name for rule in list_rules()}
    assert codes - PROBLEM_CODES.keys() - FAULT_CODES.keys() - rules == OAUTH_CODES & codes


def test_limits_name_settings_that_exist() -> None:
    """An operator can set the variable that a row names."""
    variables = {name for model in SETTINGS for name in variable_names(model).values()}
    assert {limit.setting for limit in find_limits() if limit.setting} <= variables
