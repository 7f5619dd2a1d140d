"""The commands in the pages for operators name what exists; `make compose-test` tries them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from tests.containers import procedures
from tests.containers.engine import block

ROOT = Path(__file__).resolve().parents[2]
PAGES = (*sorted((ROOT / "docs/howto").glob("*.md")), ROOT / "docs/tutorial/first-evening.md")
COMMANDS = re.compile(r"docker compose [^\n`|]*")
OPTIONS = re.compile(
    r"\s-{1,2}(?:f|e|scale|note|entrypoint)[ =](?:[^\s\"]*\"[^\"]*\"|\S+)|\s-{1,2}[\w-]+"
)
NAMING = ("exec", "stop", "logs", "run", "up", "cp")


def named(command: str) -> set[str]:
    """The services that a command of Compose names."""
    command = re.sub(r"\s[#>|<].*", "", command.replace("\\\n", " "))
    _, verb, *words = OPTIONS.sub("", command.removeprefix("docker ")).split()
    if verb not in NAMING:
        return set()
    if verb == "cp":
        return {words[0].partition(":")[0]}
    return set(words[:1] if verb in ("exec", "run", "logs") else words)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_service_that_is_named_is_there(page: Path) -> None:
    """In each command of Compose."""
    services = set(yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"])
    text = page.read_text().replace("\\\n", " ")
    for command in COMMANDS.findall(text):
        assert named(command) <= services, command


def test_names_are_found() -> None:
    """The search above sees them among options and words for the shell."""
    assert named("docker compose exec -T nobody psql -U parley") == {"nobody"}
    assert named("docker compose up -d --wait --scale gateway=4 gateway auth") == {
        "gateway",
        "auth",
    }
    assert named("docker compose stop gateway auth  # both") == {"gateway", "auth"}


def test_what_is_tried_stands_in_the_pages() -> None:
    """`make compose-test` runs these by how they begin."""
    source = Path(procedures.__file__).read_text()
    tried = re.findall(r'howto\("([\w-]+\.md)", "([^"]+)"', source)
    assert {page for page, _ in tried} == {
        "upgrade.md",
        "backup.md",
        "rotate-keys.md",
        "nats-cluster.md",
        "scale.md",
    }
    for page, first in tried:
        assert block(page, first).count("docker compose")
