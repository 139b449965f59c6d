"""The arrows between the parts hold in this tree; and the check would notice if they did not."""

import os
import tempfile
import unittest
from pathlib import Path

from include_arrows import violations

ROOT = Path(os.environ["SHARDMILL_SOURCE"])


def tree(files):
    folder = tempfile.TemporaryDirectory()
    for name, text in files.items():
        path = Path(folder.name) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


class TheTree(unittest.TestCase):
    def test_every_include_follows_the_arrows(self):
        self.assertEqual(violations(ROOT), [])

    def test_there_is_something_to_check(self):
        self.assertTrue((ROOT / "runtime/api/streams.h").is_file())


class NegativeControl(unittest.TestCase):
    """Each case is a small tree with one thing wrong in it."""

    KNOWN = {
        "runtime/base/a.h": "",
        "runtime/api/b.h": '#include "base/a.h"\n',
        "runtime/store/c.h": "#include <sqlite3.h>\n",
        "runtime/app/d.cc": '#include "store/c.h"\n#include "triggers/stream/e.h"\n',
        "triggers/stream/e.h": '#include "api/b.h"\n#include "f.h"\n',
        "triggers/stream/f.h": "#include <vector>\n",
        "sdk/include/shardmill/g.h": "#include <cstdint>\n#include <stdint.h>\n#include <shardmill/h.h>\n",
        "sdk/include/shardmill/h.h": "",
        "examples/i/i.cc": "#include <shardmill/g.h>\n",
    }

    def check(self, files, *expected):
        with tree({**self.KNOWN, **files}) as folder:
            found = violations(folder)
        self.assertEqual(len(found), len(expected), found)
        for sentence, words in zip(found, expected):
            self.assertIn(words, sentence)

    def test_a_tree_in_order_has_no_violations(self):
        self.check({})

    def test_base_may_not_know_api(self):
        self.check({"runtime/base/bad.h": '#include "api/b.h"\n'}, "runtime/base may not know runtime/api")

    def test_siblings_may_not_know_each_other(self):
        self.check({"runtime/http/bad.cc": '\n  #  include "store/c.h"\n'}, "bad.cc:2: ")

    def test_nobody_may_know_app(self):
        self.check({"runtime/app/x.h": "", "runtime/deploy/bad.cc": '#include "app/x.h"\n'}, "may not know runtime/app")

    def test_triggers_know_only_the_interfaces(self):
        self.check({"triggers/stream/bad.cc": '#include "store/c.h"\n'}, "triggers may not know runtime/store")

    def test_functions_and_examples_know_only_the_sdk(self):
        self.check({"examples/bad/bad.cc": '#include "base/a.h"\n'}, "examples may not know runtime/base")
        self.check({"functions/bad/bad.cc": '#include "../../runtime/api/b.h"\n'}, "functions may not know runtime/api")

    def test_sqlite_stays_in_the_store(self):
        self.check({"runtime/dispatch/bad.cc": "#include <sqlite3.h>\n"}, "may only be included in runtime/store")

    def test_the_sdk_needs_nothing_but_the_standard_library(self):
        self.check({"sdk/include/shardmill/bad.h": "#include <fmt/format.h>\n"}, "the standard library only")
        self.check({"sdk/include/shardmill/bad.h": '#include "base/a.h"\n'}, "sdk may not know runtime/base")

    def test_a_file_that_is_not_there_is_noticed(self):
        self.check({"runtime/http/bad.cc": '#include "http/gone.h"\n'}, "is not a file of the project")

    def test_a_new_folder_needs_a_rule(self):
        self.check({"runtime/other/x.h": ""}, "belongs to no known part")


if __name__ == "__main__":
    unittest.main()
