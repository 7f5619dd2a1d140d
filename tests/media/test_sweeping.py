"""What the sweeper finds out of history, and what is left of a process that was killed."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from media.folder import Folder
from media.spool import LEFT_MS, Spool
from media.store import Missing, StoreError
from proto import calls
from services import clock
from tests.history.running import key
from tests.media.running import Place, user

pytestmark = pytest.mark.asyncio(loop_scope="module")
LATER_MS = 7_200_000
# Writes objects for ever, and says the name of each once it is kept.
WRITER = """
import asyncio, os, secrets, sys
from pathlib import Path
from media.folder import Folder
root = Path(sys.argv[1])
async def main():
    while True:
        name = secrets.token_hex(16)
        path = root / name
        path.write_bytes(name.encode() * 5_000)
        await Folder(root).put(name, path)
        os.write(1, name.encode() + b"\\n")
asyncio.run(main())
"""


async def test_a_message_that_was_never_sent_gives_its_file_back(place: Place) -> None:
    """As one that was deleted does, whose retry asked for it again; what was said keeps it."""
    who = user()
    files = [await place.uploaded(os.urandom(20), user=who) for _ in range(3)]
    said, never, deleted = key(), key(), key()
    for file, message in zip(files, (said, never, deleted), strict=True):
        await place.attach(file.id, user=who, message=message)
    place.history.keys[said] = calls.KeyReply(7, 1)
    place.history.keys[deleted] = calls.KeyReply(8, 1, deleted=True)
    now_ms = clock.now_ms() + LATER_MS
    await place.media.sweeper.settle(now_ms)
    known = {one.id: one.used for one in await place.ledger.known([file.id for file in files])}
    assert known == {files[0].id: True, files[1].id: False, files[2].id: False}
    # It may be sent after all, for a day.
    assert await place.attach(files[1].id, user=who) == [files[1]]
    await place.media.sweeper.expire(now_ms + LEFT_MS + 1)
    left = {one.id for one in await place.ledger.known([file.id for file in files])}
    assert left == {files[0].id, files[1].id}


async def test_an_object_is_whole_or_not_there_when_its_writer_is_killed(tmp_path: Path) -> None:
    """By `kill -9`: every one that was said to be kept is there, and none is in parts."""
    with subprocess.Popen(  # noqa: ASYNC220, S603 - our own program, killed below
        [sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE
    ) as writer:
        assert writer.stdout is not None
        said = [writer.stdout.readline().decode().strip() for _ in range(20)]
        writer.send_signal(signal.SIGKILL)
        said += [line.decode().strip() for line in writer.stdout if line.endswith(b"\n")]
    kept = {path.name: path for path in (tmp_path / "objects").rglob("*") if path.is_file()}
    assert set(said) <= kept.keys()
    for name, path in kept.items():
        assert path.read_bytes() == name.encode() * 5_000


async def test_what_is_not_there_is_told_before_a_byte_is_given(tmp_path: Path) -> None:
    """And removing it is no news; a folder that is gone is told by the check."""
    store = Folder(tmp_path)
    with pytest.raises(Missing):
        await anext(store.read("aa", 0, 1))
    await store.remove("aa")
    await store.check()
    with pytest.raises(StoreError):
        await Folder(tmp_path / "nowhere").check()
    with pytest.raises(StoreError):
        await store.put("aa", tmp_path / "nothing")


async def test_the_spool_forgets_what_a_killed_process_left(tmp_path: Path) -> None:
    """After a day; what is being uploaded now stays."""
    spool = Spool(tmp_path)
    await spool.start()
    old = spool.root / "old"
    old.mkdir()
    (old / "original").write_bytes(b"half")
    long_ago = (clock.now_ms() - LEFT_MS) / 1000 - 1
    os.utime(old, (long_ago, long_ago))
    async with spool.desk() as desk:
        assert await spool.sweep() == 1
        assert os.listdir(spool.root) == [desk.name]
    assert os.listdir(spool.root) == []
