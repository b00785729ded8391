"""``opex ...``: the same services for a terminal, scripts and schedulers.

Results go to stdout, everything else to stderr; exit 0 done, 1 refused with one clear sentence, 2 wrong usage.

Commands are named here and imported when they are called, so that ``opex --help`` starts at once and no command waits
for the libraries of another (docs/adr/0020).
"""

import sys
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup

from opex.cli.later import Later
from opex.cli.options import Workspace, choose_workspace
from opex.domain.problems import Refused, called

__all__ = ["COMMANDS", "app", "main"]

# Each command, or group of commands: the module that it is in, and its line of help.
COMMANDS = {
    "serve": ("serving", "Open the app: on this machine only, or for a team that signs in."),
    "demo": ("facts", "Load the sample data into an empty workspace."),
    "import": ("facts", "Load incidents, changes or metrics. Loading twice changes nothing."),
    "loads": ("facts", "The loads so far, newest first."),
    "take-back": ("facts", "Take a load back whole: what it brought goes, what it replaced stands as before."),
    "refused-rows": ("facts", "The rows that a load refused, with the reasons, as a CSV to mend and load again."),
    "mapping-of": (
        "facts",
        "The mapping with which a load was read, as TOML: it reads the mended file of refused rows again.",
    ),
    "sync": (
        "facts",
        "Fetch and load what is new of all configured sources (for cron or EventBridge); exit 0 when all are complete.",
    ),
    "formats": ("facts", "The formats it reads, and how each is recognised."),
    "changes-to-incidents": (
        "evidence",
        "Does a system's own changing bring incidents? Beside what chance would give.",
    ),
    "dora": ("dora", "How often, how soon, how well and how quickly mended are deployments?"),
    "backtest": (
        "backtest",
        "What is expected next, and how much of the pain the first K would have held in the past.",
    ),
    "find": ("ranking", "Candidates with their evidence."),
    "accept": ("ranking", "Accept a candidate as an opportunity."),
    "decline": ("ranking", "Decline a candidate; a tripwire brings it back."),
    "strike": ("ranking", "Strike an incident from the evidence of an opportunity."),
    "link-verdict": (
        "ranking",
        "Say whether an incident came of a change: this moves credit, and never a ratio or a p-value.",
    ),
    "rank": ("ranking", "Opportunities in their agreed order."),
    "replay": ("ranking", "Had the first ones been fixed a year ago."),
    "export": ("ranking", "The agreed order as a file."),
    "formulas": ("formulas", "The same items under additive, value for effort, RICE, WSJF and ICE."),
    "explain": ("rankings", "How one opportunity came to its place, and why it stands above another one."),
    "rankings": ("rankings", "The rankings that were kept, newest first."),
    "diff": ("rankings", "What moved between two rankings, and why: each change of score, split among five causes."),
    "choices": ("choices", "What people's duels imply of the weights, beside the stated ones."),
    "forget": (
        "forgetting",
        'Forget a person: "Forgotten person N" stands in their place everywhere, and the history stays.',
    ),
    "sessions": ("sessions", "The review sessions, newest first: id, when it was planned, its state and title."),
    "minutes": ("sessions", "The minutes of a session, or the pack for an audience, made from what happened."),
    "db": ("serving", "The workspace's database."),
    "sources": ("facts", "Where rows come from by themselves."),
    "aws": ("facts", "What AWS allows."),
    "audit": ("auditing", "The audit log: who did what, when, from what to what."),
    "people": ("people", "People, their roles and functions."),
}


class _Commands(TyperGroup):
    """The commands that are named above."""

    def __init__(self, **settings: Any) -> None:
        commands = {name: Later(name, module, line) for name, (module, line) in COMMANDS.items()}
        super().__init__(**settings | {"commands": commands})


app = typer.Typer(
    cls=_Commands, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    help="From incidents to priorities.",
)  # fmt: skip


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
