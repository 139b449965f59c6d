"""The disk that forgets (fixtures/faults/disk_shim.cc, support/power.py) keeps what was synced and loses only the rest."""

import errno
import os
import random
import subprocess
import sys
import tempfile
import textwrap
import unittest
from pathlib import Path

from support.power import Disk


class DiskTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="shardmill-disk-")
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        (self.root / "data").mkdir()
        self.file = self.root / "data" / "file"
        self.disk = Disk(self.root)

    def run_script(self, text, kill=None):
        """Runs Python with the shim; `f` is an open descriptor of the file."""
        script = f"import os\nf = os.open({str(self.file)!r}, os.O_RDWR | os.O_CREAT)\n" + textwrap.dedent(text)
        environment = os.environ | self.disk.environment(kill)
        return subprocess.run([sys.executable, "-c", script], env=environment, check=False).returncode

    def test_synced_bytes_survive_every_cut(self):
        for n in range(20):
            code = self.run_script(
                f"""
                os.pwrite(f, b"a" * 5000, 0)
                os.fdatasync(f)
                os.pwrite(f, b"b" * 3000, 5000)
                os.ftruncate(f, {7000 if n % 2 else 9000})
                """
            )
            self.assertEqual(code, 0)
            self.disk.cut_power(random.Random(n))
            self.assertEqual(self.file.read_bytes()[:5000], b"a" * 5000)
            self.file.unlink()

    def test_bytes_that_were_not_synced_may_be_lost_kept_or_torn_by_sectors(self):
        results = set()
        for n in range(60):
            self.run_script(
                """
                os.pwrite(f, b"a" * 2048, 0)
                os.fsync(f)
                os.pwrite(f, b"b" * 2048, 0)
                os.write(f, b"c" * 1024)
                """
            )
            self.disk.cut_power(random.Random(n))
            content = self.file.read_bytes()
            self.assertEqual(len(content), 2048)
            sectors = [content[at : at + 512] for at in range(0, 2048, 512)]
            self.assertTrue(all(len(set(sector)) == 1 for sector in sectors))
            results.add(b"".join(sector[:1] for sector in sectors))
        self.assertTrue({b"aaaa", b"ccbb"} <= results, results)
        self.assertGreater(len(results), 6)

    def test_a_lying_disk_loses_what_it_said_was_synced(self):
        self.disk.order("lie")
        lost = 0
        for n in range(20):
            self.run_script("os.pwrite(f, b'a' * 512, 0); os.fdatasync(f)")
            self.disk.cut_power(random.Random(n))
            lost += self.file.read_bytes() != b"a" * 512
            self.file.unlink()
        self.assertGreater(lost, 0)

    def test_orders_fail_syncs_and_writes_and_shorten_writes(self):
        self.disk.order("fail_sync")
        self.assertEqual(
            self.run_script("try: os.fdatasync(f)\nexcept OSError as e: os._exit(e.errno)"), errno.EIO
        )
        self.disk.cancel("fail_sync")
        self.disk.order("fail_write", errno.ENOSPC)
        self.assertEqual(
            self.run_script("try: os.pwrite(f, b'abc', 0)\nexcept OSError as e: os._exit(e.errno)"), errno.ENOSPC
        )
        self.disk.cancel("fail_write")
        self.disk.order("short_write")
        self.assertEqual(self.run_script("os._exit(os.pwrite(f, b'a' * 100, 0))"), 50)

    def test_it_kills_at_the_ordered_write_and_sync(self):
        self.assertEqual(self.run_script("[os.pwrite(f, b'a' * 100, 100 * i) for i in range(9)]", kill="write 3"), -9)
        self.assertEqual(self.file.stat().st_size, 250)
        self.assertEqual(self.run_script("[os.fsync(f) for i in range(9)]; os._exit(1)", kill="sync 9"), -9)

    def test_a_renamed_file_takes_its_doubts_along(self):
        sizes = set()
        for n in range(20):
            self.run_script(f"os.pwrite(f, b'a' * 512, 0); os.rename({str(self.file)!r}, {str(self.file) + '2'!r})")
            self.disk.cut_power(random.Random(n))
            sizes.add(Path(str(self.file) + "2").stat().st_size)
        self.assertEqual(sizes, {0, 512})


if __name__ == "__main__":
    unittest.main()
