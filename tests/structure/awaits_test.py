"""No co_await of this tree stands where g++ 12 gets it wrong; and the check would notice if one did."""

import os
import unittest
from pathlib import Path

from awaits import CAPTURED, UNDER, problem, violations

ROOT = Path(os.environ["SHARDMILL_SOURCE"])


class TheTree(unittest.TestCase):
    def test_no_await_stands_where_the_compiler_gets_it_wrong(self):
        self.assertEqual(violations(ROOT), [])

    def test_there_is_something_to_check(self):
        self.assertIn("co_await", (ROOT / "runtime/api/task.h").read_text())


class Statements(unittest.TestCase):
    def test_what_is_wrong_is_found(self):
        for statement, wanted in {
            "x = a ? co_await f() : b;": UNDER,
            "x = a\n    ? b\n    : co_await f();": UNDER,
            "return co_await f() ? a : b;": UNDER,
            "if (a && co_await f()) {": UNDER,
            "if (co_await f() || b) {": UNDER,
            "x = g(a && (co_await f()).b);": UNDER,
            "x = (co_await f()) && b;": UNDER,
            "co_await f([x] {": CAPTURED,
            "co_await f(a, [this, y = std::move(x)](int) {": CAPTURED,
            "x = co_await f([=] {": CAPTURED,
        }.items():
            self.assertEqual(problem(statement), wanted, statement)

    def test_what_is_right_is_left_alone(self):
        for statement in (
            "auto x = co_await f();",
            "co_await ((read() && write()) || watch());",
            "if (a && b) co_await f();",
            "if (co_await f()) return a && b;",
            "for (T&& x : co_await f()) {",
            "co_await f([&](Callback<T> done) {",
            "co_await f([this, &x] {",
            "co_await handlers[i](x);",
            "auto call = [x = std::move(y)] {",
        ):
            self.assertIsNone(problem(statement), statement)


if __name__ == "__main__":
    unittest.main()
