"""How fresh each source is: files by their last load, configured sources by their last run."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import streamlit as st

from opex.domain.problems import Refused
from opex.domain.safe import markdown
from opex.services import loading, syncing
from opex.services.context import Context
from opex.services.syncing import Freshness
from opex.store.facts import LoadRecord
from opex.ui.session import may, my_name, person, progress, refusals
from opex.ui.words import several

__all__ = ["EXAMPLES", "ago", "newest_load", "sources"]

GAPS = 3
_SESSION = """region = "eu-west-1"
# profile = "operations"     # or role_arn = "arn:aws:iam::123456789012:role/opex"
since = 2026-01-01
environment = "production"
"""
_METRIC = """
[[metrics]]
metric = "latency"
namespace = "AWS/ApplicationELB"
name = "TargetResponseTime"
stat = "p99"
period = 300
unit = "seconds"
better = "low"
system = "checkout"
"""
_ALARMS = 'names = ["checkout-*"]       # leave it out for all\n'
_BUCKET = """kind = "incidents"           # or changes, metrics
address = "s3://our-bucket/exports/"
# mapping = "our-desk"       # one that is kept here
"""
EXAMPLES = {
    origin: f'name = "{name}"\nfrom = "{origin}"\n{_SESSION}{more}'
    for origin, name, more in (
        ("aws-alarms", "our-alarms", _ALARMS),
        ("aws-metrics", "our-metrics", _METRIC),
        ("aws-pipelines", "our-pipelines", _ALARMS),
        ("aws-deployments", "our-deployments", ""),
        ("aws-opsitems", "our-opsitems", ""),
        ("s3", "our-exports", _BUCKET),
    )
}
SAYS = {
    "aws-alarms": "alarms of CloudWatch, as incidents", "aws-metrics": "metrics of CloudWatch",
    "aws-pipelines": "CodePipeline, as changes", "aws-deployments": "CodeDeploy, as changes",
    "aws-opsitems": "OpsItems of Systems Manager, as incidents", "s3": "files in a bucket",
}  # fmt: skip


def ago(now: datetime, then: datetime) -> str:
    """How long ago, as a person says it.

    Examples
    --------
    >>> from datetime import UTC
    >>> now = datetime(2026, 7, 1, 12, tzinfo=UTC)
    >>> [ago(now, now - timedelta(minutes=m)) for m in (0, 12, 90, 60 * 50)]
    ['just now', '12 min ago', '1 h ago', '2 days ago']
    """
    minutes = int((now - then) / timedelta(minutes=1))
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes} min ago"
    return f"{minutes // 60} h ago" if minutes < 48 * 60 else f"{minutes // (24 * 60)} days ago"


def newest_load(of: Context) -> str:
    """The page's first line: what came last, in words."""
    newest = next((load for load in loading.history(of) if load.taken_back_at is None), None)
    if newest is None:
        return "Bring an export as it comes: incidents first, changes and metrics when you have them."
    file = markdown(newest.files[0] if newest.files else newest.source)
    read = int(newest.report.get("read", 0))
    return (
        f"The newest load is **{file}**, {ago(of.now(), newest.at)}: {read:,} {newest.kind} read. "
        "Loading a file twice changes nothing."
    )


def sources(of: Context) -> None:
    """When each source was last fresh; sources that are fetched can be fetched now, and another added."""
    configured, by_hand = syncing.freshness(of), _by_hand(of)
    if configured or by_hand:
        st.subheader("How fresh it is", anchor=False)
    _told_of_last_sync()
    for one in configured:
        _row(of, one)
    fetched = {one.source.name for one in configured}
    told = [
        f"**{markdown(load.source)}** ({load.kind}) {ago(of.now(), load.at)}"
        for load in by_hand
        if load.source not in fetched
    ]
    if told:
        help_ = "Newer rows come when somebody loads a newer file."
        st.markdown(f"Loaded by hand: {' · '.join(told)}", help=help_)
    _add(of)


def _by_hand(of: Context) -> Iterable[LoadRecord]:
    """The newest load of each source and kind that still counts."""
    found: dict[tuple[str, str], LoadRecord] = {}
    for load in loading.history(of):
        if load.taken_back_at is None:
            found.setdefault((load.source, load.kind), load)
    return list(found.values())


def _row(of: Context, one: Freshness) -> None:
    name = one.source.name
    with st.container(horizontal=True, vertical_alignment="center", key=f"source_{name}"):
        st.markdown(f"**{markdown(name)}** · {one.source.kind} · {_told(of, one)}", width="stretch")
        if st.button("Sync now", key=f"sync_{name}"):
            _sync(of, [name])
        if may("administer") and st.button(
            "Remove", key=f"remove_{name}", type="tertiary", help="What was loaded from it stays."
        ):
            with refusals():
                syncing.remove(of, name, person=my_name())
                st.rerun()


def _told(of: Context, one: Freshness) -> str:
    fresh = f"fresh {ago(of.now(), one.fresh_at)}" if one.fresh_at else "never complete yet"
    if one.status == "new":
        return "not fetched yet"
    if one.status == "failed":
        return f"**failed** ({fresh}): {markdown(one.refusal)}"
    if one.status == "partial":
        gaps = " ".join(markdown(gap) for gap in one.gaps[:GAPS]) or "a gap"
        more = f" And {several(len(one.gaps) - GAPS, 'more gap')}." if len(one.gaps) > GAPS else ""
        return f"**partial** ({fresh}): {gaps}{more}"
    return fresh


def _sync(of: Context, names: list[str]) -> None:
    who = person()
    try:
        with progress("Fetching") as told:
            done = [one.sentence for one in syncing.sync(of, names, person=who.name if who else "", progress=told)]
    except Refused as refusal:
        done = [str(refusal)]
    st.session_state["synced"] = done
    st.rerun()


def _told_of_last_sync() -> None:
    for sentence in st.session_state.pop("synced", ()):
        st.markdown(markdown(sentence))


def _add(of: Context) -> None:
    """Another source, stated as text: an example of each kind stands there to be changed."""
    if not may("administer"):
        return
    fold = st.expander("Add a source that is fetched by itself", key="add_source", on_change="rerun")
    if not fold.open:
        return
    with fold:
        origin = st.selectbox("What is it?", list(EXAMPLES), format_func=SAYS.__getitem__, key="add_origin", width=360)
        text = st.text_area("The source as text (TOML)", EXAMPLES[origin], height=240, key=f"add_text_{origin}")
        st.caption("Credentials are never written here: they come from AWS's own chain on the machine that runs opex.")
        if st.button("Keep this source", key="add_keep"):
            with refusals():
                source = syncing.configure(of, text or "", person=my_name())
                st.session_state["synced"] = [f"{source.name} is kept: sync it when you like."]
                st.rerun()
