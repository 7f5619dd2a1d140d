"""A schema only grows, so that the version before runs on it: in a rollout, and after a way back.

What passes between services and clients of two versions is tried by `tests/proto/test_before.py`.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MIGRATIONS = sorted(ROOT.glob("*/migrations/*.sql"))
TAKES_AWAY = re.compile(
    r"\b(DROP\s+(TABLE|COLUMN|SCHEMA)|RENAME|SET\s+NOT\s+NULL"
    r"|ALTER\s+COLUMN\s+\S+\s+(SET\s+DATA\s+)?TYPE|TRUNCATE)\b",
    re.IGNORECASE,
)
ADDED = re.compile(r"\bADD\s+COLUMN\b[^;]*?(?=,\s*ADD\b|;)", re.IGNORECASE | re.DOTALL)


def unfit(sql: str) -> list[str]:
    """What of a migration the version before would fail on, in the migration's words."""
    sql = re.sub(r"--[^\n]*", "", sql)
    needed = [
        found.group()
        for found in ADDED.finditer(sql)
        if re.search(r"\bNOT\s+NULL\b", found.group(), re.IGNORECASE)
        and not re.search(r"\bDEFAULT\b", found.group(), re.IGNORECASE)
    ]
    return [found.group() for found in TAKES_AWAY.finditer(sql)] + needed


@pytest.mark.parametrize("path", MIGRATIONS, ids=lambda path: f"{path.parts[-3]}/{path.stem}")
def test_a_migration_leaves_what_was_there(path: Path) -> None:
    """Nothing goes or gets another name, and who does not know a new column need not fill it."""
    assert unfit(path.read_text()) == []


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE rooms DROP COLUMN topic;",
        "ALTER TABLE rooms\n    RENAME COLUMN topic TO about;",
        "ALTER TABLE rooms ALTER COLUMN topic TYPE bytea;",
        "ALTER TABLE rooms ADD COLUMN a int, ADD COLUMN b int NOT NULL, ADD COLUMN c int;",
    ],
)
def test_what_would_not_do_is_found(sql: str) -> None:
    """The search above sees it."""
    assert len(unfit(sql)) == 1
