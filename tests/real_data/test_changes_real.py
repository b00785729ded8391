"""Changes and incidents of a real organisation: nobody is accused on thin evidence."""

from pathlib import Path

import numpy as np
import pytest

from opex.evidence.linking import Linked
from opex.services import linking, loading
from opex.services.context import Context
from opex.services.loading import Asked

pytestmark = pytest.mark.real_data


def test_no_system_of_the_jenkins_project_is_named_and_each_says_what_chance_would_give(
    real_data: Path, context: Context
) -> None:
    def bring(path: Path, kind: str) -> None:
        loading.load(context, [path], Asked(kind=kind, environment="production"))

    bring(real_data / "jenkins_infra_status" / "content", "incidents")
    for name in ("kubernetes_management", "azure_terraform"):
        bring(real_data / "jenkins_infra_changes" / f"{name}_changes.csv", "changes")
    everybodys, peoples = (linking.linked(context, who=who) for who in ("all", "people"))
    assert isinstance(everybodys, Linked)
    assert isinstance(peoples, Linked)
    table, people = linking.table(everybodys), linking.table(peoples)
    assert (f"{everybodys.begin:%Y-%m-%d}", f"{everybodys.end:%Y-%m-%d}") == ("2020-11-19", "2026-06-11")
    assert table["q"].min() > 0.05
    assert people["q"].min() > 0.05
    nearest = people.iloc[0]
    assert nearest[["system", "seen", "episodes", "fixes"]].tolist() == ["release.ci.jenkins.io", 7, 23, 16]
    assert nearest["expected"] == pytest.approx(2.6, abs=0.05)
    few = [one for one in everybodys.systems if one.after is None]
    assert all(one.lacks and np.isnan(one.q_value) for one in few)
    assert len(few) == 29
