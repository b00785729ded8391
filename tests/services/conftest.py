"""What tests of services share: a workspace of their own with the sample."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from opex.services.context import Context
from tests.services.sample import sample_in


@pytest.fixture
def sample(tmp_path: Path) -> Iterator[Context]:
    """The sample company, in a file of this test's own."""
    context = sample_in(tmp_path)
    yield context
    context.database.close()
