"""How the built client gets into a folder that another server reads meanwhile."""

import os
import sys
from pathlib import Path

import pytest

from services.local import pages, publish


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Give a built client."""
    source = tmp_path / "dist"
    (source / "assets").mkdir(parents=True)
    (source / "index.html").write_text("<script src=/assets/b.js>")
    (source / "assets" / "b.js").write_text("b")
    return source


def files(folder: Path) -> dict[str, str]:
    """Give what is in a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_folder_becomes_what_was_built(tmp_path: Path, source: Path) -> None:
    """Of an older client, or of an attempt that was cut short, nothing stays."""
    target = tmp_path / "srv"
    (target / "assets" / "old").mkdir(parents=True)
    (target / "assets" / "old" / "a.js").write_text("a")
    (target / "assets" / "b.js.new").write_text("half")
    (target / "index.html").write_text("<script src=/assets/old/a.js>")
    for _ in range(2):
        publish.publish(source, target)
        assert files(target) == files(source)
        assert not (target / "assets" / "old").exists()


def test_the_page_comes_when_all_that_it_names_is_there(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what the former page names goes only after it."""
    target = tmp_path / "srv"
    (target / "assets").mkdir(parents=True)
    (target / "assets" / "a.js").write_text("a")
    (target / "index.html").write_text("<script src=/assets/a.js>")
    moved: list[str] = []
    replace = os.replace

    def watched(path: Path, to: Path) -> Path:
        moved.append(to.relative_to(target).as_posix())
        assert (target / "assets" / "a.js").exists()
        replace(path, to)
        return to

    monkeypatch.setattr(Path, "replace", watched)
    publish.publish(source, target)
    assert moved == ["assets/b.js", "index.html"]
    assert not (target / "assets" / "a.js").exists()


def test_the_command(
    tmp_path: Path,
    source: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Exit code 1 and a sentence where there is nothing to publish."""
    target = tmp_path / "srv"
    monkeypatch.setattr(sys, "argv", ["publish", str(target)])
    monkeypatch.setattr(pages, "BUILT", ())
    assert publish.main() == 1
    assert "no built client" in capsys.readouterr().err
    monkeypatch.setattr(pages, "BUILT", (source,))
    assert publish.main() == 0
    assert files(target) == files(source)
