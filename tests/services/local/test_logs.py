"""`parley logs`: what the processes said, also while it grows and is rotated."""

import time
from itertools import islice
from pathlib import Path

import pytest

from services.local import logs
from services.local.errors import LocalError
from services.local.logfile import LogFile


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Give the log directory of a data directory with two logs."""
    directory = tmp_path / "log"
    directory.mkdir()
    (directory / "auth.log").write_text("one\ntwo\n")
    (directory / "nats.log").write_text("three\n")
    return directory


def test_one_log_is_shown_as_it_is(directory: Path) -> None:
    """Line by line, without the name."""
    assert list(logs.read(directory.parent, "auth", follow=False)) == ["one", "two"]


def test_all_logs_are_shown_with_their_names(directory: Path) -> None:
    """One can see who said what."""
    said = list(logs.read(directory.parent, None, follow=False))
    assert said == ["auth | one", "auth | two", "nats | three"]


def test_a_long_log_begins_with_a_whole_line_near_its_end(directory: Path) -> None:
    """At most the last 64 KB, so that the newest words are seen at once."""
    (directory / "auth.log").write_text("".join(f"line {number}\n" for number in range(20_000)))
    said = list(logs.read(directory.parent, "auth", follow=False))
    assert said[-1] == "line 19999"
    assert said[0].startswith("line 1")
    assert len(said) < 7_000


def test_an_unknown_name_lists_the_known_ones(directory: Path) -> None:
    """The sentence helps."""
    with pytest.raises(LocalError, match=r"no log of x in .*; logs: auth, nats"):
        next(logs.read(directory.parent, "x", follow=False))


def test_before_any_start_there_are_none(tmp_path: Path) -> None:
    """Also without a data directory it is a sentence."""
    with pytest.raises(LocalError, match=r"no log of any process .*; logs: none"):
        next(logs.read(tmp_path, None, follow=False))


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Follow without waiting, and give up where nothing ever comes."""
    looks = iter(range(1000))
    monkeypatch.setattr(time, "sleep", lambda _: next(looks))


def test_following_goes_on_through_a_rotation(directory: Path, patience: None) -> None:
    """No line is lost or doubled when the file gives way to a new one."""
    said = logs.read(directory.parent, "auth", follow=True)
    assert list(islice(said, 2)) == ["one", "two"]
    log = LogFile(directory / "auth.log", max_bytes=10)
    with log.open() as file:
        file.write(b"old\nha")
        log.rotate()
        file.write(b"lf\n")
        assert list(islice(said, 2)) == ["old", "half"]
        file.write(b"new\n")
    assert next(said) == "new"


def test_following_finds_processes_that_speak_later(directory: Path, patience: None) -> None:
    """A gateway that is started while one looks on."""
    said = logs.read(directory.parent, None, follow=True)
    assert len(list(islice(said, 3))) == 3
    (directory / "caddy.log").write_text("four\n")
    assert next(said) == "caddy | four"
