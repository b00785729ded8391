"""A workspace's database: the same on SQLite and PostgreSQL, migrated from the first day."""

from opex.store.database import Database, check, current_revision, head_revision, open_database, upgrade


def test_a_new_workspace_stands_at_the_newest_migration_and_shows_no_drift(database: Database) -> None:
    assert current_revision(database) == head_revision()
    assert check(database) == []
    assert database.revisions() == {"facts": 0, "decisions": 0}


def test_opening_a_workspace_again_changes_nothing(database: Database, url: str) -> None:
    upgrade(database)
    again = open_database(url)
    assert again.revisions() == {"facts": 0, "decisions": 0}
    again.close()
