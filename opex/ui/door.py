"""The door: in a team nobody sees a page before they signed in; without a role one sees whom to ask, and no more."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

import streamlit as st

from opex.domain.people import Act, Asker, Member, may
from opex.domain.safe import markdown
from opex.services import people, permissions
from opex.services.context import Context
from opex.workspace import groups_claim, login_claim

__all__ = ["allowed", "as_asker", "auth", "enter", "held", "member", "stay_in", "team", "who_is_in"]

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_MEMBER, _ROLE = "door_member", "door_role"


def auth() -> dict[str, Any] | None:
    """The section ``[auth]`` of the secrets; ``None`` when there is none."""
    if not st.secrets.load_if_toml_exists() or "auth" not in st.secrets:
        return None
    section: dict[str, Any] = st.secrets["auth"].to_dict()
    return section


@cache
def team() -> bool:
    """Whether people sign in here. Decided once for a process: a file that goes away opens no door."""
    return auth() is not None


def as_asker(shared: Context) -> Context:
    """The workspace as whoever looks at this page asks of it."""
    return replace(shared, asker=whose(st.user.to_dict(), groups_claim()), team=True) if team() else shared


def whose(claims: Mapping[str, Any], groups: str) -> Asker:
    """Who asks, by the claims of their sign-in. Whoever did not sign in has no identity, one without an end has ended.

    Examples
    --------
    >>> ana = whose({"is_logged_in": True, "iss": "https://id", "sub": "7", "exp": 0, "groups": "ops"}, "groups")
    >>> ana.identity, ana.groups, ana.expires == NEVER
    ('https://id|7', frozenset({'ops'}), True)
    >>> whose({"is_logged_in": False}, "groups").identity
    ''
    """
    if not claims.get("is_logged_in") or not claims.get("iss") or not claims.get("sub"):
        return Asker(expires=NEVER)
    ends, said = claims.get("exp"), claims.get(groups) or ()
    return Asker(
        identity=f"{claims['iss']}|{claims['sub']}",
        groups=frozenset([said] if isinstance(said, str) else map(str, said)),
        expires=datetime.fromtimestamp(ends, UTC) if isinstance(ends, int | float) else NEVER,
    )


def login_of(claims: Mapping[str, Any], claim: str = "") -> str:
    """How an administrator knows them. An e-mail address counts only once the provider verified it.

    A user name that looks like an address counts as little: many providers let people choose it. Where yours does
    not, name that claim.

    Examples
    --------
    >>> login_of({"email": "Ana@Shop.example", "email_verified": True}), login_of({"email": "ana@shop.example"})
    ('ana@shop.example', '')
    >>> login_of({"preferred_username": "ana"}), login_of({"preferred_username": "bo@shop.example"})
    ('ana', '')
    >>> login_of({"preferred_username": "bo@shop.example"}, "preferred_username")
    'bo@shop.example'
    """
    if claim:
        return str(claims.get(claim) or "").strip().lower()
    if claims.get("email") and claims.get("email_verified") in (True, "true"):
        return str(claims["email"]).strip().lower()
    chosen = str(claims.get("preferred_username") or "").strip().lower()
    return "" if "@" in chosen else chosen


def enter(of: Context) -> None:
    """Let whoever signed in and has a role pass; show everybody else what they can do, and nothing besides."""
    if not of.team:
        return
    if of.asker.local or _ended(of):
        _sign_in_page(ended=not of.asker.local)
        st.stop()
    st.session_state[_MEMBER] = who = _member(of)
    st.session_state[_ROLE] = held = permissions.role(of)
    if not may(held, "see"):
        _whom_to_ask(of, who)
        st.stop()


def _ended(of: Context) -> bool:
    return of.asker.expires is None or of.now() >= of.asker.expires


def _member(of: Context) -> Member:
    claims = st.user.to_dict()
    login = login_of(claims, login_claim())
    return people.sign_in(of, name=str(claims.get("name") or claims.get("preferred_username") or login), login=login)


def stay_in(of: Context) -> None:
    """Called first by each part of a page that reruns alone, past the door: a role that changed starts at the door."""
    if of.team and (_ended(of) or permissions.role(of) != st.session_state.get(_ROLE)):
        st.rerun()


def member() -> Member | None:
    """Who signed in; ``None`` in a local workspace."""
    found = st.session_state.get(_MEMBER)
    return found if isinstance(found, Member) else None


def held() -> str:
    """The role of who is looking, as it stood when the page was drawn; the operator's own in a local workspace."""
    return str(st.session_state.get(_ROLE, "")) if team() else "administrator"


def allowed(act: Act) -> bool:
    """Whether to show what needs that. It is for the eye: services ask again."""
    return may(held(), act)


def _sign_in_page(*, ended: bool) -> None:
    st.title("Sign in", anchor=False)
    if ended:
        st.markdown("Your sign-in has ended: sign in again. What you saved is there.")
    else:
        st.markdown("This workspace belongs to a team: sign in to see it.")
    section = auth() or {}
    named = [name for name, part in section.items() if isinstance(part, Mapping) and name != "client_kwargs"]
    if "client_id" in section or not named:
        st.button("Sign in", type="primary", key="sign_in", on_click=st.login)
        return
    for name in named:
        st.button(f"Sign in with {name.capitalize()}", type="primary", key=f"sign_in_{name}", on_click=st.login,
                  args=(name,))  # fmt: skip


def _whom_to_ask(of: Context, who: Member) -> None:
    st.title("No role yet", anchor=False)
    known = f" as {markdown(who.login)}" if who.login else ""
    st.markdown(f"You are signed in as **{markdown(who.name)}**, and have no role in this workspace.")
    asked = ", ".join(markdown(name) for name in people.administrators(of)) or "whoever runs this server"
    st.markdown(f"Ask {asked} for one: they know you{known or ' by this name'}. Then come back to this page.")
    with st.container(horizontal=True):
        st.button("Look again", type="primary", key="look_again")
        st.button("Sign out", key="sign_out_outside", on_click=st.logout)


def who_is_in() -> None:
    """At the side: who signed in, in which role, for which function; and the way out."""
    who = member()
    if who is None:
        return
    st.markdown(f"**{markdown(who.name)}**")
    st.caption(f"{held()} · {who.function}")
    st.button("Sign out", key="sign_out", on_click=st.logout, type="tertiary")
