"""Bodies that no operation takes, and values of `Authorization` that let nobody in; as data."""

from __future__ import annotations

from collections.abc import Mapping

_JSON = {"content-type": "application/json"}
BODIES: Mapping[str, tuple[bytes, Mapping[str, str], int]] = {
    "no content type": (b"{}", {}, 415),
    "another content type": (b"{}", {"content-type": "text/plain"}, 415),
    "a form": (b"a=b", {"content-type": "application/x-www-form-urlencoded"}, 415),
    "not JSON": (b"{", _JSON, 400),
    "JSON of two values": (b'{"a":1}]', _JSON, 400),
    "not UTF-8": (b'{"name":"\xff"}', _JSON, 400),
    "half a surrogate pair": (b'{"name":"\\ud800"}', _JSON, 400),
    "UTF-16": ("{}".encode("utf-16"), _JSON, 400),
    "an array": (b"[]", _JSON, 400),
    "`null`": (b"null", _JSON, 400),
    "7,000 deep": (b"[" * 7_000, _JSON, 400),
    "deep inside": (b'{"name":' + b'{"a":' * 2_000 + b"1" + b"}" * 2_001, _JSON, 400),
    "compressed": (b"\x1f\x8b\x08", {**_JSON, "content-encoding": "gzip"}, 400),
}
"""What no operation takes as its body: sent, its headers, the status."""
AUTHORIZATION: Mapping[str, tuple[bytes, ...]] = {
    "none": (),
    "an empty one": (b"",),
    "no token": (b"Bearer",),
    "another scheme": (b"Basic ZXZlOng=",),
    "a token without a scheme": (b"{token}",),
    "a token and more": (b"Bearer {token} x",),
    "a tab in between": (b"Bearer\t{token}",),
    "two tokens in one": (b"Bearer {token}, Bearer {token}",),
    "two of them": (b"Bearer {token}", b"Bearer {token}"),
    "bytes beyond ASCII": (b"Bearer \xff\xfe",),
    "8 KB of it": (b"Bearer " + b"x" * 8_193,),
}
"""The values of `Authorization`, as many as there are; each is 401 `unauthorized`."""
