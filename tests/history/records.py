"""Log records made by hand, for cores that take them."""

from proto import events, subjects, wire
from services.bus import Record
from services.headers import encode


def record(
    seq: int, event: events.LogEvent | bytes, message_id: str = "", room: str | None = None
) -> Record:
    """A record of `event` at `seq`, in the event's room unless another is named."""
    data = event if isinstance(event, bytes) else wire.encode(event)
    named = room or (event.room if not isinstance(event, bytes) else "r")
    headers = encode({"Nats-Msg-Id": message_id}) if message_id else b""
    return Record(subjects.room_log(named), seq, 1, data, headers)
