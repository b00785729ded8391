"""The only reader of settings: opens a workspace and hands services what they work with."""

import os
from datetime import UTC, datetime
from pathlib import Path

from opex.domain.drivers import DriverSet
from opex.services.context import Context
from opex.store.database import open_database

__all__ = ["ROOT", "SAMPLE_NAME", "address", "default_url", "open_workspace", "sample_first", "workspaces"]

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
