"""The speed of PostgreSQL alone on the same server: pgbench, one-row insert and commit, 8 clients."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

from services.cli.databases import Server, find_programs

SECONDS = 2
SETUP = "CREATE TABLE one (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz DEFAULT now(), body text)"
INSERT = f"INSERT INTO one (body) VALUES ('{'x' * 200}');\n"


def prepare_pgbench(server: Server, folder: Path) -> Callable[[], float]:
    """Create the table of the baseline. Return a function that runs pgbench once and returns the inserts per second."""
    tools = find_programs()
    script = folder / "one-row.sql"
    script.write_text(INSERT)
    connection_options = ["-h", server.host, "-U", server.user]
    subprocess.run([tools / "createdb", *connection_options, "bench"], check=True, capture_output=True)
    subprocess.run([tools / "psql", *connection_options, "-c", SETUP, "bench"], check=True, capture_output=True)
    options = ["-n", "-f", str(script), "-c", "8", "-j", "2", "-T", str(SECONDS)]

    def run() -> float:
        output = subprocess.run(
            [tools / "pgbench", *connection_options, *options, "bench"], check=True, capture_output=True, text=True
        )
        found = re.search(r"tps = ([0-9.]+)", output.stdout)
        if found is None:
            raise RuntimeError(f"pgbench did not report its speed: {output.stdout}")
        return float(found.group(1))

    return run
