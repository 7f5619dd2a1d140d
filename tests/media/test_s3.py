"""The S3 API as data: Amazon's own examples of signatures, and what refusals say."""

from dataclasses import replace

import pytest

from media import s3

# "Examples: Signature Calculations" of the Amazon S3 API reference. Its buckets are part of the
# host's name: so there is a bucket here that is none, and the path is what the example has.
AT = "2013-05-24T00:00:00Z"
EXAMPLE = s3.Bucket(
    "https://examplebucket.s3.amazonaws.com",
    "examplebucket",
    "us-east-1",
    "AKIAIOSFODNN7EXAMPLE",
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
)
FILES = s3.Bucket("http://10.0.0.1:9000/s3", "files", "eu-1", "key", "secret")


@pytest.mark.parametrize(
    ("method", "path", "query", "headers", "sha256", "signature"),
    [
        (
            *("GET", "/test.txt", "", {"Range": "bytes=0-9"}, s3.NOTHING),
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        ),
        (
            *("PUT", "/test%24file.text", ""),
            {"Date": "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY"},
            "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
        ),
        (
            *("GET", "/", "lifecycle=", None, s3.NOTHING),
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
        ),
        (
            *("GET", "/", "max-keys=2&prefix=J", None, s3.NOTHING),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        ),
    ],
    ids=["an object", "an upload", "a setting", "a list"],
)
def test_a_request_is_signed_as_amazon_has_it(
    method: str,
    path: str,
    query: str,
    headers: dict[str, str] | None,
    sha256: str,
    signature: str,
) -> None:
    """The four examples of its reference, to the last digit."""
    made = s3.signed(EXAMPLE, method, path, query, AT, sha256=sha256, headers=headers)
    assert made["authorization"].endswith(f"Signature={signature}")
    assert "Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request," in str(made)
    assert made["x-amz-date"] == "20130524T000000Z"


def test_a_bucket_is_addressed_by_path() -> None:
    """Below the path of its endpoint, if that has one; the port is part of the host."""
    assert (FILES.host, FILES.path) == ("10.0.0.1:9000", "/s3/files")
    assert (EXAMPLE.host, EXAMPLE.path) == (
        "examplebucket.s3.amazonaws.com",
        "/examplebucket",
    )


@pytest.mark.parametrize(
    ("bucket", "name"),
    [
        (FILES, None),
        (replace(FILES, endpoint="https://[::1]:9000"), None),
        (replace(FILES, endpoint="https://key:secret@files.example.org"), "ENDPOINT"),
        (replace(FILES, endpoint="https://files.example.org/?x=y"), "ENDPOINT"),
        (replace(FILES, name="a"), "BUCKET"),
        (replace(FILES, name="a/../b"), "BUCKET"),
        (replace(FILES, region="eu 1"), "REGION"),
        (replace(FILES, key_id="two\r\nlines"), "ACCESS_KEY_ID"),
    ],
)
def test_what_could_not_be_a_header_or_a_path_is_told(bucket: s3.Bucket, name: str | None) -> None:
    """Before it is sent to anybody."""
    told = s3.fault(bucket)
    assert (told and told[0]) == name


def test_a_refusal_says_what_to_do() -> None:
    """By its name, where it has one that we know; the secret is in none."""
    body = b"<?xml version='1.0'?><Error><Code>NoSuchBucket</Code><Message>x</Message></Error>"
    assert s3.code(body) == "NoSuchBucket"
    assert s3.sentence(FILES, 404, "NoSuchBucket") == (
        "the bucket files at http://10.0.0.1:9000/s3: there is no such bucket: make it, or correct"
        " PARLEY_S3_BUCKET"
    )
    assert s3.sentence(FILES, 503, "SlowDown").endswith(": it answers 503 SlowDown")
    assert s3.code(b"<html>Bad gateway</html>") == ""
    assert s3.sentence(FILES, 502, "").endswith(": it answers 502")
