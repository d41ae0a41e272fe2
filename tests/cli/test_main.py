"""The help of the command line: each command says what it does and shows an example."""

from collections.abc import Iterator

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from services.cli.main import UNREACHABLE_HINT, app
from services.cli.ports import free_ports
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


@pytest.mark.parametrize("port", ["abc", "0", "99999", "-1", "1.5"])
def test_port_that_is_wrong_is_refused_with_the_expected_range(port: str) -> None:
    done = CliRunner().invoke(app, ["up", "--port", port])
    assert done.exit_code == 1
    assert done.stderr == f"--port is {port}. Expected: a whole number from 1 to 65535.\n"


def test_port_that_is_too_long_is_refused_without_its_value() -> None:
    done = CliRunner().invoke(app, ["up", "--port", "9" * 5_000])
    assert done.stderr == "--port is too long. Expected: a whole number from 1 to 65535.\n"


@pytest.mark.parametrize("url", ["localhost:8000", "ftp://hub", "http://hub:port"])
def test_hub_address_that_is_wrong_is_refused_with_the_name_of_its_source(url: str) -> None:
    expected = f"is {url!r}. Expected: http://host:port or https://host.\n"
    option = CliRunner().invoke(app, ["lists", "--hub", url])
    assert (option.exit_code, option.stderr) == (1, f"--hub {expected}")
    variable = CliRunner().invoke(app, ["lists"], env={"SAOLA_HUB": url})
    assert (variable.exit_code, variable.stderr) == (1, f"The variable SAOLA_HUB {expected}")


def test_hub_address_with_a_password_is_refused_without_its_value() -> None:
    done = CliRunner().invoke(app, ["lists", "--hub", "ftp://user:password@hub"])
    assert done.stderr == "--hub is not an address. Expected: http://host:port or https://host.\n"


def test_hub_that_does_not_respond_is_reported_with_the_command_that_starts_one() -> None:
    pair = {"SAOLA_CLIENT_ID": "id", "SAOLA_CLIENT_SECRET": "secret"}
    done = CliRunner().invoke(app, ["lists", "--hub", f"http://127.0.0.1:{free_ports(1)[0]}"], env=pair)
    assert done.exit_code == 1
    assert "no program listens on this port." in done.stderr
    assert done.stderr.endswith(f" {UNREACHABLE_HINT}\n")
