"""The files that a person brings, on disk in a folder of this session that goes away with them."""

import shutil
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import count
from pathlib import Path, PurePosixPath
from tempfile import mkdtemp
from typing import Any

import streamlit as st
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from opex.services.context import Context
from opex.sources.temporary import folder_of_process
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


class _Folder:
    """What this session brought, each upload once, on disk until it is taken out again or the session ends."""

    def __init__(self, *, together: bool) -> None:
        self.together = together
        self.root = Path(mkdtemp(dir=folder_of_process()))
        weakref.finalize(self, shutil.rmtree, self.root, ignore_errors=True)
        self._kept: dict[str, Path] = {}
        self._number = count()

    def hold(self, uploads: Sequence[Any]) -> tuple[Path, ...]:
        """Where the uploads lie, in their order: in one folder, or apart so that equal names do not meet."""
        for gone in set(self._kept) - {file.file_id for file in uploads}:
            self._kept.pop(gone).unlink(missing_ok=True)
        for file in uploads:
            if file.file_id not in self._kept:
                path = inside(self.root if self.together else self.root / str(next(self._number)), file.name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(file.getbuffer())
                self._kept[file.file_id] = path
                _forget_bytes(file)
        return tuple(self._kept[file.file_id] for file in uploads)


def _forget_bytes(file: Any) -> None:
    """What lies on disk need not stay in the server's memory, where Streamlit keeps uploads until the session ends."""
    running = get_script_run_ctx()
    if running and isinstance(running.uploaded_file_mgr, MemoryUploadedFileManager):
        emptied = UploadedFileRec(file_id=file.file_id, name=file.name, type=file.type, data=b"")
        running.uploaded_file_mgr.add_file(running.session_id, emptied)


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
    """Uploads as files in a folder of this session, each written once; of a folder, the folder that holds them."""
    if not uploads:
        st.session_state.pop("upload_folder", None)
        return None
    kept: _Folder | None = st.session_state.get("upload_folder")
    if kept is None or kept.together != folder:
        st.session_state["upload_folder"] = kept = _Folder(together=folder)
    paths = kept.hold(uploads)
    ident = blake2b("\n".join([str(folder), *(file.file_id for file in uploads)]).encode(), digest_size=6).hexdigest()
    size = sum(path.stat().st_size for path in paths)
    if folder:
        return Brought(ident=ident, paths=(kept.root,), names=(f"a folder of {len(uploads):,} files",), size=size)
    return Brought(ident=ident, paths=paths, names=tuple(path.name for path in paths), size=size)


def inside(root: Path, name: str) -> Path:
    """Where a file of that name lies: names come from elsewhere, what could lead out of the folder is left out.

    Examples
    --------
    >>> inside(Path("here"), "../../etc/passwd").as_posix()
    'here/etc/passwd'
    """
    parts = [part for part in PurePosixPath(name.replace("\\", "/")).parts if part not in {"/", "..", "."}]
    return root.joinpath(*(parts or ["upload"]))
