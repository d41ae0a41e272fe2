"""The help of the command line: each command says what it does and shows an example."""

from collections.abc import Iterator

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from services.cli.main import app
from services.cli.run import PROCESSES


def list_commands(command: object, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the words of each command of the command line, without those that run one process."""
    commands = getattr(command, "commands", None)
    if commands is None:
        yield words
        return
    for name, inner in commands.items():
        if name not in PROCESSES:
            yield from list_commands(inner, (*words, name))


@pytest.mark.parametrize("words", list(list_commands(get_command(app))), ids=" ".join)
def test_command_help_shows_an_example_of_the_command(words: tuple[str, ...]) -> None:
    done = CliRunner().invoke(app, [*words, "--help"], terminal_width=200)
    assert done.exit_code == 0
    text = " ".join(done.stdout.split())
    example = text.partition("Example: ")[2]
    assert f"saola {' '.join(words)}" in example


def test_command_with_expected_error_prints_one_message_and_exits_with_1() -> None:
    done = CliRunner().invoke(app, ["migrate", "somewhere"])
    assert done.exit_code == 1
    assert done.stdout == ""
    assert done.stderr.split() == (
        "The service is 'somewhere'. Expected: one of gateway, permits, notifications, or no argument for all.".split()
    )
