"""Recurring themes on real incidents: what must be found, what must stay apart, how stable and how fast it is."""

import csv
import gzip
import json
import random
import re
from itertools import pairwise
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import adjusted_rand_score, completeness_score, homogeneity_score

from opex.evidence.themes import Themes, group

pytestmark = pytest.mark.real_data


def labelled(real_data: Path) -> tuple[NDArray[np.intp], list[str]]:
    with gzip.open(real_data / "labelled_texts" / "texts.csv.gz", "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return np.array([int(row["theme"]) for row in rows]), [row["text"] for row in rows]


def postmortems(real_data: Path) -> dict[str, tuple[str, str]]:
    """Id -> heading, and summary with contributing factors."""
    told = {}
    for path in sorted((real_data / "dfds_postmortems").glob("PM2*")):
        text = path.read_text(encoding="utf-8")
        parts = re.split(r"^#+ +(.*)$", text, flags=re.MULTILINE)[1:]
        section = {heading.strip(): body for heading, body in zip(parts[::2], parts[1::2], strict=True)}
        told[path.name[:10]] = parts[0], section.get("Summary", "") + section.get("Contributing Factors", "")
    return told


def jenkins(real_data: Path) -> tuple[list[str], list[str]]:
    with (real_data / "jenkins_infra_status" / "incidents_flat.csv").open(encoding="utf-8", newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: row["started_at"])
    return [row["title"] for row in rows], [row["body"] for row in rows]


def github(real_data: Path) -> tuple[list[str], list[str]]:
    lines = (real_data / "github_statuses" / "incidents.jsonl").read_text(encoding="utf-8").splitlines()
    incidents = [json.loads(line) for line in lines]
    messages = [" ".join(update["message"] for update in incident["updates"][:2]) for incident in incidents]
    return [incident["title"] for incident in incidents], messages


def themes_of(found: Themes, titles: list[str]) -> list[set[str]]:
    return [{titles[row] for row in np.flatnonzero(found.labels == theme)} for theme in range(len(found.words))]


def in_one_theme(labels: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Every pair of incidents: whether they are in the same theme."""
    pairs: NDArray[np.bool_] = ((labels[:, None] == labels) & (labels[:, None] >= 0))[np.triu_indices(len(labels), 1)]
    return pairs


def test_known_themes_are_found_again_and_noise_is_left_out(real_data: Path) -> None:
    theme, texts = labelled(real_data)

    labels = group(texts).labels

    real = theme >= 0
    assert adjusted_rand_score(theme[real], labels[real]) > 0.99  # 0.998 measured
    assert adjusted_rand_score(theme, labels) > 0.97  # 0.990
    assert homogeneity_score(theme[real], labels[real]) > 0.99
    assert completeness_score(theme[real], labels[real]) > 0.99
    assert (labels[~real] == -1).mean() > 0.97  # 0.992
    assert (labels[real] == -1).mean() < 0.01  # 0.002
    assert themes_that_some_group_is_mostly(theme, labels) == 150


def themes_that_some_group_is_mostly(theme: NDArray[np.intp], labels: NDArray[np.intp]) -> int:
    """How many true themes are more than half of some group: a few large groups can flatter the Rand index."""
    mostly = set()
    for group_ in range(int(labels.max()) + 1):
        truths, counts = np.unique(theme[labels == group_], return_counts=True)
        if 2 * counts.max() > counts.sum():
            mostly.add(int(truths[counts.argmax()]))
    return len(mostly - {-1})


def test_without_its_synonyms_it_is_still_better_than_plain_pipelines(real_data: Path) -> None:
    theme, texts = labelled(real_data)
    real = theme >= 0

    labels = group(texts, synonyms={}).labels

    assert adjusted_rand_score(theme[real], labels[real]) > 0.45
    assert (labels[real] >= 0).mean() > 0.92
    assert (labels[~real] >= 0).mean() < 0.17
    assert themes_that_some_group_is_mostly(theme, labels) >= 100


def test_the_four_recurrences_of_a_platform_team_lead_its_themes(real_data: Path) -> None:
    told = postmortems(real_data)
    assert len(told) == 39

    found = group([title for title, _ in told.values()], [text for _, text in told.values()], min_size=2)

    assert themes_of(found, list(told))[:4] == [
        {"PM2021-001", "PM2022-002", "PM2023-002"},
        {"PM2021-005", "PM2021-006", "PM2021-007"},
        {"PM2020-002", "PM2020-009"},
        {"PM2021-002", "PM2021-003"},
    ]


def test_a_status_page_shows_what_an_operations_engineer_would_call_one_problem(real_data: Path) -> None:
    titles, bodies = jenkins(real_data)

    found = themes_of(group(titles, bodies), titles)

    assert {"Outage on ci.jenkins.io", "ci.jenkins.io is down", "Disruptions on ci.jenkins.io"} <= found[1]
    assert not any("Maintenance" in title for title in found[1])
    assert {"ldap outage", "LDAP server down"} in [theme & {"ldap outage", "LDAP server down"} for theme in found]
    assert {f"Update Center Brownout ({number})" for number in range(1, 7)} <= max(
        found, key=lambda theme: sum("Brownout (" in title for title in theme)
    )


def test_a_title_that_names_no_component_is_a_theme_of_what_its_descriptions_leave(real_data: Path) -> None:
    titles, messages = github(real_data)
    vague = np.array([title == "Disruption with some GitHub services" for title in titles])
    assert vague.sum() == 112

    found = group(titles, messages)
    labels = found.labels

    heading = np.bincount(labels[vague][labels[vague] >= 0]).argmax()
    assert set(np.flatnonzero(labels == heading)) <= set(np.flatnonzero(vague))
    assert (labels == heading).sum() >= 90  # 95 measured; 17 say in their first messages what they were
    assert found.words[heading][0] == "disruption with some github services"
    assert len(set(group(titles).labels[vague])) == 1
    named = ("Codespaces", "Actions", "Copilot", "Webhooks", "Pull Requests", "Packages")
    assert len({int(labels[titles.index(f"Incident with {name}")]) for name in named} - {-1}) == len(named)


def test_a_fifth_more_incidents_leave_earlier_ones_where_they_were(real_data: Path) -> None:
    titles, bodies = jenkins(real_data)
    n = int(len(titles) / 1.2)

    before = in_one_theme(group(titles[:n], bodies[:n]).labels)
    after = in_one_theme(group(titles, bodies).labels[:n])

    assert (before == after).mean() > 0.99  # 0.998 measured
    assert (before & after).sum() / (before | after).sum() > 0.9  # of the pairs together before or after: 0.95


def test_the_order_of_the_incidents_does_not_matter(real_data: Path) -> None:
    for titles, texts in (jenkins(real_data), github(real_data)):
        order = list(range(len(titles)))
        random.Random(7).shuffle(order)
        there, back = group(titles, texts), group([titles[row] for row in order], [texts[row] for row in order])
        assert (in_one_theme(there.labels[order]) == in_one_theme(back.labels)).all()


def test_grouping_takes_at_most_six_times_bare_tf_idf(real_data: Path) -> None:
    _, texts = labelled(real_data)
    spent = []
    for _ in range(5):
        marks = [perf_counter()]
        for work in (TfidfVectorizer().fit_transform, group):
            work(texts)
            marks.append(perf_counter())
        spent.append([later - earlier for earlier, later in pairwise(marks)])

    assert median(grouping for _, grouping in spent) <= 6 * median(bare for bare, _ in spent)  # 2 to 4 measured


def test_a_hundred_thousand_texts_with_other_numbers_find_the_same_themes(real_data: Path) -> None:
    theme, texts = labelled(real_data)
    dice = random.Random(1)
    many = [re.sub(r"\d{4,}", lambda _: str(dice.randint(1_000, 99_999)), text) for _ in range(4) for text in texts]

    labels = group(many).labels

    assert adjusted_rand_score(np.tile(theme, 4), labels) > 0.96
