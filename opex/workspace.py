"""The only reader of settings: opens a workspace and hands services what they work with."""

import os
import stat
import tomllib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from opex.domain.drivers import DriverSet
from opex.domain.problems import Refused
from opex.domain.serving import LOOPBACK, Serving
from opex.services import people
from opex.services.context import Context
from opex.store.database import open_database

__all__ = [
    "ROOT", "SAMPLE_NAME", "address", "administrators", "asked_address", "auth_of", "default_url", "groups_claim",
    "login_claim", "open_workspace", "sample_first", "secret_files", "serving", "workspaces",
]  # fmt: skip

_HERE = Path(__file__).resolve().parent
ROOT = _HERE / "_app" if (_HERE / "_app").is_dir() else _HERE.parent
SAMPLE_NAME = "Sample data"


def default_url() -> str:
    """``OPEX_WORKSPACE``, else a SQLite file under ``var/`` of the current folder."""
    return os.environ.get("OPEX_WORKSPACE") or address("opex")


def address(name: str) -> str:
    """The URL of the workspace file of that name under ``var/``."""
    return f"sqlite:///{(Path.cwd() / 'var' / f'{name}.db').as_posix()}"


def workspaces() -> dict[str, str]:
    """The workspaces that the page offers: a person's own one first, then the sample's. Name to URL."""
    own = default_url()
    name = "My data" if own == address("opex") else own.rsplit("/", 1)[-1].split("?")[0].removesuffix(".db")
    return {name: own, SAMPLE_NAME: address("sample")}


def administrators() -> tuple[str, ...]:
    """The logins that are given that role at start (``OPEX_ADMINISTRATORS``, a comma list), in small letters."""
    named = os.environ.get("OPEX_ADMINISTRATORS", "").split(",")
    return tuple(dict.fromkeys(login.strip().lower() for login in named if login.strip()))


def groups_claim() -> str:
    """The claim that holds a person's groups (``OPEX_GROUPS_CLAIM``)."""
    return os.environ.get("OPEX_GROUPS_CLAIM") or "groups"


def login_claim() -> str:
    """The claim that is a person's login (``OPEX_LOGIN_CLAIM``); empty: a verified e-mail address, else a user name."""
    return os.environ.get("OPEX_LOGIN_CLAIM", "")


def asked_address() -> str:
    """Where to listen when no option says so: as Streamlit is told to, else on the loopback."""
    return os.environ.get("STREAMLIT_SERVER_ADDRESS", LOOPBACK)


def secret_files() -> list[Path]:
    """Where Streamlit looks for secrets when it is started here, the later ones before the earlier."""
    said = os.environ.get("STREAMLIT_SECRETS_FILES", "").split()
    folders = (Path.home(), Path.cwd(), ROOT)
    return [Path(file) for file in said] or [folder / ".streamlit" / "secrets.toml" for folder in folders]


def auth_of(files: Iterable[Path]) -> dict[str, object] | None:
    """The section ``[auth]`` of these files of secrets; ``None`` when none has it, and so nobody signs in.

    Raises
    ------
    Refused
        A file is no TOML.
    """
    found: dict[str, object] | None = None
    for file in files:
        if file.is_file():
            try:
                found = tomllib.loads(file.read_text(encoding="utf-8")).get("auth", found)
            except (OSError, ValueError) as error:
                raise Refused(f"The secrets in {file} cannot be read: they are no TOML, or not for you.") from error
    return found


def serving(at: str, auth: Mapping[str, object] | None, files: Iterable[Path]) -> Serving:
    """How the app is about to be served at that address, with that section and files of secrets.

    Raises
    ------
    Refused
        When somebody is to sign in and the workspace cannot be opened.
    """
    if auth is None:
        return Serving(address=at)
    context = open_workspace()
    try:
        held = (*people.administrators(context), *administrators())
    finally:
        context.database.close()
    exposed = tuple(dict.fromkeys(str(file) for file in files if _readable_by_others(file)))
    return Serving(address=at, auth=auth, exposed=exposed, administrators=held)


def _readable_by_others(file: Path) -> bool:
    try:
        return bool(file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))
    except OSError:
        return False


def sample_first() -> bool:
    """Whether the sample is shown until there is data of one's own (``OPEX_SAMPLE``)."""
    return bool(os.environ.get("OPEX_SAMPLE"))


def open_workspace(url: str | None = None, name: str = "") -> Context:
    """Open (and create, and migrate) the workspace at that URL.

    Raises
    ------
    Refused
        When it cannot be opened, with the reason.
    """
    database = open_database(url or default_url())
    return Context(
        database=database,
        name=name or database.url.rsplit("/", 1)[-1].split("?")[0].removesuffix(".db"),
        now=lambda: datetime.now(UTC),  # noqa: TID251 - the edge: the only clock of the workspace
        defaults=DriverSet.from_toml((ROOT / "data" / "drivers.toml").read_text(encoding="utf-8")),
        sample=ROOT / "data" / "sample",
    )
