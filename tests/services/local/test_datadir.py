"""The data directory: private, checked before use, and one supervisor's at a time."""

import shutil
from pathlib import Path

import pytest

from services.local import datadir
from services.local.errors import LocalError


def test_it_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    """Also when it was there before with another mode."""
    data = tmp_path / "a" / "b"
    data.mkdir(parents=True, mode=0o755)
    datadir.prepare(data)
    assert data.stat().st_mode & 0o777 == 0o700
    assert (data / datadir.LOGS).is_dir()


def test_a_full_disk_is_told_before_anything_starts(tmp_path: Path) -> None:
    """The sentence says how much there is and how much is needed."""
    free = shutil.disk_usage(tmp_path).free
    with pytest.raises(LocalError, match=r"is full: .* MB are free, Parley needs"):
        datadir.prepare(tmp_path, min_free_bytes=free * 2)


def test_a_place_that_is_no_directory_is_refused(tmp_path: Path) -> None:
    """A file in the way is named."""
    (tmp_path / "file").touch()
    with pytest.raises(LocalError, match=r"file/data can't be used: Not a directory"):
        datadir.prepare(tmp_path / "file" / "data")


def test_a_directory_that_cant_be_made_is_refused() -> None:
    """Nobody, not even root, makes a directory in /proc."""
    with pytest.raises(LocalError, match="can't be used"):
        datadir.prepare(Path("/proc/parley"))


def test_two_cant_hold_it(tmp_path: Path) -> None:
    """The second is told what to do; after the first has let go it may."""
    with (
        datadir.locked(tmp_path),
        pytest.raises(LocalError, match=r"already runs in .*parley down"),
        datadir.locked(tmp_path),
    ):
        pass
    with datadir.locked(tmp_path):
        pass
