"""Power cuts, dying and failing disks under load: what was acknowledged survives, outputs stay exactly once.

Uses a disk that forgets what was not synced (support/power.py). The negative control is a disk that lies about syncs: with
it the same oracle must find losses. SHARDMILL_KILLS sets how many power cuts, SHARDMILL_SEED repeats a run.
"""

import os
import random
import tempfile
import time

from support import oracle, relay
from support.kinesis import KinesisError
from support.ledger import Ledger
from support.load import Load
from support.power import Disk
from support.shardmill import Server, sanitized, seed, wait_for

CUTS = int(os.environ.get("SHARDMILL_KILLS", "15" if sanitized() else "60"))
KILLS_AT_A_CALL = CUTS // 2


def runtime():
    """A server on a forgetful disk, with the relay set up."""
    root = tempfile.mkdtemp(prefix="shardmill-power-")
    disk = Disk(root)
    server = Server(root=root, environment=disk.environment())
    server.owns_root = True
    return server, disk


def start_with(server, disk, kill=None):
    server.environment = disk.environment(kill)
    server.start()


def cut_under_load(server, disk, load, rng):
    """The machine loses its power at any moment."""
    time.sleep(rng.uniform(0, 0.4))
    server.kill()
    return disk.cut_power(rng)


def cut_at_a_call(server, disk, load, rng):
    """The same in the middle of the k-th write, or before the k-th sync, after a start."""
    server.kill()
    disk.cut_power(rng)
    call = f"write {rng.randint(1, 400)}" if rng.random() < 0.6 else f"sync {rng.randint(1, 60)}"
    server.environment = disk.environment(call)
    server.spawn()
    try:
        server.wait_ready()
        load.attach(server)
        wait_for("the runtime to meet its end", lambda: not server.running(), seconds=60)
        server.wait()
    except AssertionError:
        if server.running():
            raise
    return disk.cut_power(rng)


def survives_power_cuts(rng):
    ledger, cuts, doubtful = Ledger(), 0, 0
    server, disk = runtime()
    with server:
        relay.set_up(server)
        load = Load(ledger, "in", producers=3, rng=rng, tolerate={"InternalFailure"})
        load.attach(server)
        for how in rng.sample([cut_under_load] * CUTS + [cut_at_a_call] * KILLS_AT_A_CALL, CUTS + KILLS_AT_A_CALL):
            doubtful += how(server, disk, load, rng)
            cuts += 1
            start_with(server, disk)
            load.attach(server)
        load.stop()
        inputs, outputs, findings = relay.judge(server, ledger)
    print(f"power cuts: {cuts} with {doubtful} writes in doubt; {ledger.acked_count()} records acknowledged")
    assert doubtful > cuts, "there was next to nothing to lose: nothing was shown"
    relay.report(findings, cuts, "power cuts")


def a_lying_disk_is_found_out(rng):
    """Negative control: what such a disk loses is noticed by the store, and by the oracle if the store forgot its marks."""
    for forget_marks in (False, True):
        findings = [finding for _ in range(3) for finding in after_lies(rng, forget_marks)]
        print(f"lying disk, marks {'forgotten' if forget_marks else 'kept'}: {len(findings)} findings: {findings[:1]}")
        assert findings, "a disk that lost acknowledged records was not noticed"


def after_lies(rng, forget_marks):
    ledger = Ledger()
    server, disk = runtime()
    with server:
        relay.set_up(server)
        load = Load(ledger, "in", producers=2, rng=rng)
        load.attach(server)
        load.wait_acks(200)
        disk.order("lie")
        load.wait_acks(500)
        server.kill()
        load.stop()
        disk.cut_power(rng)
        disk.cancel("lie")
        if forget_marks:
            (server.data / "marks").unlink()
        try:
            server.start()
            with server.kinesis() as client:
                return list(oracle.check_input(ledger, client.read_all("in")))
        except AssertionError as refusal:
            return [f"the store does not open: {refusal}"]
        except KinesisError as refusal:
            return [f"the store does not answer: {refusal}"]


def a_failed_sync_ends_the_runtime(rng):
    """EIO from a sync: no more answers, a clear sentence, an exit code; the next start has all that was acknowledged."""
    ledger = Ledger()
    server, disk = runtime()
    with server:
        relay.set_up(server)
        load = Load(ledger, "in", producers=3, rng=rng, tolerate={"InternalFailure"})
        load.attach(server)
        load.wait_acks(300)
        disk.order("fail_sync")
        code = server.wait(30)
        load.stop()
        words = server.log()[-2000:]
        assert code > 0, f"exit code {code} after a failed sync"
        assert "did not reach the disk" in words and "restart" in words, f"the log does not say what happened: {words}"
        disk.cut_power(rng)
        disk.cancel("fail_sync")
        server.start()
        _, _, findings = relay.judge(server, ledger)
    relay.report(findings)


def short_writes_change_nothing(rng):
    ledger = Ledger()
    server, disk = runtime()
    with server:
        disk.order("short_write")
        relay.set_up(server)
        load = Load(ledger, "in", producers=2, rng=rng)
        load.attach(server)
        load.wait_acks(300)
        server.kill()
        disk.cut_power(rng)
        start_with(server, disk)
        load.attach(server)
        load.wait_acks(100)
        load.stop()
        _, _, findings = relay.judge(server, ledger)
    relay.report(findings)


def main():
    rng = random.Random(seed())
    for part in (survives_power_cuts, a_lying_disk_is_found_out, a_failed_sync_ends_the_runtime, short_writes_change_nothing):
        print(f"-- {part.__name__}", flush=True)
        part(rng)


if __name__ == "__main__":
    main()
