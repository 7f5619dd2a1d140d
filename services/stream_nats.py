"""JetStream's API for one stream: make, look, erase; publishing and reading are elsewhere.

Source: NATS ADR-1 (JetStream API) and the server's JSON schemas.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

import msgspec

from services.bus import (
    BusError,
    BusTimeout,
    LogFull,
    NoResponders,
    NotFound,
    Record,
    StreamSpec,
    StreamState,
)
from services.bus_nats import Bus
from services.headers import stamp_ms

ANSWER_SECONDS: Final = 5.0
_READY_SECONDS: Final = 30.0
_LOOK_SECONDS: Final = 1.0
_RETRY_SECONDS: Final = 0.25
_SECOND: Final = 1_000_000_000
# Error codes of nats-server (server/errors.json).
_NO_MESSAGE: Final = frozenset((10037, 10043))
_NOT_FOUND: Final = frozenset((10014, 10059))
_NOTHING: Final = 1
"""The size in bytes, headers included, that no message keeps to."""
_IN_USE: Final = 10058
_NOT_READY: Final = frozenset((10008, 10009))
_FULL: Final = frozenset((10023, 10047))


class ApiError(BusError):
    """The server refused an API request; `err_code` is its number for the reason."""

    def __init__(self, err_code: int, description: str) -> None:
        super().__init__(f"{description} ({err_code})")
        self.err_code = err_code


class _Error(msgspec.Struct):
    err_code: int = 0
    description: str = ""


class _Refusal(msgspec.Struct):
    error: _Error | None = None


class _State(msgspec.Struct):
    first_seq: int
    last_seq: int
    messages: int
    bytes: int


class _Info(msgspec.Struct):
    config: dict[str, Any]
    state: _State


class _Stored(msgspec.Struct):
    subject: str
    seq: int
    time: str
    data: bytes = b""
    hdrs: bytes = b""


class _Message(msgspec.Struct):
    message: _Stored


class Stream:
    """One stream by its name; every call is one request to the leader."""

    def __init__(self, bus: Bus, name: str) -> None:
        self._bus = bus
        self.name = name

    async def ask(
        self, verb: str, question: object = None, timeout_seconds: float = ANSWER_SECONDS
    ) -> bytes:
        """Send one API request, such as `STREAM.INFO.<name>`, and return the JSON answer.

        Raises:
            NotFound, LogFull, ApiError: what the server refuses with.
            BusError: as `Bus.request`.
        """
        data = b"" if question is None else msgspec.json.encode(question)
        answer = await self._bus.request(f"$JS.API.{verb}", data, timeout_seconds)
        error = msgspec.json.decode(answer, type=_Refusal).error
        if error is None:
            return answer
        if error.err_code in _NOT_FOUND:
            raise NotFound(error.description)
        if error.err_code in _FULL:
            raise LogFull(error.description)
        raise ApiError(error.err_code, error.description)

    async def ensure(self, spec: StreamSpec) -> StreamState:
        """Make the stream, or bring it to `spec`. Idempotent, also for many processes at once.

        Waits up to 30 s for a server that has just started. `first_seq` of a stream that exists
        stays; so does what `spec` does not speak of.

        Raises:
            BusError: the server refuses, such as a change it cannot make.
        """
        deadline = asyncio.get_running_loop().time() + _READY_SECONDS
        while True:
            try:
                return await self._ensure_once(spec)
            except (NoResponders, BusTimeout, ApiError) as error:
                # Not ready (a cluster without a leader does not answer at all), or another
                # process made it at this very moment: look again.
                again = not isinstance(error, ApiError) or error.err_code in {*_NOT_READY, _IN_USE}
                if not again or asyncio.get_running_loop().time() > deadline:
                    raise
            await asyncio.sleep(_RETRY_SECONDS)

    async def _ensure_once(self, spec: StreamSpec) -> StreamState:
        wanted = _config(spec)
        try:
            info = await self._info(_LOOK_SECONDS)
        except NotFound:
            first = {"first_seq": spec.first_seq} if spec.first_seq else {}
            return _state(await self._change("CREATE", wanted | first))
        if any(info.config.get(key) != value for key, value in wanted.items()):
            info = await self._change("UPDATE", info.config | wanted)
        return _state(info)

    async def _change(self, verb: str, config: dict[str, Any]) -> _Info:
        answer = await self.ask(f"STREAM.{verb}.{self.name}", config)
        return msgspec.json.decode(answer, type=_Info)

    async def _info(self, timeout_seconds: float = ANSWER_SECONDS) -> _Info:
        answer = await self.ask(f"STREAM.INFO.{self.name}", None, timeout_seconds)
        return msgspec.json.decode(answer, type=_Info)

    async def state(self) -> StreamState:
        """Return how the stream is now. Raises NotFound if there is none."""
        return _state(await self._info())

    async def message(self, question: dict[str, object]) -> Record | None:
        """Return one message from the leader, by `seq` or `last_by_subj`; None if there is none."""
        try:
            answer = await self.ask(f"STREAM.MSG.GET.{self.name}", question)
        except ApiError as error:
            if error.err_code in _NO_MESSAGE:
                return None
            raise
        found = msgspec.json.decode(answer, type=_Message).message
        return Record(found.subject, found.seq, stamp_ms(found.time), found.data, found.hdrs)

    async def delete(self, seq: int) -> bool:
        """Erase one message, overwriting it on disk; False if it was not there. Idempotent."""
        try:
            await self.ask(f"STREAM.MSG.DELETE.{self.name}", {"seq": seq})
        except ApiError as error:
            if error.err_code in _NO_MESSAGE:
                return False
            raise
        return True

    async def suspend(self) -> None:
        """Refuse every new message until `ensure` is called again. Idempotent."""
        info = await self._info()
        if info.config.get("max_msg_size") != _NOTHING:
            await self._change("UPDATE", info.config | {"max_msg_size": _NOTHING})

    async def remove(self) -> None:
        """Remove the stream and everything in it. Raises NotFound if there is none."""
        await self.ask(f"STREAM.DELETE.{self.name}")

    async def purge(self, up_to: int) -> int:
        """Remove everything up to and with `up_to`; returns how many. Idempotent."""
        answer = await self.ask(f"STREAM.PURGE.{self.name}", {"seq": up_to + 1})
        return int(msgspec.json.decode(answer)["purged"])


def _config(spec: StreamSpec) -> dict[str, Any]:
    config: dict[str, Any] = {
        "name": spec.name,
        "subjects": list(spec.subjects),
        "storage": "file",
        "retention": "workqueue" if spec.work_queue else "limits",
        "discard": "new",
        "max_age": int(spec.max_age_seconds * _SECOND),
        "max_bytes": spec.max_bytes,
        "max_msg_size": -1,
        "num_replicas": spec.replicas,
        "duplicate_window": int(spec.duplicate_window_seconds * _SECOND),
        "allow_direct": True,
    }
    if spec.max_of_subject:
        config["max_msgs_per_subject"] = spec.max_of_subject
        config["discard_new_per_subject"] = True
    if spec.republish_to:
        config["republish"] = {"src": spec.republish_from, "dest": spec.republish_to}
    return config


def _state(info: _Info) -> StreamState:
    return StreamState(
        first_seq=info.state.first_seq,
        last_seq=info.state.last_seq,
        messages=info.state.messages,
        bytes=info.state.bytes,
        max_bytes=int(info.config["max_bytes"]),
        replicas=int(info.config["num_replicas"]),
    )
