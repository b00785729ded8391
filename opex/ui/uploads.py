"""The files that a person brings, on disk in a folder of this session that goes away with them."""

import fcntl
import os
import shutil
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from pathlib import Path, PurePosixPath
from tempfile import gettempdir, mkdtemp
from typing import Any

import streamlit as st

from opex.services.context import Context
from opex.workspace import SAMPLE_NAME

__all__ = ["Brought", "brought", "inside"]

READ = "CSV, Excel, JSON, JSON Lines, Parquet or Markdown, also in gzip or zip. The content decides, not the name."


@dataclass(frozen=True, kw_only=True)
class Brought:
    """Files as they lie on disk. ``ident`` names exactly these files; ``names`` are shown, never opened."""

    ident: str
    paths: tuple[Path, ...]
    names: tuple[str, ...]
    size: int

    def only(self, number: int) -> "Brought":
        """One of the files."""
        if len(self.paths) == 1:
            return self
        return Brought(
            ident=f"{self.ident}/{number}", paths=(self.paths[number],), names=(self.names[number],), size=self.size
        )

    def without(self, names: Sequence[str]) -> "Brought":
        """The files that are left when some are left out."""
        kept = [(path, name) for path, name in zip(self.paths, self.names, strict=True) if name not in names]
        told = blake2b("\n".join([self.ident, *names]).encode(), digest_size=6).hexdigest()
        return Brought(
            ident=told, paths=tuple(p for p, _ in kept), names=tuple(n for _, n in kept), size=self.size
        )  # fmt: skip


@cache
def _root_of_process() -> Path:
    """Where this process keeps what is brought. A process that is killed removes nothing: the next one does it.

    A process holds a lock on its own folder as long as it lives; a folder without one belongs to nobody.
    """
    for left in Path(gettempdir()).glob("opex-uploads-*"):
        lock = left / "lock"
        if lock.is_file() and not lock.is_symlink() and _locked(lock) is not None:
            shutil.rmtree(left, ignore_errors=True)
    root = Path(mkdtemp(prefix="opex-uploads-"))
    (root / "lock").touch()
    _HELD.append(_locked(root / "lock"))
    return root


_HELD: list[int | None] = []


def _locked(lock: Path) -> int | None:
    """The lock, held until the process ends; ``None`` when somebody else holds it or owns the file."""
    try:
        opened = os.open(lock, os.O_RDWR | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(opened)
        return None
    return opened


class _Folder:
    """A folder that is removed when nobody needs it any more: other files were brought, or the session ended."""

    def __init__(self, ident: str) -> None:
        self.ident = ident
        self.path = Path(mkdtemp(dir=_root_of_process()))
        self.remove = weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)


def brought(of: Context) -> Brought | None:
    """The first step: drop files. ``None`` as long as there are none."""
    if of.name == SAMPLE_NAME:
        st.info("The sample data is open. Switch the workspace at the side before you bring your own.")
    folder = st.session_state.get("load_folder", False)
    uploads = st.file_uploader(
        "Drop a folder here" if folder else "Drop an export here, as it comes",
        accept_multiple_files="directory" if folder else True,
        key=f"files_{folder}",
        help=READ,
    )
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.caption(READ)
        st.toggle("A whole folder", key="load_folder", help="Status pages and post-mortems are often one file each.")
    return _on_disk(uploads or [], folder)


def _on_disk(uploads: Sequence[Any], folder: bool) -> Brought | None:
    """Uploads as files in a folder of this session, written once; of a folder, the folder that holds them."""
    kept: _Folder | None = st.session_state.get("upload_folder")
    ident = blake2b("\n".join([str(folder), *(file.file_id for file in uploads)]).encode(), digest_size=6).hexdigest()
    if kept is not None and (not uploads or kept.ident != ident):
        kept.remove()
        st.session_state["upload_folder"] = kept = None
    if not uploads:
        return None
    if kept is None:
        st.session_state["upload_folder"] = kept = _Folder(ident)
        for number, file in enumerate(uploads):
            path = inside(_root(kept, number, folder), file.name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.getbuffer())
    size = sum(file.size for file in uploads)
    if folder:
        return Brought(ident=ident, paths=(kept.path,), names=(f"a folder of {len(uploads):,} files",), size=size)
    paths = tuple(inside(_root(kept, number, folder), file.name) for number, file in enumerate(uploads))
    return Brought(ident=ident, paths=paths, names=tuple(path.name for path in paths), size=size)


def _root(kept: _Folder, number: int, folder: bool) -> Path:
    """Files of one name, from different places, do not write over each other."""
    return kept.path if folder else kept.path / str(number)


def inside(root: Path, name: str) -> Path:
    """Where a file of that name lies: names come from elsewhere, what could lead out of the folder is left out.

    Examples
    --------
    >>> inside(Path("here"), "../../etc/passwd").as_posix()
    'here/etc/passwd'
    """
    parts = [part for part in PurePosixPath(name.replace("\\", "/")).parts if part not in {"/", "..", "."}]
    return root.joinpath(*(parts or ["upload"]))
