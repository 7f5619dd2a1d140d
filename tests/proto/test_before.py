"""The version before and this one understand each other: for a rollout they run side by side.

What it had is in `proto/vectors/before.json`, see `tests/proto/before.py`. A client may be older or
newer than its gateway (a page was loaded from the new version, its socket came to an old
one), a service than another, and a row of the log or of Postgres is as old as it may be.
"""

import json
from typing import Any, cast

import jsonschema  # type: ignore[import-untyped]  # publishes no types
import pytest

from proto import schema, wire
from tests.proto.before import bare
from tests.proto.vectors import Vector, data, load, name

NOW = schema.build()["$defs"]
BEFORE = cast(dict[str, Any], load("before", "schema"))
FROM_CLIENTS = {struct.__name__ for struct in schema.FROM_CLIENTS}
GROWING = {"ErrorCode", "CloseCode", "Limits"}
"""What may have more than it had: a reader takes a code that it does not know by its range."""
SENT = load("before", "server") + load("before", "log")


def _within(was: object, now: object) -> bool:
    """Whether everything that was is still there; lists only of the same."""
    if isinstance(was, dict) and isinstance(now, dict):
        return all(key in now and _within(value, now[key]) for key, value in was.items())
    if isinstance(was, list) and isinstance(now, list):
        return len(was) == len(now) and all(map(_within, was, now))
    return was == now


@pytest.mark.parametrize("vector", load("before", "client"), ids=name)
def test_what_an_older_client_says_means_the_same(vector: Vector) -> None:
    """To the gateway of this version."""
    decoded = wire.decode_client(data(vector))
    assert not isinstance(decoded, wire.Fault)
    if "means" in vector:
        assert _within(vector["means"], json.loads(wire.encode(decoded)))


@pytest.mark.parametrize("vector", SENT, ids=name)
def test_what_an_older_server_says_means_the_same(vector: Vector) -> None:
    """To a client or a service of this version; what it did not know is taken from the defaults."""
    decoded = wire.decode_server(data(vector))
    assert _within(vector["frame"], json.loads(wire.encode(decoded)))


@pytest.mark.parametrize("vector", load("before", "log"), ids=name)
def test_what_was_stored_is_read(vector: Vector) -> None:
    """A record of the log, and a row of Postgres, is an event without its place."""
    stored = {key: value for key, value in vector["frame"].items() if key not in ("seq", "prev")}
    event = wire.decode_event(json.dumps(stored).encode())
    assert _within(stored, json.loads(wire.encode(event)))


@pytest.mark.parametrize("vector", load("valid", "server") + load("valid", "log"), ids=name)
def test_an_older_client_takes_what_is_said_now(vector: Vector) -> None:
    """By the schema that it was made from; a type that this does not have it ignores."""
    frame = vector["frame"]
    entry = "LogEvent" if "prev" in frame else "ServerFrame"
    named = [BEFORE[one["$ref"].rpartition("/")[2]] for one in BEFORE[entry]["anyOf"]]
    known = {of["properties"]["type"]["const"]: of for of in named}
    if frame["type"] in known:
        taker = {**known[frame["type"]], "$defs": BEFORE}
        jsonschema.Draft202012Validator(taker).validate(frame)


@pytest.mark.parametrize("definition", sorted(BEFORE.keys() - GROWING))
def test_a_definition_only_grows(definition: str) -> None:
    """No field goes, none changes; of new ones a client need write none, and a reader knows what
    each is where it was not written."""
    was, now = BEFORE[definition], bare(NOW[definition])
    if "properties" not in was:
        # A choice of frames may have more, since unknown types are ignored. An enumeration may not.
        choices = [one for one in was.get("anyOf", ()) if "$ref" in one]
        assert all(one in now["anyOf"] for one in choices)
        assert choices or was == now
        return
    assert was["properties"] == {field: now["properties"].get(field) for field in was["properties"]}
    needed, need = set(was.get("required", ())), set(now.get("required", ()))
    if definition in FROM_CLIENTS:
        assert need <= needed
    else:
        assert needed <= need
        for field in need - needed:
            assert "x-absent" in NOW[definition]["properties"][field], field


def test_codes_stay() -> None:
    """Each is still there, with what is to be done about it."""
    for definition in ("ErrorCode", "CloseCode"):
        now = bare(NOW[definition])["oneOf"]
        assert all(code in now for code in BEFORE[definition]["oneOf"])
