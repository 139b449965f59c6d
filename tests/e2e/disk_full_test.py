"""A full disk: puts are refused with a clear error, reads go on, nothing acknowledged is lost, and puts succeed again without
a restart once there is space; also when the runtime was killed and started while it was full.

Two kinds of full: a small file system (tmpfs in a mount namespace of the test's own), and a limit on the size of files.
"""

import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from support import oracle, relay
from support.kinesis import KinesisError
from support.ledger import Ledger, payload
from support.shardmill import Server, sanitized, wait_for

FILE_SYSTEM_MIB = 160 if sanitized() else 64
MORE_MIB = 24


class Full:
    """A server whose disk is nearly full, in one of two ways."""

    def __init__(self):
        self.root = Path(tempfile.mkdtemp(prefix="shardmill-full-"))
        self.server = Server(root=self.root)

    def clean_up(self):
        shutil.rmtree(self.root, ignore_errors=True)


class SmallFileSystem(Full):
    def __init__(self):
        super().__init__()
        self.data = self.root / "data"
        self.data.mkdir()
        self.mib = FILE_SYSTEM_MIB
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={self.mib}m", "tmpfs", self.data], check=True)

    def give_space(self):
        self.mib += MORE_MIB
        subprocess.run(["mount", "-o", f"remount,size={self.mib}m", self.data], check=True)

    def clean_up(self):
        subprocess.run(["umount", "-l", self.data], check=False)
        super().clean_up()


class FileSizeLimit(Full):
    """The writes of the store fail when a file would grow over the limit."""

    LIMIT = 48 << 20  # the memory that a worker shares with the runtime is a file, too: some MiB

    def limit(self):
        soft, hard = self.LIMIT, resource.RLIM_INFINITY
        resource.prlimit(self.server.pid, resource.RLIMIT_FSIZE, (soft, hard))

    def give_space(self):
        resource.prlimit(self.server.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def fill(client, ledger, tag):
    """Puts until the store refuses; the refusal."""
    for n in range(1_000_000):
        records = [(f"{tag}.{n * 5 + i}", f"key{i}", payload(f"{tag}.{n * 5 + i}", 20_000)) for i in range(5)]
        puts = ledger.sending(records)
        try:
            answers = client.put_many("in", [(put.key, put.data) for put in puts])
        except KinesisError as error:
            return error
        for put, answer in zip(puts, answers, strict=True):
            if "ErrorCode" in answer:
                return KinesisError(200, answer["ErrorCode"], answer["ErrorMessage"])
            ledger.acknowledged(put, answer["ShardId"], answer["SequenceNumber"])
    raise AssertionError("the store never got full")


def assert_clear(error):
    print(f"refused: {error}")
    assert error.kind == "InternalFailure" and error.status in (200, 500), f"not an InternalFailure: {error}"
    assert "full" in error.message, f"the message does not say that the store is full: {error}"


def assert_all_readable(client, ledger):
    findings = list(oracle.check_input(ledger, client.read_all("in")))
    assert not findings, findings[:5]


def can_put(client, ledger, tag):
    """True when one more record goes in."""
    can_put.count += 1
    name = f"{tag}.{can_put.count}"
    [put] = ledger.sending([(name, "k", payload(name, 100))])
    try:
        answer = client.put("in", put.key, put.data)
    except KinesisError:
        return False
    ledger.acknowledged(put, answer["ShardId"], answer["SequenceNumber"])
    return True


can_put.count = 0


def fills_up_and_recovers(disk):
    ledger, server = Ledger(), disk.server
    server.start()
    relay.set_up(server)
    if isinstance(disk, FileSizeLimit):
        disk.limit()
    with server.kinesis() as client:
        assert_clear(fill(client, ledger, "first"))
        assert_all_readable(client, ledger)
        for n in range(20):  # it goes on refusing, and it goes on answering
            fill(client, ledger, f"again{n}")
        assert server.running()
        assert_all_readable(client, ledger)
        disk.give_space()
        wait_for("a put that succeeds after space came back", lambda: can_put(client, ledger, "after"))
        assert_all_readable(client, ledger)
    return ledger


def starts_while_full(disk, ledger):
    server = disk.server
    with server.kinesis() as client:
        assert_clear(fill(client, ledger, "second"))
    server.kill()
    server.start()
    with server.kinesis() as client:
        assert_all_readable(client, ledger)
        disk.give_space()
        wait_for("a put that succeeds after space came back", lambda: can_put(client, ledger, "last"))
        assert_all_readable(client, ledger)


def can_mount():
    probe = "mount -t tmpfs tmpfs /mnt"
    return subprocess.run(["unshare", "--mount", "--map-root-user", "sh", "-c", probe], capture_output=True).returncode == 0


def run(kind):
    disk = kind()
    try:
        ledger = fills_up_and_recovers(disk)
        if isinstance(disk, SmallFileSystem):
            starts_while_full(disk, ledger)
        _, _, findings = relay.judge(disk.server, ledger)
        assert disk.server.stop() == 0
        print(f"{kind.__name__}: {ledger.acked_count()} records acknowledged, {len(findings)} findings")
        assert not findings, findings[:5]
    except BaseException:
        print(f"---- the log ends with\n{disk.server.log()[-5000:]}", file=sys.stderr)
        raise
    finally:
        disk.server.kill()
        disk.clean_up()


def main():
    if "in-namespace" not in sys.argv:
        run(FileSizeLimit)
        if can_mount():
            again = ["unshare", "--mount", "--map-root-user", sys.executable, "-B", __file__, "in-namespace"]
            sys.exit(subprocess.run(again, check=False).returncode)
        print("no file system of its own here: only the limit on files was tried")
        return
    run(SmallFileSystem)


if __name__ == "__main__":
    main()
