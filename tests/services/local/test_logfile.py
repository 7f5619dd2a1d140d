"""Log files: bounded, rotated once, and written by the process itself."""

import subprocess
import sys
from pathlib import Path

from services.local.logfile import LogFile


def test_output_is_appended_over_several_runs(tmp_path: Path) -> None:
    """What an earlier run said stays."""
    LogFile(tmp_path / "a.log").write("one")
    LogFile(tmp_path / "a.log").write("two")
    assert (tmp_path / "a.log").read_text() == "one\ntwo\n"


def test_a_process_goes_on_writing_through_a_rotation(tmp_path: Path) -> None:
    """It need not know: its next line is the first of the new file, the old ones are copied."""
    log = LogFile(tmp_path / "a.log", max_bytes=10)
    echo = "import sys; [print(line, end='', flush=True) for line in sys.stdin]"
    with (
        log.open() as output,
        subprocess.Popen(  # noqa: S603  this Python
            [sys.executable, "-c", echo], stdin=subprocess.PIPE, stdout=output, text=True, bufsize=1
        ) as child,
    ):
        assert child.stdin is not None
        child.stdin.write("a long line of words\n")
        child.stdin.flush()
        while log.tail(1) == []:
            assert child.poll() is None
        log.rotate()
        assert log.path.read_text() == ""
        child.stdin.write("new\n")
        child.stdin.close()
        child.wait()
    assert log.path.read_text() == "new\n"
    assert (tmp_path / "a.log.1").read_text() == "a long line of words\n"


def test_at_most_two_files_are_kept(tmp_path: Path) -> None:
    """The bound holds however long a process runs; a short log is left alone."""
    log = LogFile(tmp_path / "a.log", max_bytes=10)
    for number in range(9):
        log.write(f"{number}...")
        log.rotate()
    assert log.path.read_text() == ""
    assert (tmp_path / "a.log.1").read_text() == "6...\n7...\n8...\n"
    assert len(list(tmp_path.iterdir())) == 2


def test_the_tail_is_the_last_lines_that_say_something(tmp_path: Path) -> None:
    """Empty lines tell nobody why a process fell."""
    log = LogFile(tmp_path / "a.log")
    assert log.tail(2) == []
    log.write("1\n2\n\n3\n")
    assert log.tail(2) == ["2", "3"]


def test_the_tail_can_leave_out_what_was_said_before(tmp_path: Path) -> None:
    """What an earlier run said explains no failure of this one."""
    log = LogFile(tmp_path / "a.log", max_bytes=10)
    assert log.size() == 0
    log.write("of an earlier run")
    began = log.size()
    assert log.tail(2, began) == []
    log.write("new")
    assert log.tail(2, began) == ["new"]
    log.rotate()
    log.write("newest")
    assert log.tail(2, began) == ["newest"]


def test_a_log_that_cant_be_written_stops_nobody(tmp_path: Path) -> None:
    """A full or vanished disk costs the supervisor's lines, not its life."""
    log = LogFile(tmp_path / "missing" / "a.log")
    log.write("lost")
    log.rotate()
    assert log.tail(1) == []
