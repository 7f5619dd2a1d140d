"""Log files: bounded, rotated once, and never a reason to fall."""

from pathlib import Path

from services.local.logfile import LogFile


def test_output_is_appended_over_several_runs(tmp_path: Path) -> None:
    """What an earlier run said stays."""
    for word in (b"one\n", b"two\n"):
        log = LogFile(tmp_path / "a.log")
        log.write(word)
        log.close()
    assert (tmp_path / "a.log").read_bytes() == b"one\ntwo\n"


def test_a_full_file_is_rotated_once(tmp_path: Path) -> None:
    """At most two files of the bound's size are kept, the newest words in NAME.log."""
    log = LogFile(tmp_path / "a.log", max_bytes=10)
    for number in range(9):
        log.write(b"%d...\n" % number)
    log.close()
    assert (tmp_path / "a.log").read_bytes() == b"8...\n"
    assert (tmp_path / "a.log.1").read_bytes() == b"6...\n7...\n"
    assert len(list(tmp_path.iterdir())) == 2


def test_the_tail_is_the_last_lines_that_say_something(tmp_path: Path) -> None:
    """Empty lines tell nobody why a process fell."""
    log = LogFile(tmp_path / "a.log")
    assert log.tail(2) == []
    log.write(b"1\n2\n\n3\n\n")
    log.close()
    assert log.tail(2) == ["2", "3"]


def test_a_log_that_cant_be_written_stops_nobody(tmp_path: Path) -> None:
    """A full or vanished disk costs lines, not the process that speaks."""
    log = LogFile(tmp_path / "missing" / "a.log")
    log.write(b"lost\n")
    (tmp_path / "missing").mkdir()
    log.write(b"kept\n")
    log.close()
    assert (tmp_path / "missing" / "a.log").read_bytes() == b"kept\n"
