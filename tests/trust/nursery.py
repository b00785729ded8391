"""Real processes at the price of a fork: opex is imported once, then started and killed by the hundred.

``python -m tests.trust.nursery`` reads one JSON request a line. ``{"call", "args", "cwd", "out", "err", "env"}`` starts
a child and answers with its pid; ``{"wait": pid}`` answers with its exit status (negative: the signal that ended it).
"""

import json
import os
import sys
import traceback
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from opex import cli
from tests.trust import leading, writers

CALLS: dict[str, Callable[..., None]] = {
    "edit": writers.edit, "rate": writers.rate, "three": writers.say_three, "lead": leading.lead,
    "answer": leading.answer,
}  # fmt: skip


def opex(*arguments: str) -> None:
    """The command line, as a terminal would start it."""
    sys.argv = ["opex", *arguments]
    cli.main()


def born(request: dict[str, Any]) -> None:
    """What the child does: it never returns."""
    code = 1
    try:
        os.chdir(request["cwd"])
        os.environ.update(request["env"])
        for number, file in ((1, request["out"]), (2, request["err"])):
            os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        CALLS.get(request["call"], opex)(*request["args"])
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def main() -> None:
    """Answer requests until there are no more."""
    for module, _ in cli.COMMANDS.values():
        import_module(f"opex.cli.{module}")  # what a child would import is here when it is forked
    for line in sys.stdin:
        request = json.loads(line)
        if "wait" in request:
            _, status = os.waitpid(request["wait"], 0)
            answer = {"status": os.waitstatus_to_exitcode(status)}
        else:
            pid = os.fork()
            if pid == 0:
                born(request)
            answer = {"pid": pid}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    os.chdir(Path(__file__).resolve().parents[2])
    main()
