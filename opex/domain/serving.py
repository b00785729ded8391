"""How the app may be served: for one person on the loopback, or for a team that signs in. Anything else is refused."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlsplit

__all__ = ["LOOPBACK", "Serving", "is_loopback", "refusals"]

LOOPBACK = "127.0.0.1"
SHORTEST_SECRET = 32
FEWEST_LETTERS = 10
MAKE_ONE = 'python3 -c "import secrets; print(secrets.token_hex(32))"'
_EXAMPLES = ("secret", "example", "change", "password", "passphrase", "random", "replace", "your", "xxx", "12345")
"""Words that stand in the cookie secrets of documentation, and never in one that a machine drew."""
_OF_PROVIDER = ("client_id", "client_secret", "server_metadata_url")


@dataclass(frozen=True, kw_only=True)
class Serving:
    """How the app is about to be served.

    ``address`` is where it listens (empty: everywhere), ``auth`` the section ``[auth]`` of the secrets (``None``: no
    sign-in), ``exposed`` the files of secrets that others on the machine may read, ``administrators`` who would have
    that role.
    """

    address: str = LOOPBACK
    auth: Mapping[str, object] | None = None
    exposed: tuple[str, ...] = ()
    administrators: tuple[str, ...] = field(default=())


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches that host.

    Examples
    --------
    >>> [is_loopback(host) for host in ("127.0.0.1", "::1", "[::1]", "localhost", "0.0.0.0", "localhost.evil.org", "")]
    [True, True, True, True, False, False, False]
    """
    bare = host.strip().removeprefix("[").removesuffix("]").lower()
    try:
        found = ip_address(bare)
    except ValueError:
        return bare == "localhost"
    mapped = getattr(found, "ipv4_mapped", None)
    return bool((mapped or found).is_loopback)


def refusals(serving: Serving) -> list[str]:
    """Why it must not be served like that, each reason with its remedy; none is leave to start. No secret is told.

    Examples
    --------
    >>> refusals(Serving()), len(refusals(Serving(address="0.0.0.0")))
    ([], 1)
    """
    if serving.auth is None:
        return [] if is_loopback(serving.address) else [_public(serving.address)]
    return [
        *_secret(serving.auth.get("cookie_secret")),
        *(f"{file} can be read by others on this machine: chmod 600 {file}" for file in serving.exposed),
        *_provider(serving.auth),
        *_address_of_return(serving.auth.get("redirect_uri")),
        *([] if serving.administrators else [_HEADLESS]),
    ]


_HEADLESS = (
    "Nobody would be administrator: name at least one by their login in OPEX_ADMINISTRATORS "
    "(a comma list, such as ana@example.org)."
)


def _public(address: str) -> str:
    where = address or "every address of this machine"
    return (
        f"Sign-in is off, and other machines may reach {where}: whoever does could read and change all. Serve on "
        f"{LOOPBACK}, or set up the sign-in (docs/deploy.md)."
    )


def _secret(secret: object) -> list[str]:
    if not isinstance(secret, str) or not secret:
        return [f"The cookie secret is missing (cookie_secret under [auth]): make one with {MAKE_ONE}"]
    if any(word in secret.lower() for word in _EXAMPLES):
        return [
            f"The cookie secret is an example out of some documentation, which others know: make one with {MAKE_ONE}"
        ]
    if len(secret) < SHORTEST_SECRET:
        return [
            f"The cookie secret has {len(secret)} characters and can be guessed; it needs {SHORTEST_SECRET}: "
            f"make one with {MAKE_ONE}"
        ]
    if len(set(secret)) < FEWEST_LETTERS:
        return [f"The cookie secret repeats {len(set(secret))} characters and can be guessed: make one with {MAKE_ONE}"]
    return []


def _provider(auth: Mapping[str, object]) -> list[str]:
    """What is missing of each provider: of the one that stands in the section itself, or of each named one."""
    named = {name: part for name, part in auth.items() if isinstance(part, Mapping) and name != "client_kwargs"}
    asked: dict[str, Mapping[str, object]] = {"[auth]": auth} if not named or "client_id" in auth else {}
    asked |= {f"[auth.{name}]": part for name, part in named.items()}
    return [
        f"{where} lacks {', '.join(missing)}: the provider of the sign-in gives them (docs/deploy.md)."
        for where, part in asked.items()
        if (missing := [key for key in _OF_PROVIDER if not part.get(key)])
    ]


def _address_of_return(uri: object) -> list[str]:
    if not isinstance(uri, str) or not uri:
        return ["The sign-in does not know where to come back: redirect_uri under [auth] is missing."]
    parts = urlsplit(uri)
    if not uri.endswith("/oauth2callback"):
        return [f"redirect_uri must end with /oauth2callback; it is {uri}"]
    if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
        return [f"redirect_uri must begin with https, or the sign-in can be read on its way; it is {uri}"]
    return []
