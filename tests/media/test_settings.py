"""What media reads from its environment."""

from pathlib import Path

import pytest

from media import s3
from media.settings import Settings
from services.settings import Env, SettingsError

NEEDED = {"PARLEY_POSTGRES_URL": "postgresql://parley@127.0.0.1/parley"}
BUCKET = {
    "PARLEY_S3_BUCKET": "files",
    "PARLEY_S3_ACCESS_KEY_ID": "key",
    "PARLEY_S3_SECRET_ACCESS_KEY": "hush",
}


def test_without_a_bucket_files_are_kept_in_the_folder() -> None:
    """Nothing has to be set for it."""
    assert Settings.read(Env(NEEDED)).bucket is None


def test_a_bucket_is_amazons_unless_an_endpoint_is_named(tmp_path: Path) -> None:
    """In the region; secrets come from files as well, and are not shown."""
    secret = tmp_path / "secret"
    secret.write_text("hush\n")
    chosen = {**NEEDED, **BUCKET, "PARLEY_S3_REGION": "eu-north-1"}
    del chosen["PARLEY_S3_SECRET_ACCESS_KEY"]
    chosen["PARLEY_S3_SECRET_ACCESS_KEY_FILE"] = str(secret)
    read = Settings.read(Env(chosen))
    amazon = "https://s3.eu-north-1.amazonaws.com"
    assert read.bucket == s3.Bucket(amazon, "files", "eu-north-1", "key", "hush")
    assert "hush" not in repr(read)
    own = {**chosen, "PARLEY_S3_ENDPOINT": "http://10.0.0.1:9000/"}
    named = Settings.read(Env(own)).bucket
    assert named is not None
    assert (named.host, named.path) == ("10.0.0.1:9000", "/files")


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"PARLEY_S3_ACCESS_KEY_ID": ""}, "PARLEY_S3_ACCESS_KEY_ID"),
        ({"PARLEY_S3_SECRET_ACCESS_KEY": ""}, "PARLEY_S3_SECRET_ACCESS_KEY"),
        ({"PARLEY_S3_BUCKET": ""}, "PARLEY_S3_BUCKET"),
        ({"PARLEY_S3_BUCKET": "a/b"}, "PARLEY_S3_BUCKET"),
        ({"PARLEY_S3_ENDPOINT": "files.example.org"}, "PARLEY_S3_ENDPOINT"),
        ({"PARLEY_MEDIA_FILE_BYTES": "6000000000"}, "PARLEY_MEDIA_FILE_BYTES"),
    ],
)
def test_half_a_bucket_is_told(changed: dict[str, str], name: str) -> None:
    """By the setting that is missing or wrong: files must not go elsewhere than was meant."""
    with pytest.raises(SettingsError) as told:
        Settings.read(Env({**NEEDED, **BUCKET, **changed}))
    assert [problem.partition(":")[0] for problem in told.value.problems] == [name]
    assert "hush" not in str(told.value)
