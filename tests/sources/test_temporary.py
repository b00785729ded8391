"""Temporary folders: gone with the work, with the process, and at the latest with the next process."""

import os
import subprocess
import sys
from pathlib import Path

WORK = "from opex.sources.temporary import temporary_folder\nwith temporary_folder() as folder:\n    {then}\n"


def run(tmp: Path, then: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WORK.format(then=then)], env={**os.environ, "TMPDIR": str(tmp)}, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip


def ended(process: subprocess.Popen[str]) -> str:
    return process.communicate()[0].strip()


def test_a_folder_is_its_owners_only_and_goes_with_the_work_and_the_process(tmp_path: Path) -> None:
    told = ended(run(tmp_path, "import os; print(oct(os.stat(folder).st_mode & 0o777), os.listdir(folder))"))
    assert (told, list(tmp_path.iterdir())) == ("0o700 []", [])


def test_what_a_killed_process_left_goes_with_the_next_one_and_what_a_living_one_holds_stays(tmp_path: Path) -> None:
    living, killed = (run(tmp_path, "print(folder, flush=True); input()") for _ in range(2))
    assert living.stdout is not None
    assert killed.stdout is not None
    held, left = (Path(process.stdout.readline().strip()) for process in (living, killed) if process.stdout)
    (tmp_path / "opex-of-somebody-else").mkdir()
    for name in ("opex-old", "opex-full"):  # somebody was killed while making them
        (tmp_path / name).mkdir()
    (tmp_path / "opex-full" / "a-persons-own.csv").touch()
    for name in ("opex-old", "opex-full"):
        os.utime(tmp_path / name, (1, 1))
    killed.kill()
    ended(killed)
    assert left.is_dir()
    ended(run(tmp_path, "pass"))
    assert (held.is_dir(), left.exists()) == (True, False)
    living.communicate("\n")
    assert {path.name for path in tmp_path.iterdir()} == {"opex-of-somebody-else", "opex-full"}
