"""What well-known tools export, in their documented shapes, becomes canonical rows without a mapping."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from opex.frames import INCIDENTS
from opex.sources import Reading, read
from opex.sources.formats import presets
from opex.sources.sniffing import looked_at, recognised

UTC = dt.UTC


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=UTC)


def saved(folder: Path, name: str, content: Any) -> Reading:
    file = folder / name
    file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return read([file], kind="incidents")


def whole(reading: Reading) -> list[dict[str, object]]:
    """Every cell that is not missing, without what is the same in all rows: source, unknown environment, unplanned."""
    usual = {"source": reading.format, "environment": "unknown", "planned": False}
    frame = reading.main[INCIDENTS.names]
    rows = frame.astype(object).to_dict("records")
    return [
        {name: cell for name, cell in row.items() if not pd.isna(cell) and usual.get(str(name)) != cell} for row in rows
    ]


def further(reading: Reading) -> list[tuple[str, str]]:
    frame = reading.tables["incident_systems"]
    return list(zip(frame["source_id"], frame["system"], strict=True))


# https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-search/ (GET /rest/api/3/search/jql)
JIRA: dict[str, Any] = {
    "expand": "schema,names",
    "startAt": 0,
    "maxResults": 50,
    "total": 3,
    "issues": [
        {
            "expand": "operations,versionedRepresentations,editmeta,changelog,renderedFields",
            "id": "10002",
            "self": "https://your-domain.atlassian.net/rest/api/3/issue/10002",
            "key": "OPS-2",
            "fields": {
                "summary": "Checkout answers with 500",
                "issuetype": {"id": "10004", "name": "[System] Incident", "subtask": False},
                "project": {"id": "10000", "key": "OPS", "name": "Operations"},
                "priority": {"iconUrl": "https://x/highest.svg", "name": "Highest", "id": "1"},
                "status": {"name": "Done", "id": "10001", "statusCategory": {"id": 3, "key": "done", "name": "Done"}},
                "resolution": {"name": "Done", "id": "10000"},
                "created": "2024-03-12T15:04:05.000+0100",
                "updated": "2024-03-12T17:00:00.000+0100",
                "resolutiondate": "2024-03-12T16:34:05.000+0100",
                "components": [{"id": "1", "name": "Checkout"}, {"id": "2", "name": "Payments"}],
                "labels": ["db", "peak"],
                "environment": None,
                "description": {
                    "type": "doc",
                    "version": 1,
                    "content": [
                        {"type": "paragraph", "content": [{"type": "text", "text": "The pool ran dry."}]},
                        {"type": "paragraph", "content": [{"type": "text", "text": "Restarted."}]},
                    ],
                },
            },
        },
        {
            "id": "10003",
            "key": "OPS-3",
            "fields": {
                "summary": "Search is slow",
                "issuetype": {"name": "Bug"},
                "priority": {"name": "Medium"},
                "status": {"name": "Waiting for vendor", "statusCategory": {"key": "indeterminate"}},
                "created": "2024-03-13T08:00:00.000+0000",
                "resolutiondate": None,
                "components": [],
                "labels": [],
                "description": "Plain text, as version 2 of the API answers.",
            },
        },
        {
            "id": "10004",
            "key": "OPS-4",
            "fields": {
                "summary": "Move to the new rack",
                "issuetype": {"name": "[System] Change"},
                "priority": None,
                "status": {"name": "To Do", "statusCategory": {"key": "new"}},
                "created": "2024-03-14T08:00:00.000+0000",
                "resolutiondate": None,
                "components": [{"name": "Search"}],
                "labels": ["rack"],
                "description": None,
            },
        },
    ],
}


def test_issues_of_a_jira_search(tmp_path: Path) -> None:
    reading = saved(tmp_path, "search.json", JIRA)
    assert (reading.format, reading.rows, reading.problems) == ("jira", 3, [])
    assert whole(reading) == [
        {
            "source_id": "OPS-2",
            "title": "Checkout answers with 500",
            "description": "The pool ran dry.\nRestarted.",
            "system": "Checkout",
            "category": "[System] Incident",
            "severity": 1,
            "started_at": at("2024-03-12 14:04:05"),
            "resolved_at": at("2024-03-12 15:34:05"),
            "status": "closed",
            "tags": "db;peak",
        },
        {
            "source_id": "OPS-3",
            "title": "Search is slow",
            "description": "Plain text, as version 2 of the API answers.",
            "category": "Bug",
            "severity": 3,
            "started_at": at("2024-03-13 08:00"),
            "status": "open",
        },
        {
            "source_id": "OPS-4",
            "title": "Move to the new rack",
            "system": "Search",
            "category": "[System] Change",
            "started_at": at("2024-03-14 08:00"),
            "status": "open",
            "planned": True,
            "tags": "rack",
        },
    ]
    assert further(reading) == [("OPS-2", "Payments")]


# https://support.atlassian.com/jira-software-cloud/docs/export-issues/ ("Export CSV (all fields)"); a header stands
# once for each value that any issue has.
JIRA_CSV = """\
Summary,Issue key,Issue id,Issue Type,Status,Project key,Priority,Resolution,Created,Updated,Resolved,Component/s,\
Component/s,Labels,Labels,Description,Environment,Inward issue link (Problem/Incident),Custom field (Impact)
Checkout answers with 500,OPS-2,10002,Incident,Done,OPS,Highest,Done,12/Mar/24 3:04 PM,12/Mar/24 5:00 PM,\
12/Mar/24 4:34 PM,Checkout,Payments,db,peak,The pool ran dry.,Prod,OPS-1,Significant
Search is slow,OPS-3,10003,Incident,In Progress,OPS,Low,,13/Mar/24 12:00 AM,13/Mar/24 8:00 AM,,Search,,,peak,,,,
Renew the certificates,OPS-4,10004,Planned maintenance,To Do,OPS,Trivial,,14/Mar/24 8:00 AM,14/Mar/24 8:00 AM,,,,,,,,,
"""


def test_issues_that_jira_exports_as_csv(tmp_path: Path) -> None:
    reading = saved(tmp_path, "Jira.csv", JIRA_CSV)
    assert (reading.format, reading.problems) == ("jira", [])
    assert whole(reading) == [
        {
            "source_id": "OPS-2",
            "title": "Checkout answers with 500",
            "description": "The pool ran dry.",
            "system": "Checkout",
            "environment": "production",
            "category": "Incident",
            "severity": 1,
            "started_at": at("2024-03-12 15:04"),
            "resolved_at": at("2024-03-12 16:34"),
            "status": "closed",
            "tags": "db;peak",
            "caused_by": "OPS-1",
        },
        {
            "source_id": "OPS-3",
            "title": "Search is slow",
            "system": "Search",
            "category": "Incident",
            "severity": 4,
            "started_at": at("2024-03-13 00:00"),
            "status": "open",
            "tags": "peak",
        },
        {
            "source_id": "OPS-4",
            "title": "Renew the certificates",
            "category": "Planned maintenance",
            "severity": 5,
            "started_at": at("2024-03-14 08:00"),
            "status": "open",
            "planned": True,
        },
    ]
    assert further(reading) == [("OPS-2", "Payments")]


def pagerduty(number: int, **fields: Any) -> dict[str, Any]:
    """An incident as the API answers it."""
    return {
        "id": f"PT4KHL{number}",
        "type": "incident",
        "summary": f"[#{number}] {fields['title']}",
        "self": f"https://api.pagerduty.com/incidents/PT4KHL{number}",
        "html_url": f"https://subdomain.pagerduty.com/incidents/PT4KHL{number}",
        "incident_number": number,
        "description": fields["title"],
        "incident_key": "baf7cf21b1da41b4b0221008339ff357",
        "service": {"id": "PIJ90N7", "type": "service_reference", "summary": "My Mail Service"},
        "assignments": [],
        "acknowledgements": [],
        "escalation_policy": {"id": "PT20YPA", "summary": "Another Escalation Policy"},
        "teams": [{"id": "PQ9K7I8", "type": "team_reference", "summary": "Engineering"}],
        **fields,
    }


# https://developer.pagerduty.com/api-reference/9d0b4b12e36f9-list-incidents
PAGERDUTY: dict[str, Any] = {
    "incidents": [
        pagerduty(
            1,
            title="The server is on fire.",
            created_at="2024-10-06T21:30:42Z",
            status="resolved",
            last_status_change_at="2024-10-06T22:38:23Z",
            urgency="high",
            priority={"id": "P53ZZH5", "type": "priority_reference", "summary": "P1"},
        ),
        pagerduty(
            2,
            title="Mail waits",
            created_at="2024-10-07T08:00:00Z",
            status="acknowledged",
            last_status_change_at="2024-10-07T08:05:00Z",
            resolved_at=None,
            urgency="low",
            priority=None,
            acknowledgements=[{"at": "2024-10-07T08:05:00Z", "acknowledger": {"summary": "Earline Greenholt"}}],
        ),
        pagerduty(
            3,
            title="Mail stops",
            created_at="2024-10-08T08:00:00Z",
            status="resolved",
            last_status_change_at="2024-10-09T08:00:00Z",
            resolved_at="2024-10-08T09:00:00Z",
            urgency="high",
            teams=[{"summary": "Engineering"}, {"summary": "Support"}],
            body={"type": "incident_body", "details": "The queue is full."},
        ),
    ],
    "limit": 25,
    "offset": 0,
    "more": False,
    "total": None,
}


def test_incidents_of_the_pagerduty_api(tmp_path: Path) -> None:
    reading = saved(tmp_path, "incidents.json", PAGERDUTY)
    assert (reading.format, reading.problems) == ("pagerduty", [])
    address = "https://subdomain.pagerduty.com/incidents"
    assert whole(reading) == [
        {
            "source_id": "PT4KHL1",
            "title": "The server is on fire.",
            "system": "My Mail Service",
            "severity": 1,
            "started_at": at("2024-10-06 21:30:42"),
            "resolved_at": at("2024-10-06 22:38:23"),
            "status": "closed",
            "team": "Engineering",
            "url": f"{address}/PT4KHL1",
        },
        {
            "source_id": "PT4KHL2",
            "title": "Mail waits",
            "system": "My Mail Service",
            "severity": 4,
            "started_at": at("2024-10-07 08:00"),
            "status": "open",
            "team": "Engineering",
            "url": f"{address}/PT4KHL2",
        },
        {
            "source_id": "PT4KHL3",
            "title": "Mail stops",
            "description": "The queue is full.",
            "system": "My Mail Service",
            "severity": 2,
            "started_at": at("2024-10-08 08:00"),
            "resolved_at": at("2024-10-08 09:00"),
            "status": "closed",
            "team": "Engineering, Support",
            "url": f"{address}/PT4KHL3",
        },
    ]


# https://support.pagerduty.com/main/docs/incidents-report (CSV of the incidents report)
PAGERDUTY_CSV = """\
id,incident_number,description,service_id,service_name,escalation_policy_name,created_on,resolved_on,\
seconds_to_first_ack,seconds_to_resolve,auto_resolved,urgency
PABC1,101,Disk is full,P1,Storage,Default,2024-10-06T14:30:42-07:00,2024-10-06T15:00:42-07:00,120,1800,f,high
PABC2,102,Disk is slow,P1,Storage,Default,2024-10-07T14:00:00-07:00,,,,f,low
PABC3,103,Disk is gone,P1,Storage,Default,2024-10-08T14:00:00-07:00,2024-10-08T14:10:00-07:00,-5,600,t,high
"""


def test_the_csv_of_a_pagerduty_report_counts_seconds_from_the_start(tmp_path: Path) -> None:
    reading = saved(tmp_path, "incidents.csv", PAGERDUTY_CSV)
    assert reading.format == "pagerduty"
    assert whole(reading) == [
        {
            "source_id": "PABC1",
            "title": "Disk is full",
            "system": "Storage",
            "severity": 2,
            "started_at": at("2024-10-06 21:30:42"),
            "acknowledged_at": at("2024-10-06 21:32:42"),
            "resolved_at": at("2024-10-06 22:00:42"),
        },
        {
            "source_id": "PABC2",
            "title": "Disk is slow",
            "system": "Storage",
            "severity": 4,
            "started_at": at("2024-10-07 21:00"),
        },
    ]
    assert [(p.row, p.column, p.value, p.expected) for p in reading.problems] == [
        (4, "acknowledged_at", "-5", "a duration in seconds, 0 or more (and at most 100 years)")
    ]


# https://docs.opsgenie.com/docs/alert-api (List Alerts)
OPSGENIE_ALERTS: dict[str, Any] = {
    "data": [
        {
            "id": "70413a06-38d6-4c85-92b8-5ebc900d42e2",
            "tinyId": "1791",
            "alias": "event_573",
            "message": "Our servers are in danger",
            "status": "closed",
            "acknowledged": True,
            "isSeen": True,
            "tags": ["OverwriteQuietHours", "Critical"],
            "snoozed": False,
            "count": 79,
            "lastOccurredAt": "2024-04-20T20:05:50.894Z",
            "createdAt": "2024-03-21T20:32:52.353Z",
            "updatedAt": "2024-04-30T09:54:17.105Z",
            "source": "Isengard",
            "owner": "morpheus@opsgenie.com",
            "priority": "P1",
            "responders": [{"id": "4513b7ea-3b91-438f-b7e4-e3e54af9147c", "type": "team"}],
            "integration": {"id": "4513b7ea", "name": "Nebuchadnezzar", "type": "API"},
            "report": {"ackTime": 15702, "closeTime": 60503, "acknowledgedBy": "agent_smith", "closedBy": "neo"},
        },
        {
            "id": "80413a06-38d6-4c85-92b8-5ebc900d42e2",
            "tinyId": "1792",
            "message": "A disk fills",
            "status": "open",
            "tags": [],
            "createdAt": "2024-03-22T08:00:00Z",
            "updatedAt": "2024-03-22T08:00:00Z",
            "priority": "P5",
            "entity": "db-7",
            "description": "90 % of /var",
            "report": {},
        },
        {
            "id": "90413a06-38d6-4c85-92b8-5ebc900d42e2",
            "tinyId": "1793",
            "message": "A host is away",
            "status": "open",
            "tags": ["Maintenance"],
            "createdAt": "2024-03-23T08:00:00Z",
            "updatedAt": "2024-03-23T08:00:00Z",
            "priority": "P3",
            "report": {"ackTime": 1000},
        },
    ],
    "paging": {"first": "https://api.opsgenie.com/v2/alerts?limit=3"},
    "took": 0.605,
    "requestId": "9ae63dd7-ed00-4c81-86f0-c4ffd33142c9",
}


def test_alerts_of_the_opsgenie_api_end_after_the_milliseconds_of_their_report(tmp_path: Path) -> None:
    reading = saved(tmp_path, "alerts.json", OPSGENIE_ALERTS)
    assert (reading.format, reading.problems) == ("opsgenie", [])
    assert whole(reading) == [
        {
            "source_id": "70413a06-38d6-4c85-92b8-5ebc900d42e2",
            "title": "Our servers are in danger",
            "severity": 1,
            "started_at": at("2024-03-21 20:32:52.353"),
            "acknowledged_at": at("2024-03-21 20:33:08.055"),
            "resolved_at": at("2024-03-21 20:33:52.856"),
            "status": "closed",
            "tags": "OverwriteQuietHours;Critical",
        },
        {
            "source_id": "80413a06-38d6-4c85-92b8-5ebc900d42e2",
            "title": "A disk fills",
            "description": "90 % of /var",
            "system": "db-7",
            "severity": 5,
            "started_at": at("2024-03-22 08:00"),
            "status": "open",
        },
        {
            "source_id": "90413a06-38d6-4c85-92b8-5ebc900d42e2",
            "title": "A host is away",
            "severity": 3,
            "started_at": at("2024-03-23 08:00"),
            "acknowledged_at": at("2024-03-23 08:00:01"),
            "status": "open",
            "planned": True,
            "tags": "Maintenance",
        },
    ]


def opsgenie(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "id": f"4a0c5e6d-{number}",
        "tinyId": str(number),
        "tags": ["hello"],
        "createdAt": "2024-09-20T13:33:00.941Z",
        "updatedAt": "2024-09-26T17:48:54.48Z",
        "ownerTeam": "",
        "responders": [{"type": "team", "id": "63374eee"}],
        "extraProperties": {},
        "links": {"web": f"https://my.app.opsgenie.com/incident/detail/4a0c5e6d-{number}", "api": "https://api"},
        "actions": [],
        **fields,
    }


# https://docs.opsgenie.com/docs/incident-api (List Incidents)
OPSGENIE_INCIDENTS: dict[str, Any] = {
    "data": [
        opsgenie(
            2,
            message="Nobody can pay",
            description="All cards are refused.",
            status="resolved",
            priority="P2",
            impactedServices=["59591948-d418", "daa0d66f-ad35"],
            impactStartDate="2024-09-20T13:00:00Z",
            impactEndDate="2024-09-20T15:30:00Z",
        ),
        opsgenie(3, message="Slow pages", status="open", priority="P3", impactedServices=[], description=""),
        opsgenie(4, message="Late mail", status="closed", priority="P4", impactedServices=["59591948-d418"]),
    ],
    "paging": {"first": "https://api.opsgenie.com/v1/incidents", "last": "https://api.opsgenie.com/v1/incidents"},
    "took": 0.3,
    "requestId": "9ae63dd7",
}


def test_incidents_of_the_opsgenie_api_name_the_services_that_they_hit(tmp_path: Path) -> None:
    reading = saved(tmp_path, "incidents.json", OPSGENIE_INCIDENTS)
    assert (reading.format, reading.problems) == ("opsgenie", [])
    address = "https://my.app.opsgenie.com/incident/detail"
    created = at("2024-09-20 13:33:00.941")
    assert whole(reading) == [
        {
            "source_id": "4a0c5e6d-2",
            "title": "Nobody can pay",
            "description": "All cards are refused.",
            "system": "59591948-d418",
            "severity": 2,
            "started_at": at("2024-09-20 13:00"),
            "resolved_at": at("2024-09-20 15:30"),
            "status": "closed",
            "url": f"{address}/4a0c5e6d-2",
            "tags": "hello",
        },
        {
            "source_id": "4a0c5e6d-3",
            "title": "Slow pages",
            "severity": 3,
            "started_at": created,
            "status": "open",
            "url": f"{address}/4a0c5e6d-3",
            "tags": "hello",
        },
        {
            "source_id": "4a0c5e6d-4",
            "title": "Late mail",
            "system": "59591948-d418",
            "severity": 4,
            "started_at": created,
            "status": "closed",
            "url": f"{address}/4a0c5e6d-4",
            "tags": "hello",
        },
    ]
    assert further(reading) == [("4a0c5e6d-2", "daa0d66f-ad35")]


PAGE = {"id": "srhpyqt94yxb", "name": "A page", "url": "https://status.example", "time_zone": "America/Tijuana"}


def statuspage(name: str, **fields: Any) -> dict[str, Any]:
    return {
        "id": f"id-{name}",
        "name": name,
        "monitoring_at": None,
        "page_id": "srhpyqt94yxb",
        "shortlink": f"http://stspg.io/{name}",
        "incident_updates": [],
        "components": [],
        **fields,
    }


# https://metastatuspage.com/api (incidents.json)
STATUSPAGE: dict[str, Any] = {
    "page": PAGE,
    "incidents": [
        statuspage(
            "Down",
            status="postmortem",
            impact="critical",
            created_at="2024-02-15T13:37:37.407-08:00",
            started_at="2024-02-15T13:30:00.000-08:00",
            resolved_at="2024-02-15T14:30:00.000-08:00",
            incident_updates=[
                {"id": "u2", "status": "resolved", "body": "It is over.", "affected_components": None},
                {"id": "u1", "status": "investigating", "body": "We look.", "affected_components": None},
            ],
            components=[{"id": "c1", "name": "API", "group": False}, {"id": "c2", "name": "Web", "group": False}],
        ),
        statuspage("Slow", status="monitoring", impact="minor", created_at="2024-02-16T00:00:00Z", resolved_at=None),
        statuspage("A word", status="resolved", impact="none", created_at="2024-02-17T00:00:00Z", resolved_at=None),
    ],
}
# https://metastatuspage.com/api (scheduled-maintenances.json)
MAINTENANCES: dict[str, Any] = {
    "page": PAGE,
    "scheduled_maintenances": [
        statuspage(
            "New rack",
            status="completed",
            impact="major",
            created_at="2024-02-01T00:00:00Z",
            started_at="2024-02-01T00:00:00Z",
            scheduled_for="2024-02-20T02:00:00Z",
            scheduled_until="2024-02-20T06:00:00Z",
            resolved_at="2024-02-20T05:00:00Z",
        ),
        statuspage(
            "New switch",
            status="scheduled",
            impact="maintenance",
            created_at="2024-02-02T00:00:00Z",
            scheduled_for="2024-03-20T02:00:00Z",
            scheduled_until="2024-03-20T06:00:00Z",
            resolved_at=None,
        ),
        statuspage(
            "New disk",
            status="in_progress",
            impact="none",
            created_at="2024-02-03T00:00:00Z",
            scheduled_for="2024-02-21T02:00:00Z",
            scheduled_until="2024-02-21T06:00:00Z",
            resolved_at=None,
        ),
    ],
}


def test_incidents_of_a_statuspage(tmp_path: Path) -> None:
    reading = saved(tmp_path, "incidents.json", STATUSPAGE)
    assert (reading.format, reading.problems) == ("statuspage", [])
    assert whole(reading) == [
        {
            "source_id": "id-Down",
            "title": "Down",
            "description": "It is over.\nWe look.",
            "system": "API",
            "severity": 1,
            "started_at": at("2024-02-15 21:30"),
            "resolved_at": at("2024-02-15 22:30"),
            "status": "closed",
            "url": "http://stspg.io/Down",
        },
        {
            "source_id": "id-Slow",
            "title": "Slow",
            "severity": 3,
            "started_at": at("2024-02-16"),
            "status": "open",
            "url": "http://stspg.io/Slow",
        },
        {
            "source_id": "id-A word",
            "title": "A word",
            "severity": 5,
            "started_at": at("2024-02-17"),
            "status": "closed",
            "url": "http://stspg.io/A word",
        },
    ]
    assert further(reading) == [("id-Down", "Web")]


def test_scheduled_maintenances_of_a_statuspage_are_planned_and_start_when_they_are_scheduled_for(
    tmp_path: Path,
) -> None:
    reading = saved(tmp_path, "scheduled-maintenances.json", MAINTENANCES)
    assert (reading.format, reading.problems) == ("statuspage", [])
    assert whole(reading) == [
        {
            "source_id": "id-New rack",
            "title": "New rack",
            "severity": 2,
            "started_at": at("2024-02-20 02:00"),
            "resolved_at": at("2024-02-20 05:00"),
            "status": "closed",
            "planned": True,
            "url": "http://stspg.io/New rack",
        },
        {
            "source_id": "id-New switch",
            "title": "New switch",
            "severity": 5,
            "started_at": at("2024-03-20 02:00"),
            "status": "open",
            "planned": True,
            "url": "http://stspg.io/New switch",
        },
        {
            "source_id": "id-New disk",
            "title": "New disk",
            "severity": 5,
            "started_at": at("2024-02-21 02:00"),
            "status": "open",
            "planned": True,
            "url": "http://stspg.io/New disk",
        },
    ]


# https://www.servicenow.com/docs/bundle/zurich-api-reference/page/integrate/inbound-rest/concept/c_TableAPI.html
# A field as (value, displayed value, table of the reference or None).
SERVICENOW: list[dict[str, tuple[str, str, str | None]]] = [
    {
        "sys_id": ("1c741bd70b2322007518478d83673af3", "1c741bd70b2322007518478d83673af3", None),
        "number": ("INC0000060", "INC0000060", None),
        "short_description": ("Unable to connect to email", "Unable to connect to email", None),
        "description": ("I am unable to connect.", "I am unable to connect.", None),
        "state": ("7", "Closed", None),
        "incident_state": ("7", "Closed", None),
        "priority": ("2", "2 - High", None),
        "category": ("inquiry", "Inquiry / Help", None),
        "opened_at": ("2024-12-12 15:19:57", "2024-12-12 07:19:57", None),
        "resolved_at": ("2024-12-13 21:43:14", "2024-12-13 13:43:14", None),
        "closed_at": ("2024-12-14 02:46:44", "2024-12-13 18:46:44", None),
        "sys_updated_on": ("2024-12-14 02:46:44", "2024-12-13 18:46:44", None),
        "sys_mod_count": ("15", "15", None),
        "reopen_count": ("1", "1", None),
        "cmdb_ci": ("109562a3c611227500a7b7ff98cc0dc7", "Storage Area Network 001", "cmdb_ci"),
        "assignment_group": ("287ebd7da9fe198100f92cc8d1d2154e", "Network", "sys_user_group"),
        "caused_by": ("46e57642a9fe1981", "CHG0000024", "change_request"),
    },
    {
        "sys_id": ("9d385017c611228701d22104cc95c371", "9d385017c611228701d22104cc95c371", None),
        "number": ("INC0000061", "INC0000061", None),
        "short_description": ("Need a drive mapping", "Need a drive mapping", None),
        "description": ("", "", None),
        "state": ("2", "In Progress", None),
        "incident_state": ("2", "In Progress", None),
        "priority": ("4", "4 - Low", None),
        "category": ("", "", None),
        "opened_at": ("2024-12-15 08:00:00", "2024-12-15 00:00:00", None),
        "resolved_at": ("2024-12-15 09:00:00", "2024-12-15 01:00:00", None),  # resolved once, and opened again
        "closed_at": ("", "", None),
        "sys_updated_on": ("2024-12-15 10:00:00", "2024-12-15 02:00:00", None),
        "sys_mod_count": ("3", "3", None),
        "reopen_count": ("0", "0", None),
        "cmdb_ci": ("", "", None),
        "assignment_group": ("", "", None),
        "caused_by": ("", "", None),
    },
    {
        "sys_id": ("a9e30c7dc61122760116894de7bcc7bd", "a9e30c7dc61122760116894de7bcc7bd", None),
        "number": ("INC0000062", "INC0000062", None),
        "short_description": ("", "", None),
        "description": ("", "", None),
        "state": ("1", "New", None),
        "incident_state": ("1", "New", None),
        "priority": ("5", "5 - Planning", None),
        "category": ("network", "Network", None),
        "opened_at": ("2024-12-16 08:00:00", "2024-12-16 00:00:00", None),
        "resolved_at": ("", "", None),
        "closed_at": ("", "", None),
        "sys_updated_on": ("2024-12-16 08:00:00", "2024-12-16 00:00:00", None),
        "sys_mod_count": ("0", "0", None),
        "reopen_count": ("0", "0", None),
        "cmdb_ci": ("", "", None),
        "assignment_group": ("", "", None),
        "caused_by": ("", "", None),
    },
]


def table_api(display: str, root: str = "result") -> dict[str, Any]:
    """The answer of the Table API with ``sysparm_display_value`` true, false or all."""

    def field(value: str, displayed: str, table: str | None) -> Any:
        link = {"link": f"https://instance.servicenow.com/api/now/table/{table}/{value}"} if table else {}
        if display == "all":
            return {"display_value": displayed, "value": value, **link}
        if not link:
            return displayed if display == "true" else value
        return {"display_value": displayed, **link} if display == "true" else {**link, "value": value}

    return {root: [{name: field(*given) for name, given in record.items()} for record in SERVICENOW]}


def servicenow(**first: object) -> list[dict[str, object]]:
    return [
        {
            "source_id": "INC0000060",
            "title": "Unable to connect to email",
            "description": "I am unable to connect.",
            "severity": 2,
            "started_at": at("2024-12-12 15:19:57"),
            "resolved_at": at("2024-12-13 21:43:14"),
            "status": "closed",
            "reopened_count": 1,
            **first,
        },
        {
            "source_id": "INC0000061",
            "title": "Need a drive mapping",
            "severity": 4,
            "started_at": at("2024-12-15 08:00"),
            "status": "open",
            "reopened_count": 0,
        },
        {
            "source_id": "INC0000062",
            "category": "network",
            "severity": 5,
            "started_at": at("2024-12-16 08:00"),
            "status": "open",
            "reopened_count": 0,
        },
    ]


SHOWN = {
    "system": "Storage Area Network 001",
    "category": "Inquiry / Help",
    "team": "Network",
    "caused_by": "CHG0000024",
}


def test_the_servicenow_table_api_with_values_and_display_values_keeps_names_and_utc(tmp_path: Path) -> None:
    reading = saved(tmp_path, "incident.json", table_api("all"))
    assert (reading.format, reading.rows, reading.problems) == ("servicenow", 3, [])
    expected = servicenow(**SHOWN)
    expected[2] |= {"title": "Network", "category": "Network"}
    assert sorted(whole(reading), key=lambda row: str(row["source_id"])) == expected


def test_the_servicenow_table_api_with_values_only_has_the_ids_of_what_it_refers_to(tmp_path: Path) -> None:
    reading = saved(tmp_path, "incident.json", table_api("false"))
    assert (reading.format, reading.problems) == ("servicenow", [])
    expected = servicenow(
        system="109562a3c611227500a7b7ff98cc0dc7",
        category="inquiry",
        team="287ebd7da9fe198100f92cc8d1d2154e",
        caused_by="46e57642a9fe1981",
    )
    expected[2] |= {"title": "network"}
    assert sorted(whole(reading), key=lambda row: str(row["source_id"])) == expected


def test_display_values_of_servicenow_are_times_of_a_stated_zone(tmp_path: Path) -> None:
    file = tmp_path / "incident.json"
    file.write_text(json.dumps(table_api("true", root="records")))
    reading = read([file], kind="incidents", timezone="America/Los_Angeles")
    assert (reading.format, reading.problems) == ("servicenow", [])
    expected = servicenow(**SHOWN)
    expected[2] |= {"title": "Network", "category": "Network"}
    assert sorted(whole(reading), key=lambda row: str(row["source_id"])) == expected


@pytest.mark.parametrize(
    ("format_", "name", "content"),
    [
        ("jira", "a.json", JIRA),
        ("jira", "a.csv", JIRA_CSV),
        ("pagerduty", "b.json", PAGERDUTY),
        ("pagerduty", "b.csv", PAGERDUTY_CSV),
        ("opsgenie", "c.json", OPSGENIE_ALERTS),
        ("opsgenie", "d.json", OPSGENIE_INCIDENTS),
        ("statuspage", "e.json", STATUSPAGE),
        ("statuspage", "f.json", MAINTENANCES),
        ("servicenow", "g.json", table_api("true")),
        ("servicenow", "h.json", table_api("false")),
        ("servicenow", "i.json", table_api("all")),
    ],
)
def test_a_document_of_a_tool_is_recognised_as_that_tools_and_no_others(
    tmp_path: Path, format_: str, name: str, content: Any
) -> None:
    (tmp_path / name).write_text(content if isinstance(content, str) else json.dumps(content))
    found = looked_at(tmp_path / name, name)
    assert [preset.name for preset in presets().values() if recognised(found, preset)] == [format_]
