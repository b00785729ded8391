"""Each real data set comes in whole: every row is loaded, folded, repeated or refused with its reason."""

from pathlib import Path

import pandas as pd
import pytest

from opex.sources import Reading, propose, read

pytestmark = pytest.mark.real_data


def counts(reading: Reading) -> dict[str, int]:
    assert reading.read == len(reading.main) + reading.refused + reading.duplicates
    return {
        "rows": reading.rows,
        "read": reading.read,
        "loaded": len(reading.main),
        "refused": reading.refused,
        "repeats": reading.duplicates,
    }


def test_servicenow_log(real_data: Path) -> None:
    reading = read([real_data / "uci_servicenow_slice"], kind="incidents")
    assert reading.format == "servicenow"
    assert counts(reading) == {"rows": 5640, "read": 989, "loaded": 989, "refused": 0, "repeats": 0}
    frame = reading.main
    assert frame["severity"].value_counts().to_dict() == {3: 932, 4: 32, 2: 14, 1: 11}
    assert int(frame["system"].notna().sum()) == 3
    assert (frame["resolved_at"] >= frame["started_at"]).all()
    assert not frame["title"].str.contains("?", regex=False).any()
    assert any('2 of 5,640 updates have the state "-100"' in note for note in reading.notes)


def test_an_earlier_export_of_the_log_knows_nothing_of_later_ends(real_data: Path, tmp_path: Path) -> None:
    log = pd.read_csv(
        real_data / "uci_servicenow_slice" / "incident_event_log_every21st.csv", dtype=str, keep_default_na=False
    )
    early = log[~log["incident_state"].isin(["Resolved", "Closed"])]
    early.to_csv(tmp_path / "early.csv", index=False)
    reading = read([tmp_path / "early.csv"], kind="incidents")
    assert reading.main["resolved_at"].isna().all()
    assert set(reading.main["status"].dropna()) == {"open"}


def test_cstate_folder_and_the_folders_above(real_data: Path) -> None:
    reading = read([real_data / "jenkins_infra_status" / "content" / "issues"], kind="incidents")
    assert reading.format == "cstate"
    assert counts(reading) == {"rows": 297, "read": 297, "loaded": 289, "refused": 8, "repeats": 0}
    assert {(p.row, p.column) for p in reading.problems} == {(None, "resolved_at")}
    assert "2021-09-23-puppet-outage.md" in {p.file for p in reading.problems}
    assert int(reading.main["planned"].sum()) == 113
    above = read([real_data / "jenkins_infra_status" / "content"], kind="incidents")
    assert counts(above) == counts(reading)
    assert len(above.skipped) == 5
    pd.testing.assert_frame_equal(above.main, reading.main)
    whole = read([real_data / "jenkins_infra_status"], kind="incidents", format="cstate")
    pd.testing.assert_frame_equal(whole.main, reading.main)


def test_the_same_incidents_as_a_plain_table(real_data: Path) -> None:
    flat = read([real_data / "jenkins_infra_status" / "incidents_flat.csv"], kind="incidents")
    assert flat.format == "csv"
    assert counts(flat) == {"rows": 297, "read": 297, "loaded": 289, "refused": 8, "repeats": 0}
    files = read([real_data / "jenkins_infra_status" / "content" / "issues"], kind="incidents")
    columns = ["source_id", "title", "system", "severity", "started_at", "resolved_at"]
    one, other = (r.main[columns].sort_values("source_id", ignore_index=True) for r in (flat, files))
    pd.testing.assert_frame_equal(one, other)
    assert len(flat.tables["incident_systems"]) == len(files.tables["incident_systems"]) == 572


def test_github_statuspage(real_data: Path) -> None:
    reading = read([real_data / "github_statuses"], kind="incidents")
    assert reading.format == "statuspage"
    assert counts(reading) == {"rows": 819, "read": 819, "loaded": 819, "refused": 0, "repeats": 0}
    assert int(reading.main["system"].isna().sum()) == 158
    assert int(reading.main["planned"].sum()) == 18
    assert int(reading.main["tags"].notna().sum()) == 88
    assert [name for name, _ in reading.skipped] == ["LICENSE", "downtime_windows.csv"]


def test_jenkins_commits(real_data: Path) -> None:
    reading = read([real_data / "jenkins_infra_changes"], kind="changes")
    assert reading.format == "commits"
    assert counts(reading) == {"rows": 8844, "read": 8844, "loaded": 8844, "refused": 0, "repeats": 0}
    one = read([real_data / "jenkins_infra_changes" / "azure_terraform_changes.csv"], kind="changes")
    assert counts(one)["loaded"] == 1424
    assert reading.main["outcome"].unique().tolist() == ["unknown"]
    assert reading.main["paths"].notna().mean() > 0.9


def test_post_mortems(real_data: Path) -> None:
    reading = read([real_data / "dfds_postmortems"], kind="incidents")
    assert reading.format == "postmortem"
    assert counts(reading) == {"rows": 40, "read": 40, "loaded": 38, "refused": 2, "repeats": 0}
    assert [p.file[:10] for p in reading.problems] == ["PM2020-003", "PMyyyy-nnn"]
    assert [name for name, _ in reading.skipped] == ["LICENSE", "README.md"]
    by_id = reading.main.set_index("source_id")
    assert by_id["resolved_at"].isna().sum() == 8
    assert by_id.loc["PM2022-009", "started_at"].isoformat() == "2022-10-29T01:02:00+00:00"
    assert by_id.loc["PM2022-009", "resolved_at"].isoformat() == "2022-10-31T07:12:00+00:00"
    assert by_id.loc["PM2020-002", "started_at"].isoformat() == "2020-01-21T14:36:00+00:00"
    assert by_id.loc["PM2020-002", "resolved_at"].isoformat() == "2020-01-21T17:04:00+00:00"
    assert by_id.loc["PM2024-001", "started_at"].isoformat() == "2024-03-13T10:01:00+00:00"


def test_cloudwatch_metrics(real_data: Path) -> None:
    reading = read([real_data / "nab_aws"], kind="metrics")
    assert reading.format == "cloudwatch"
    assert counts(reading) == {"rows": 67740, "read": 67740, "loaded": 67718, "refused": 7, "repeats": 15}
    assert reading.main["metric"].nunique() == 17
    assert [name for name, _ in reading.skipped] == ["LICENSE.txt", "combined_windows.json"]


@pytest.mark.parametrize(
    ("path", "kind", "format_"),
    [
        ("uci_servicenow_slice", "incidents", "servicenow"),
        ("jenkins_infra_status/content/issues", "incidents", "cstate"),
        ("jenkins_infra_status/incidents_flat.csv", "incidents", "columns"),
        ("github_statuses", "incidents", "statuspage"),
        ("jenkins_infra_changes", "changes", "commits"),
        ("dfds_postmortems", "incidents", "postmortem"),
        ("nab_aws", "metrics", "cloudwatch"),
    ],
)
def test_each_is_proposed_with_a_sample_before_it_is_loaded(
    real_data: Path, path: str, kind: str, format_: str
) -> None:
    proposal = propose([real_data / path], kind=kind)
    assert (proposal.format, proposal.missing, proposal.refusal) == (format_, [], "")
    assert proposal.sample is not None
    assert 0 < len(proposal.sample.main) <= 200
