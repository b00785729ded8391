"""`opex rank` from a cold start, beside a process that only imports what the command imports: the share of the work."""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.measuring import Measured, side_by_side
from opex.services.loading import load_sample
from opex.services.prioritising import priorities
from opex.workspace import open_workspace


def measure(times: int = 7) -> list[Measured]:
    with TemporaryDirectory() as made:
        url = f"sqlite:///{Path(made) / 'sample.db'}"
        context = open_workspace(url)
        load_sample(context)
        priorities(context)  # the find is kept in the workspace: a second `opex rank` does not search
        context.database.close()
        environment = {**os.environ, "OPEX_WORKSPACE": url}

        def run(code: str, *arguments: str) -> None:
            command = [sys.executable, "-c", code, *arguments]
            subprocess.run(command, env=environment, check=True, capture_output=True)

        ranked, imported, bare = side_by_side(
            times,
            lambda: run("from opex.cli import main; main()", "rank"),
            lambda: run("import opex.cli.ranking"),
            lambda: run("import pandas, sqlalchemy, sklearn"),
        )
    share = f"floor: its imports, {imported / ranked:.0%} of it"
    return [
        Measured(what="opex rank, cold", ours=ranked, floor=imported, note=share),
        Measured(what="its imports", ours=imported, floor=bare, note="floor: import pandas, sqlalchemy, sklearn"),
    ]
