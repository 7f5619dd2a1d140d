"""The S3 API as data: how a request is signed, and what a refusal says; nothing is sent here.

Requests are signed as "Authenticating Requests: Using the Authorization Header (AWS Signature
Version 4)" of Amazon's API reference has it, whose examples are the test. Buckets are addressed by
path, which every store takes.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

OBJECT_BYTES: Final = 5 * 1024**3
"""What one PUT may have, at Amazon and at whoever follows it."""
NOTHING: Final = hashlib.sha256(b"").hexdigest()
"""The hash of a request without a body."""
GONE: Final = "NoSuchKey"
"""The code of an object that is not there."""

_CODE: Final = re.compile(rb"<Code>(\w{1,64})</Code>")
_ENDPOINT: Final = re.compile(r"https?://[A-Za-z0-9.\[\]:_-]+(/[A-Za-z0-9._~/-]*)?")
_BUCKET: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,62}")
_REGION: Final = re.compile(r"[A-Za-z0-9-]{1,64}")
_KEY_ID: Final = re.compile(r"[A-Za-z0-9._~+=@-]{1,256}")
_ADVICE: Final[Mapping[str, str]] = {
    "NoSuchBucket": "there is no such bucket: make it, or correct PARLEY_S3_BUCKET",
    "InvalidBucketName": "no bucket may be called that: correct PARLEY_S3_BUCKET",
    "InvalidAccessKeyId": "it does not know the key: correct PARLEY_S3_ACCESS_KEY_ID",
    "SignatureDoesNotMatch": "the secret is wrong: correct PARLEY_S3_SECRET_ACCESS_KEY",
    "AccessDenied": "the key may not do that: it has to list the bucket, and get, put and delete",
    "RequestTimeTooSkewed": "its clock is another one than ours: set both by NTP",
    "AuthorizationHeaderMalformed": "the region is wrong: correct PARLEY_S3_REGION",
    "PermanentRedirect": "the bucket is elsewhere: correct PARLEY_S3_ENDPOINT and PARLEY_S3_REGION",
}


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where a bucket is, and who is known there."""

    endpoint: str
    """`scheme://host[:port][/path]`, without a slash at its end."""
    name: str
    region: str
    key_id: str
    secret: str = field(repr=False)

    @property
    def host(self) -> str:
        """What `Host` says."""
        return urlsplit(self.endpoint).netloc

    @property
    def path(self) -> str:
        """The path of the bucket."""
        return f"{urlsplit(self.endpoint).path}/{self.name}"

    def __str__(self) -> str:
        return f"the bucket {self.name} at {self.endpoint}"


def fault(bucket: Bucket) -> tuple[str, str] | None:
    """The first setting, without its prefix, that cannot be right, and what is allowed."""
    if not _ENDPOINT.fullmatch(bucket.endpoint):
        return "ENDPOINT", "http(s)://host[:port][/path], without a name or a query"
    if not _BUCKET.fullmatch(bucket.name):
        return "BUCKET", "2 to 63 letters, digits, dots, hyphens and underscores"
    if not _REGION.fullmatch(bucket.region):
        return "REGION", "letters, digits and hyphens"
    if not _KEY_ID.fullmatch(bucket.key_id):
        return "ACCESS_KEY_ID", "letters, digits and . _ ~ + = @ -"
    return None


def signed(
    bucket: Bucket,
    method: str,
    path: str,
    query: str,
    at: str,
    *,
    sha256: str = NOTHING,
    headers: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """The header fields of a request, those given among them, with their signature.

    Path and query are as they will be sent: escaped, and the query's fields in order. `at` is the
    time by RFC 3339, in whole seconds of UTC; the store takes a quarter of an hour's difference.
    """
    stamp = at.replace("-", "").replace(":", "")
    fields = {name.lower(): " ".join(value.split()) for name, value in (headers or {}).items()}
    fields |= {"host": bucket.host, "x-amz-content-sha256": sha256, "x-amz-date": stamp}
    names = ";".join(sorted(fields))
    lines = "".join(f"{name}:{fields[name]}\n" for name in sorted(fields))
    request = f"{method}\n{path}\n{query}\n{lines}\n{names}\n{sha256}"
    scope = f"{stamp[:8]}/{bucket.region}/s3/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = f"AWS4{bucket.secret}".encode()
    for part in scope.split("/"):
        key = _hmac(key, part)
    fields["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={bucket.key_id}/{scope}, SignedHeaders={names},"
        f" Signature={_hmac(key, text).hex()}"
    )
    return fields


def code(body: bytes) -> str:
    """What a refusal is called, `""` if it has no name: the rest of its XML is not read."""
    found = _CODE.search(body)
    return found[1].decode() if found else ""


def sentence(bucket: Bucket, status: int, code: str) -> str:
    """What a refusal means, and what to do about it."""
    advice = _ADVICE.get(code) or f"it answers {status} {code}".rstrip()
    return f"{bucket}: {advice}"


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
