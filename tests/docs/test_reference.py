"""The reference says what the source says, its examples are of the protocol, its links lead on."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # publishes no types
import msgspec
import pytest

from proto import events, shapes, wire
from services.settings import DOCUMENTED, LIMIT_NAMES
from tests.docs import __main__ as command
from tests.docs import asyncapi, configuration, markdown, openapi, protocol, reference
from tests.docs.built import NAMES
from tests.proto.vectors import data, load

Json = dict[str, Any]
ROOT = Path(__file__).resolve().parent.parent.parent
SCHEMAS = Path(__file__).parent / "schemas"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
PROTOCOL = (reference.REFERENCE / "protocol.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```json (\w+)\n(.*?)```", PROTOCOL, re.DOTALL)
# Fenced blocks and code within a line hold no links; nor do the alternatives of a pattern.
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
NAMED = re.compile(r'<a id="([^"]+)">')


def test_what_is_made_is_fresh() -> None:
    """Else run `python -m tests.docs`."""
    assert command.main(["--check"]) == 0


def test_a_stale_page_is_told_and_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--check` names it and writes nothing; else it is written, and what stood around stays."""
    here = tmp_path / "docs" / "reference"
    here.mkdir(parents=True)
    for name in reference.PARTS:
        (here / name).write_text((reference.REFERENCE / name).read_text("utf-8"), "utf-8")
    for module in (reference, command):
        monkeypatch.setattr(module, "REFERENCE", here)
    page = here / "metrics.md"
    page.write_text(
        page.read_text("utf-8").replace("| gauge |", "| gouge |") + "By hand.\n", "utf-8"
    )
    assert command.main(["--check"]) == 1
    told = capsys.readouterr().err
    assert "docs/reference/metrics.md is stale: run python -m tests.docs" in told
    assert "docs/reference/openapi/auth.json is stale" in told
    assert "protocol.md" not in told
    assert command.main([]) == 0
    assert command.main(["--check"]) == 0
    assert "gouge" not in page.read_text("utf-8")
    assert page.read_text("utf-8").endswith("By hand.\n")


def test_an_unknown_argument_is_refused() -> None:
    """With exit code 2, and nothing is written."""
    assert command.main(["--chekc"]) == 2


def test_a_page_names_its_parts() -> None:
    """A part that a page does not name, or that nothing makes, is a mistake."""
    page = "a\n<!-- made by python -m tests.docs: x -->\nold\n<!-- end -->\nb\n"
    made = markdown.renewed(page, {"x": lambda: "new"})
    assert made == "a\n<!-- made by python -m tests.docs: x -->\n\nnew\n\n<!-- end -->\nb\n"
    for parts in ({}, {"x": str, "y": str}):
        with pytest.raises(ValueError, match="the page has"):
            markdown.renewed(page, parts)


@pytest.mark.parametrize(("kind", "text"), EXAMPLES)
def test_an_example_is_of_the_protocol(kind: str, text: str) -> None:
    """Each is read by the code that reads the real ones."""
    if kind == "client":
        assert not isinstance(wire.decode_client(text.encode()), wire.Fault)
    elif kind == "server":
        assert wire.decode_server(text) is not None
        known = {"$ref": "#/$defs/Frame", "$defs": _frames()}
        assert jsonschema.Draft202012Validator(known).is_valid(json.loads(text))
    else:
        msgspec.json.decode(text, type=getattr(shapes, kind), strict=True)


def _frames() -> Json:
    known = protocol.definitions()
    return {**known, "Frame": {"anyOf": [known["ServerFrame"], known["LogEvent"]]}}


def test_there_are_examples_both_ways() -> None:
    """A page whose examples were not found would not be tried."""
    assert {kind for kind, _ in EXAMPLES} == {"client", "server", "Problem"}
    assert len(EXAMPLES) > 6


