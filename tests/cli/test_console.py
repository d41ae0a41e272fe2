"""Text of others that the command line prints never steers the terminal."""

import io

import pytest
from rich.table import Table
from rich.text import Text

from services.cli.console import SafeConsole, out
from services.cli.tables import print_rows

HOSTILE = "\x1b]0;title\x07\x1b[2J\u202ecod.exe\x9b31m"


@pytest.mark.parametrize("kind", ["text", "styled", "cell"])
def test_text_of_others_is_printed_with_escapes(kind: str) -> None:
    console = SafeConsole(file=io.StringIO(), force_terminal=False, width=200, soft_wrap=True)
    table = Table("name")
    table.add_row(HOSTILE)
    console.print({"text": HOSTILE, "styled": Text(HOSTILE, "red"), "cell": table}[kind], markup=False)
    printed = console.file.getvalue()  # type: ignore[attr-defined]
    assert r"\u001b]0;title" in printed
    assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(printed)


@pytest.mark.parametrize("as_json", [False, True])
def test_list_of_others_is_printed_with_escapes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], as_json: bool
) -> None:
    monkeypatch.setattr(out, "_file", io.StringIO())  # `file` would keep the standard output of this test
    print_rows([{"name": HOSTILE}], ["name"], as_json=as_json)
    printed = capsys.readouterr().out + out.file.getvalue()  # type: ignore[attr-defined]
    assert r"\u202ecod.exe\u009b31m" in printed
    assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(printed)
