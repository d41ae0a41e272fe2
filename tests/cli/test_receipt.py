"""`saola verify-receipt` with wrong files and addresses: one message, with the fault and the remedy."""

from pathlib import Path

import pytest

from services.cli.console import CommandError
from services.cli.ports import free_ports
from services.cli.receipt import verify_file


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (None, "there is no such file"),
        ("# Title", "the content is not JSON"),
        ("[]", "the content is not a JSON Web Key Set"),
        ("{}", "the content is not a JSON Web Key Set"),
    ],
)
def test_keys_from_a_wrong_file_are_refused_in_plain_words(tmp_path: Path, content: str | None, fault: str) -> None:
    receipt, keys = tmp_path / "receipt.jws", tmp_path / "keys.json"
    receipt.write_text("a.b.c")
    if content is not None:
        keys.write_text(content)
    with pytest.raises(CommandError) as refused:
        verify_file(receipt, str(keys), None)
    assert str(refused.value) == (
        f"The keys cannot be read from {keys}: {fault}. "
        "Save /.well-known/receipt-keys.json of the hub to a file, and name it with --keys FILE."
    )


def test_keys_at_an_address_without_a_server_are_refused_in_plain_words(tmp_path: Path) -> None:
    receipt = tmp_path / "receipt.jws"
    receipt.write_text("a.b.c")
    for url in (f"http://127.0.0.1:{free_ports(1)[0]}", "http://hub:port"):
        with pytest.raises(CommandError, match="the address does not respond"):
            verify_file(receipt, url, None)
