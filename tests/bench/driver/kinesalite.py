"""kinesalite, the emulator of Kinesis that is most used in tests, as a peer: installed from npm, run on a free port."""

import json
import os
import shutil
import subprocess
import time
import urllib.request

from driver.machine import WORK, Trouble, say

VERSION = "3.3.3"

# Its command line listens on all addresses; its module takes one.
START = """
const server = require('kinesalite')({createStreamMs: 0, shardLimit: 100});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
"""


def install():
    """The folder it is in. Raises Trouble if npm cannot be used."""
    folder = WORK / "kinesalite"
    package = folder / "node_modules" / "kinesalite" / "package.json"
    if package.exists() and json.loads(package.read_text())["version"] == VERSION:
        return folder
    if shutil.which("npm") is None:
        raise Trouble("npm is not installed")
    say(f"installing kinesalite {VERSION} from npm")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text('{"private": true}')
    done = subprocess.run(
        ["npm", "install", "--no-audit", "--no-fund", "--silent", f"kinesalite@{VERSION}"],
        cwd=folder, capture_output=True, text=True, check=False,
    )
    if done.returncode != 0:
        raise Trouble(f"npm install kinesalite failed: {(done.stderr or done.stdout).strip()[-500:]}")
    return folder


class Kinesalite:
    """with Kinesalite() as peer: peer.url; peer.create_stream(...)"""

    def __init__(self):
        self.process = None
        self.url = None

    def __enter__(self):
        folder = install()
        self.process = subprocess.Popen(
            ["node", "-e", START], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env=os.environ,
        )
        port = self.process.stdout.readline().strip()
        if not port.isdigit():
            self.__exit__()
            raise Trouble("kinesalite did not start")
        self.url = f"http://127.0.0.1:{port}"
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def create_stream(self, name, shards):
        self._call("CreateStream", {"StreamName": name, "ShardCount": shards})
        for _ in range(200):
            if self._call("DescribeStreamSummary", {"StreamName": name})["StreamDescriptionSummary"]["StreamStatus"] == "ACTIVE":
                return
            time.sleep(0.02)
        raise Trouble("kinesalite did not make the stream")

    def _call(self, operation, body):
        request = urllib.request.Request(
            self.url,
            data=json.dumps(body).encode(),
            headers={
                "Content-Type": "application/x-amz-json-1.1",
                "X-Amz-Target": f"Kinesis_20131202.{operation}",
                "X-Amz-Date": "20260101T000000Z",
                "Authorization": "AWS4-HMAC-SHA256 Credential=bench/20260101/us-east-1/kinesis/aws4_request, "
                "SignedHeaders=host;x-amz-date;x-amz-target, Signature=" + "0" * 64,
            },
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read()
            return json.loads(text) if text else {}
