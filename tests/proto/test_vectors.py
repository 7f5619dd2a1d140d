"""The golden vectors hold for the decoders and, as far as a schema can tell, for the schema."""

import json
from typing import Protocol, cast

import jsonschema  # type: ignore[import-untyped]  # publishes no types
import msgspec
import pytest

from proto import frames, ids, limits, schema, wire
from tests.proto.vectors import Vector, data, load, name

SCHEMA = schema.build()


class Validator(Protocol):
    """What is used of jsonschema, which publishes no types."""

    def validate(self, instance: object) -> None:
        """Raise unless the instance is valid."""

    def is_valid(self, instance: object) -> bool:
        """Say whether the instance is valid."""


def validator(entry: str) -> Validator:
    """Give a validator of one entry point of the schema."""
    built = jsonschema.Draft202012Validator(
        {"$ref": f"#/$defs/{entry}", "$defs": SCHEMA["$defs"], "$schema": SCHEMA["$schema"]}
    )
    return cast(Validator, built)


CLIENT, SERVER, LOG = (validator(entry) for entry in ("ClientFrame", "ServerFrame", "LogEvent"))


def accepts(entry: Validator, frame: bytes) -> bool:
    """Say whether the schema takes a frame; what is no JSON it does not."""
    try:
        return entry.is_valid(json.loads(frame, parse_constant=pytest.fail))
    except (ValueError, pytest.fail.Exception):
        return False


@pytest.mark.parametrize("vector", load("valid", "client"), ids=name)
def test_valid_client_frame(vector: Vector) -> None:
    """A valid frame of a client is understood as the vector says."""
    decoded = wire.decode_client(data(vector))
    assert not isinstance(decoded, wire.Fault)
    if "means" in vector:
        assert json.loads(wire.encode(decoded)) == vector["means"]
    else:
        ((field, (what, times)),) = vector["repeat"].items()
        assert getattr(decoded, field) == what * times


@pytest.mark.parametrize("vector", load("valid", "client"), ids=name)
def test_schema_takes_valid_client_frame(vector: Vector) -> None:
    """The schema takes every valid frame of a client, and also what it means written out."""
    CLIENT.validate(json.loads(data(vector)))
    if "means" in vector:
        CLIENT.validate(vector["means"])


@pytest.mark.parametrize("group", ["server", "log"])
def test_valid_frames_of_servers_lose_nothing(group: str) -> None:
    """A frame of a server is decoded, and encoded again to the very same fields."""
    for vector in load("valid", group):
        decoded = wire.decode_server(data(vector))
        assert json.loads(wire.encode(decoded)) == vector["frame"], vector["name"]


@pytest.mark.parametrize("vector", load("valid", "server") + load("valid", "log"), ids=name)
def test_schema_takes_valid_frames_of_servers(vector: Vector) -> None:
    """The schema takes every frame of a server under one of its two entry points."""
    entry = LOG if "prev" in vector["frame"] else SERVER
    entry.validate(vector["frame"])


@pytest.mark.parametrize("vector", load("invalid", "client"), ids=name)
def test_invalid_client_frame(vector: Vector) -> None:
    """An invalid frame of a client is answered with the documented code, field and id."""
    fault = wire.decode_client(data(vector))
    assert isinstance(fault, wire.Fault)
    assert (fault.code, fault.field, fault.id) == (vector["code"], vector["field"], vector["id"])
    assert fault.message
    assert "\n" not in fault.message
    assert not fault.message.endswith("`$`")


@pytest.mark.parametrize("vector", load("invalid", "client") + load("invalid", "rules"), ids=name)
def test_schema_refuses_invalid_client_frame(vector: Vector) -> None:
    """The schema refuses every invalid frame, except where the vector says it cannot tell."""
    assert accepts(CLIENT, data(vector)) is ("schema" in vector)


@pytest.mark.parametrize("vector", load("invalid", "rules"), ids=name)
def test_rules_beyond_the_form(vector: Vector) -> None:
    """A frame that breaks a rule of sending is well formed, and the rule is visible in it."""
    frame = wire.decode_client(data(vector))
    assert isinstance(frame, frames.Send)
    if vector["code"] == "bad_key":
        assert ids.key_ms(frame.key) is None
    else:
        assert len(frame.text.encode()) > limits.TEXT_BYTES


@pytest.mark.parametrize("vector", load("invalid", "server") + load("invalid", "log"), ids=name)
def test_invalid_frames_of_servers(vector: Vector) -> None:
    """A frame of a known type that is not of the protocol is refused by decoder and schema."""
    with pytest.raises(msgspec.MsgspecError):
        wire.decode_server(data(vector))
    assert not accepts(SERVER, data(vector))
    assert not accepts(LOG, data(vector))


@pytest.mark.parametrize("vector", load("invalid", "unplaced"), ids=name)
def test_unplaced_events(vector: Vector) -> None:
    """A log event without its place is one for the log, but never for a client."""
    assert wire.decode_event(data(vector)).room == "r1"
    assert not accepts(LOG, data(vector))


def test_every_type_has_a_vector() -> None:
    """There is a valid vector of every frame and every log event."""
    seen = {
        json.loads(data(vector))["type"]
        for group in ("client", "server", "log")
        for vector in load("valid", group)
    }
    assert seen == wire.CLIENT_TYPES | wire.SERVER_TYPES
