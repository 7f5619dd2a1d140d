"""Parley for Python: `Api` for what is asked over HTTP, `Client` for what is live.

Not here: the server, and anything of its inside; of Parley it imports the contract, `proto`, alone.
"""

from parley_sdk.api_httpx import Api, new_key
from parley_sdk.client import Client
from parley_sdk.effects import State
from parley_sdk.errors import ApiError, ClosedError, ParleyError, RequestError, SendError
from parley_sdk.room_log import Gone, Item, Missed, Rewound
from parley_sdk.running import run
from parley_sdk.tokens import FixedToken, Tokens, TokenSource
from proto.encoding import JSON, MSGPACK, Encoding
from proto.events import LogEvent, Message
from proto.frames import SendResult

__all__ = [
    "JSON",
    "MSGPACK",
    "Api",
    "ApiError",
    "Client",
    "ClosedError",
    "Encoding",
    "FixedToken",
    "Gone",
    "Item",
    "LogEvent",
    "Message",
    "Missed",
    "ParleyError",
    "RequestError",
    "Rewound",
    "SendError",
    "SendResult",
    "State",
    "TokenSource",
    "Tokens",
    "new_key",
    "run",
]
