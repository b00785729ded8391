"""Options that read alike: what a person chooses is what is taken."""

from pathlib import Path

from streamlit.testing.v1 import AppTest

from opex.domain.priorities import Priorities
from opex.services import finding, prioritising
from tests.conftest import context_at
from tests.services.sample import copy_to


def splitting(url: str, item: str) -> None:
    import streamlit as st

    from opex.domain.priorities import Priorities
    from opex.services import prioritising
    from opex.ui.sessions.decide import _split
    from tests.conftest import context_at

    of = context_at(url)
    order = prioritising.priorities(of)
    assert isinstance(order, Priorities)
    _, taken = _split(of, prioritising.one(of, item), order, "here")
    st.text(" and ".join(taken))
    of.database.close()


def test_of_incidents_with_one_title_the_chosen_one_is_split_off(tmp_path: Path) -> None:
    url = copy_to(tmp_path)
    of = context_at(url)
    order = prioritising.priorities(of)
    assert isinstance(order, Priorities)
    tables = ((one.id, finding.evidence(of, list(one.opportunity.evidence)[-200:])) for one in order.items)
    item, table = next((one, table) for one, table in tables if table["title"].duplicated().any())
    of.database.close()
    first = table[table["title"].duplicated(keep=False)].iloc[0]
    app = AppTest.from_function(splitting, args=(url, item), default_timeout=60).run()
    app.multiselect(key="taken_here").set_value([f"{first['title']} ({first['id']})"]).run()
    assert app.text[0].value == first["id"]
    assert not app.exception