def test_every_type_of_the_protocol_has_its_place() -> None:
    """Frames and events by their `type`, codes and limits by their name."""
    tags = [*wire.CLIENT_TYPES, *wire.SERVER_TYPES]
    tags += [str(kind.__struct_config__.tag) for kind in events.LogEvent.__args__]
    for tag in tags:
        assert re.search(rf"^### \w+ `{re.escape(tag)}`$", PROTOCOL, re.MULTILINE), tag


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page: Path) -> None:
    """To a file of the repository, and to a heading or a name in it."""
    for link in LINK.findall(CODE.sub("", page.read_text(encoding="utf-8"))):
        if "://" in link or link.startswith("mailto:"):
            continue
        path, _, fragment = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        if fragment:
            text = target.read_text(encoding="utf-8")
            headings = {markdown.anchor(heading) for heading in HEADING.findall(text)}
            assert f"#{fragment}" in headings | {f"#{name}" for name in NAMED.findall(text)}, link


def test_asyncapi_is_asyncapi() -> None:
    """By the official schema of version 3.0; and every reference in it leads somewhere."""
    official = json.loads((SCHEMAS / "asyncapi-3.0.0.json").read_text(encoding="utf-8"))
    document = json.loads(asyncapi.text())
    validator = jsonschema.Draft7Validator(official)
    assert [error.message for error in validator.iter_errors(document)] == []
    broken = {**document, "operations": {"x": {"action": "shout"}}}
    assert not validator.is_valid(broken)
    for ref in asyncapi._refs(document):
        _follow(document, ref)


def test_asyncapi_knows_the_golden_frames() -> None:
    """What the vectors hold for good is good by the payload schemas too."""
    document = json.loads(asyncapi.text())
    tried = 0
    for side, operation in (("client", "fromClient"), ("server", "toClient"), ("log", "toClient")):
        names = [
            m["$ref"].rpartition("/")[2] for m in document["operations"][operation]["messages"]
        ]
        choices = {"anyOf": [{"$ref": f"#/components/schemas/{name}"} for name in names]}
        validator = jsonschema.Draft7Validator({**choices, "components": document["components"]})
        for vector in load("valid", side):
            frame = json.loads(data(vector))
            if side != "log" or "seq" in frame:
                assert validator.is_valid(frame), vector["name"]
                tried += 1
    assert tried > 40


@pytest.mark.parametrize("service", openapi.SERVICES)
def test_openapi_is_openapi(service: str) -> None:
    """By the official schema of version 3.1; references, parameters and names are in order."""
    official = json.loads((SCHEMAS / "openapi-3.1.json").read_text(encoding="utf-8"))
    document = json.loads(openapi.text(service))
    validator = jsonschema.Draft202012Validator(official)
    assert [error.message for error in validator.iter_errors(document)] == []
    assert not validator.is_valid({**document, "paths": {"no slash": {}}})
    for ref in asyncapi._refs(document):
        _follow(document, ref)
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    for path, item in document["paths"].items():
        for operation in item.values():
            declared = [p["name"] for p in operation["parameters"] if p["in"] == "path"]
            assert declared == re.findall(r"{(\w+)}", path)


def test_an_operation_has_a_name_of_its_own() -> None:
    """Across the services, since one client speaks to all."""
    names = [
        operation["operationId"]
        for document in openapi.documents().values()
        for item in document["paths"].values()
        for operation in item.values()
    ]
    assert len(names) == len(set(names))


def _follow(document: Json, ref: str) -> None:
    value: Any = document
    for part in ref.removeprefix("#/").split("/"):
        value = value[part.replace("~1", "/").replace("~0", "~")]


def test_every_setting_is_in_the_reference() -> None:
    """Those of the services are read off; those of the local stack and of tests are by hand."""
    page = (reference.REFERENCE / "configuration.md").read_text(encoding="utf-8")
    read = set(configuration.settings())
    for path in [*(ROOT / "services" / "local").glob("*.py"), *(ROOT / "tests").glob("*.py")]:
        read |= set(re.findall(r'"(PARLEY_[A-Z0-9_]+)"', path.read_text(encoding="utf-8")))
    read -= {name for name in read if name.endswith("_")}
    assert read
    for name in sorted(read):
        assert f"`{name}`" in page, name
        assert name in DOCUMENTED | LIMIT_NAMES, name


def test_every_service_has_its_metrics_in_the_reference() -> None:
    """One table each; the names begin as the folder is called."""
    page = (reference.REFERENCE / "metrics.md").read_text(encoding="utf-8")
    for service in NAMES:
        assert f"`parley_{service}_http_requests_total`" in page
