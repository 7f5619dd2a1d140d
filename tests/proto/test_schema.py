"""schema.json is valid, fresh, and says what strangers generate clients from."""

import json
import runpy
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]  # publishes no types
import pytest

from proto import codes, limits, schema

DEFINITIONS = schema.build()["$defs"]


def test_committed_schema_is_fresh() -> None:
    """The committed schema is what the Structs say now; else run `python -m proto.schema`."""
    assert schema.main(["--check"]) == 0


def test_it_is_json_schema() -> None:
    """The schema itself is valid JSON Schema 2020-12, and every reference in it leads somewhere."""
    built = schema.build()
    jsonschema.Draft202012Validator.check_schema(built)
    text = json.dumps(built)
    for name in {part.split('"')[0] for part in text.split("#/$defs/")[1:]}:
        assert name in built["$defs"]


def test_stale_or_missing_schema_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--check` fails with a sentence when the file is missing or stale; writing mends it."""
    monkeypatch.setattr(schema, "PATH", tmp_path / "schema.json")
    assert schema.main(["--check"]) == 1
    assert "python -m proto.schema" in capsys.readouterr().err
    assert schema.main([]) == 0
    assert schema.main(["--check"]) == 0
    schema.PATH.write_text("{}", "utf-8")
    assert schema.main(["--check"]) == 1


def test_unknown_argument() -> None:
    """An argument it does not know is refused with exit code 2."""
    assert schema.main(["--chekc"]) == 2


def test_log_events_have_their_place() -> None:
    """On the wire `seq` and `prev` are required of every log event."""
    for choice in DEFINITIONS["LogEvent"]["anyOf"]:
        event = DEFINITIONS[choice["$ref"].removeprefix(schema.PREFIX)]
        assert {"type", "room", "seq", "prev", "ts"} <= set(event["required"])


def test_servers_write_every_field_and_clients_need_not() -> None:
    """What has a default is required of a server, and may be left out by a client."""
    assert "topic" in DEFINITIONS["Room"]["required"]
    assert DEFINITIONS["Hello"]["required"] == ["type", "token"]
    assert "gone" not in DEFINITIONS["Resumed"]["required"]
    assert "field" not in DEFINITIONS["Error"]["required"]


def test_codes_and_limits_are_in_it() -> None:
    """Every error code, close code and limit is in the schema, with the advice about it."""
    errors = {code["const"]: code["x-retry"] for code in DEFINITIONS["ErrorCode"]["oneOf"]}
    assert errors == {str(code): code in codes.RETRYABLE for code in codes.ErrorCode}
    closes = {code["const"]: code["x-reconnect"] for code in DEFINITIONS["CloseCode"]["oneOf"]}
    assert closes == {int(code): codes.should_reconnect(code) for code in codes.CloseCode}
    numbers = DEFINITIONS["Limits"]["properties"]
    assert numbers["TEXT_BYTES"]["const"] == limits.TEXT_BYTES
    assert numbers["USERNAME_CHARACTERS"]["const"] == [3, 32]
    assert "too_large" in numbers["TEXT_BYTES"]["description"]


def test_prose_flows() -> None:
    """A description is prose: no indentation, no line broken within a paragraph."""
    for definition in DEFINITIONS.values():
        assert "\n " not in definition.get("description", "")
    assert DEFINITIONS["Ok"]["description"].count("\n\n") == 1


def test_it_is_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """`python -m proto.schema --check` leaves with the answer as its exit code."""
    monkeypatch.setattr("sys.argv", ["schema", "--check"])
    with pytest.raises(SystemExit) as left:
        runpy.run_path(schema.__file__, run_name="__main__")
    assert left.value.code == 0
