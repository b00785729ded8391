"""Commands whose modules are imported when they are called: a module brings with it what its commands need."""

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand
from typer.main import get_group

__all__ = ["Later"]


class Later(TyperCommand):
    """The name of a command (or of a group of them) and its line of help, in place of the command itself.

    The module, a sibling of this one, registers the command on its ``app``.
    """

    def __init__(self, name: str, module: str, help: str) -> None:
        super().__init__(name, help=help)
        self.module = module

    def command(self) -> Any:
        """The command itself, from its module."""
        return get_group(import_module(f"opex.cli.{self.module}").app).commands[str(self.name)]

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> typer.Context:
        """What the command itself makes of the arguments; whoever runs the context runs that command."""
        made: typer.Context = self.command().make_context(info_name, args, parent=parent, **extra)
        return made
