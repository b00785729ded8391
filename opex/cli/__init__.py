"""``opex ...``: the same services for a terminal, scripts and schedulers.

Results go to stdout, everything else to stderr; exit 0 done, 1 refused with one clear sentence, 2 wrong usage.
"""

import sys
from typing import NoReturn

import typer

from opex.cli import (
    auditing,
    backtest,
    choices,
    dora,
    evidence,
    facts,
    forgetting,
    formulas,
    people,
    ranking,
    rankings,
    serving,
    sessions,
)
from opex.cli.terminal import Workspace, choose_workspace
from opex.domain.problems import Refused
from opex.sources.records import called

__all__ = ["app", "main"]

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="From incidents to priorities."
)
for part in (
    serving.app, facts.app, evidence.app, dora.app, backtest.app, ranking.app, formulas.app, rankings.app, choices.app,
    forgetting.app, sessions.app,
):  # fmt: skip
    app.add_typer(part)
NAMED = {
    "db": serving.db, "sources": facts.sources_app, "aws": facts.aws_app, "audit": auditing.app, "people": people.app,
}  # fmt: skip
for name, part in NAMED.items():
    app.add_typer(part, name=name)


@app.callback()
def _chosen(workspace: Workspace = None) -> None:
    choose_workspace(workspace)


def main() -> None:
    """Run a command; a refusal is one sentence and exit 1."""
    try:
        app()
    except Refused as refusal:
        _refuse(called(str(refusal)))
    except UnicodeEncodeError:
        _refuse("An argument holds bytes that are no UTF-8: write it anew.")
    except BrokenPipeError:
        sys.stderr.close()


def _refuse(sentence: str) -> NoReturn:
    print(sentence, file=sys.stderr)
    raise SystemExit(1)
