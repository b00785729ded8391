"""The sample data, loaded, found and ranked once for a test run; every test gets a copy of its own."""

import atexit
import shutil
import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path

from opex.domain.people import Person
from opex.services import driving, loading, prioritising
from opex.services.context import Context
from tests.conftest import context_at


@cache
def _template() -> Path:
    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = Path(folder) / "sample.db"
    context = context_at(f"sqlite:///{path}")
    loading.load_sample(context)
    prioritising.priorities(context)
    context.database.close()
    return path


def copy_to(folder: Path) -> str:
    """The URL of a copy of the sample workspace in that folder."""
    shutil.copy(_template(), folder / "sample.db")
    return f"sqlite:///{folder / 'sample.db'}"


def sample_in(folder: Path) -> Context:
    """A copy of the sample workspace, opened."""
    return context_at(copy_to(folder))


def without(context: Context, driver: str, person: Person) -> None:
    """Take a driver out of the set in force; the others take its weight."""
    now = driving.drivers(context)
    left = tuple(one for one in now.drivers if one.name != driver)
    total = sum(one.weight for one in left)
    wanted = replace(now, drivers=tuple(replace(one, weight=one.weight / total) for one in left))
    driving.save(context, wanted, person=person, note="", seen=now.version)
