"""`saola replay` lodges trade that both sides reported."""

from pathlib import Path

from tests.hub import RunningHub, run_saola

HEADING = "appendix,taxon,term,unit,purpose,source,exporter,importer,exporter_reported,importer_reported"
ROWS = """\
II,Falco exemplaris,LIV,number,T,C,AE,GB,12,9
II,Falco exemplaris,LIV,number,T,C,AE,GB,12,12
II,Falco exemplaris,LIV,number,T,C,AE,GB,12,13
II,Pericopsis exemplaris,LOG,m3,T,W,CD,ES,62,62.0001
II,Pericopsis exemplaris,SAW,m3,T,W,CD,ES,62.5,62.4999999999
II,Papio exemplaris,TRO,number,H,W,NA,NO,1,1
II,Aloe exemplaris,EXT,kg,T,A,ZA,DE,40000000000000000000.5,40000000000000000000.4
"""


def test_replay_rejects_each_importer_who_reported_more_than_the_exporter(hub: RunningHub, tmp_path: Path) -> None:
    file = tmp_path / "trade.csv"
    file.write_text(f"{HEADING}\n{ROWS}")
    for _ in range(2):
        played = run_saola("replay", file, "--hub", hub.url, "--admin", hub.home / "admin.json")
        assert played.returncode == 0, played.stdout + played.stderr
        assert ": 5 accepted, 2 rejected, 0 referred, 0 lost" in played.stdout
        assert "2 for CITES-box-11-quantity" in played.stdout
        table = [line.split() for line in played.stdout.splitlines() if line.split()[:1] and line.split()[0].isdigit()]
        refused = {words[0] for words in table if "rejected" in words}
        assert refused == {"4", "5"}
        assert "at most 62 m3, found 62.0001 m3" in played.stdout


def test_replay_of_a_bad_file_ends_before_the_first_row(tmp_path: Path) -> None:
    file = tmp_path / "trade.csv"
    file.write_text(f"{HEADING}\n{ROWS}II,Papio exemplaris,TRO,number,H,W,NA,NO,1,one\n")
    played = run_saola("replay", file)
    assert played.returncode == 1
    assert "line 9: importer_reported is 'one'" in played.stderr
