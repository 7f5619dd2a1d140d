"""What the suite's installation does to the machine, and how its results are read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conformance.report import summarize
from tests.conformance.suite import MissingError, _copy_in


def test_a_link_inside_is_replaced_not_followed(tmp_path: Path) -> None:
    """A link that names a file of the host leaves that file as it was."""
    root = tmp_path / "root"
    root.mkdir()
    host, source = tmp_path / "host", tmp_path / "source"
    host.write_text("the host's")
    source.write_text("new")
    (root / "file").symlink_to(host)
    _copy_in(source, root, "/file")
    assert host.read_text() == "the host's"
    assert (root / "file").read_text() == "new"
    assert not (root / "file").is_symlink()


def test_a_directory_that_leads_out_is_refused(tmp_path: Path) -> None:
    """Nothing is written through a linked directory."""
    root, outside, source = tmp_path / "root", tmp_path / "outside", tmp_path / "source"
    root.mkdir()
    outside.mkdir()
    source.write_text("new")
    (root / "etc").symlink_to(outside)
    with pytest.raises(MissingError, match="leads out"):
        _copy_in(source, root, "/etc/file")
    assert list(outside.iterdir()) == []


def test_a_host_file_that_is_missing_is_skipped(tmp_path: Path) -> None:
    """Not every machine has a pip.conf."""
    _copy_in(tmp_path / "nothing", tmp_path, "/file")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("word", ["FAILED", "WRONG CODE", "UNCLEAN", "something new"])
def test_any_word_but_the_good_ones_is_a_failure(word: str) -> None:
    """A case fails by what happened or by how it closed, and by words we do not know."""
    index = {
        "parley": {
            "1.1": {"behavior": "OK", "behaviorClose": "OK", "duration": 1},
            "1.2": {"behavior": word, "behaviorClose": "OK", "duration": 1},
            "1.3": {"behavior": "OK", "behaviorClose": word, "duration": 1},
            "1.4": {"behavior": "NON-STRICT", "behaviorClose": "INFORMATIONAL", "duration": 1},
        }
    }
    summary = summarize(json.dumps(index).encode(), "parley")
    assert summary.cases == 4
    assert summary.failed == ["1.2", "1.3"]


def test_an_offer_that_is_declined_is_no_failure_where_it_is_known() -> None:
    """Windows that the gateway does not agree to; anywhere else it is one, as before."""
    what = {"behavior": "UNIMPLEMENTED", "behaviorClose": "UNIMPLEMENTED", "duration": 1}
    index = {"parley": {"12.1.1": what, "13.3.1": what, "13.30.1": what}}
    summary = summarize(json.dumps(index).encode(), "parley")
    assert summary.declined == ["13.3.1"]
    assert summary.failed == ["12.1.1", "13.30.1"]


def test_a_server_that_was_not_reached_is_no_success() -> None:
    """Results without the agent are an error, not a run of no failures."""
    with pytest.raises(KeyError):
        summarize(b"{}", "parley")
