"""``opex people``: who is here in which role, and giving one."""

from dataclasses import asdict
from typing import Annotated

import typer

from opex.cli.options import Json, Workspace
from opex.cli.terminal import open_context, say, show_json
from opex.domain.people import OUTSIDER, ROLES, Member
from opex.services import people

__all__ = ["app"]

app = typer.Typer()
people_app = typer.Typer(help="People, their roles and functions.")
app.add_typer(people_app, name="people")
NONE = "none"


@people_app.callback(invoke_without_command=True)
def listed(context: typer.Context, json: Json = False, workspace: Workspace = None) -> None:
    """Everybody who has a name in this workspace, with role, function and login; and what groups give."""
    if context.invoked_subcommand is not None:
        return
    of = open_context(workspace)
    members, groups = people.members(of), people.groups(of)
    if json:
        show_json({"people": [_document(one) for one in members], "groups": [asdict(one) for one in groups]})
        return
    if not members:
        say("Nobody has a name here yet: opex people give NAME ROLE --login LOGIN.")
    for one in members:
        say(f"{one.role or 'no role':<14} {one.function:<12} {one.name}{_by(one)}")
    for given in groups:
        say(f"{given.role:<14} {given.function or '':<12} everybody in the group {given.group}")


def _document(one: Member) -> dict[str, str | bool]:
    return {
        "name": one.name, "role": one.role, "function": one.function, "login": one.login,
        "signed_in": bool(one.identity),
    }  # fmt: skip


def _by(one: Member) -> str:
    if not one.login:
        return ""
    return f" ({one.login})" if one.identity else f" ({one.login}, has not signed in yet)"


@people_app.command()
def give(
    name: str,
    role: Annotated[str, typer.Argument(help=f"One of {', '.join(ROLES)}; none takes it.")],
    login: Annotated[str, typer.Option(help="The login under which to await them: a verified e-mail address.")] = "",
    function: Annotated[str, typer.Option(help="What they speak for.")] = "",
    workspace: Workspace = None,
) -> None:
    """Give somebody a role; the last administrator cannot be removed."""
    of = open_context(workspace)
    given = people.give(of, name, OUTSIDER if role == NONE else role, function=function, login=login)
    say(f"{given.name} is {given.role or 'without a role'} and speaks for {given.function}{_by(given)}.")
