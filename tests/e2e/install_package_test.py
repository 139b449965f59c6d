"""`cmake --install` gives a prefix from which a function project outside of this tree builds, tests and runs."""

import json
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from support.shardmill import Server, binary, wait_for

CMAKE_LISTS = """
cmake_minimum_required(VERSION 3.25)
project(odd LANGUAGES CXX)
find_package(shardmill {version} REQUIRED)
shardmill_add_function({arguments})
"""


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.work = Path(tempfile.mkdtemp(prefix="shardmill-install-"))
        cls.prefix = cls.work / "prefix"
        cls.check("cmake", "--install", Path(binary()).parent, "--prefix", cls.prefix)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.work, ignore_errors=True)

    @classmethod
    def run_command(cls, *words, **options):
        # The project's own build must not show through: no compiler flags, no package paths of the caller.
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("CMAKE_", "CXX", "shardmill_"))}
        options = {"capture_output": True, "text": True, "check": False, "timeout": 300} | options
        return subprocess.run([str(word) for word in words], env=environment, stdin=subprocess.DEVNULL, **options)

    @classmethod
    def check(cls, *words, **options):
        done = cls.run_command(*words, **options)
        if done.returncode != 0:
            raise AssertionError(f"{words} ended with {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def shardmill(self, *words, **options):
        return self.check(self.prefix / "bin" / "shardmill", *words, **options)

    def configure(self, folder, prefix=None):
        return self.run_command(
            "cmake", "-S", folder, "-B", folder / "build", f"-DCMAKE_PREFIX_PATH={prefix or self.prefix}"
        )

    def odd_project(self, name, source, arguments, version=""):
        folder = self.work / name
        folder.mkdir()
        (folder / "CMakeLists.txt").write_text(CMAKE_LISTS.format(version=version, arguments=arguments))
        (folder / "odd.cc").write_text(source)
        return folder

    def test_the_prefix_has_the_binary_the_headers_and_the_package(self):
        for path in (
            "bin/shardmill",
            "include/shardmill/function.h",
            "include/shardmill/abi.h",
            "include/shardmill/testing.h",
            "lib/cmake/shardmill/shardmillConfig.cmake",
            "lib/cmake/shardmill/shardmillConfigVersion.cmake",
            "lib/cmake/shardmill/shardmillTargets.cmake",
            "lib/cmake/shardmill/shardmill_function.cmake",
        ):
            self.assertTrue((self.prefix / path).is_file(), path)
        for package_file in (self.prefix / "lib/cmake/shardmill").iterdir():
            self.assertNotIn(str(Path(binary()).parent), package_file.read_text(), package_file)

    def test_a_new_function_builds_passes_its_test_and_runs(self):
        self.shardmill("new", "greet", cwd=self.work)
        project = self.work / "greet"
        configured = self.configure(project)
        self.assertEqual(configured.returncode, 0, configured.stderr)
        self.check("cmake", "--build", project / "build")
        self.check("ctest", "--test-dir", project / "build", "--output-on-failure")
        library = project / "build/functions/greet.so"
        exported = self.check("nm", "-D", "--defined-only", library)
        self.assertIn(" shardmill_function", exported)
        self.assertNotIn("shout", exported)  # everything else is hidden

        called = json.loads(self.shardmill("invoke", library, "--event", project / "event.json", "--json"))
        self.assertIn("bob says GOOD MORNING", json.dumps(called))

        with Server() as server:
            server.cli("stream", "create", "events")
            settings = self.without_comments(project / "greet.json")
            server.deploy("greet", settings, library)
            wait_for("greet to be live", lambda: " live " in server.cli("function", "list").stdout)
            server.cli("stream", "put", "events", input="hello there\n")
            wait_for("its log", lambda: "HELLO THERE" in server.cli("function", "logs", "greet").stdout)

    def without_comments(self, path):
        lines = [line for line in path.read_text().splitlines() if not line.strip().startswith("//")]
        return json.loads("\n".join(lines))

    def test_another_version_is_refused(self):
        done = self.configure(self.odd_project("newer", "", "odd odd.cc", version="99.0"))
        self.assertNotEqual(done.returncode, 0)
        self.assertIn('compatible with requested version "99.0"', " ".join(done.stderr.split()))

    def test_mistakes_are_found_when_the_project_is_configured(self):
        for name, arguments, words in (
            ("nameless", '"a b" odd.cc', 'the function name "a b" has characters other than'),
            ("sourceless", "odd", "there are no source files"),
        ):
            done = self.configure(self.odd_project(name, "", arguments))
            self.assertNotEqual(done.returncode, 0, name)
            self.assertIn(words, " ".join(done.stderr.split()))

    def test_a_symbol_that_nobody_defines_is_found_when_the_function_is_linked(self):
        source = '#include <shardmill/function.h>\nint gone();\nSHARDMILL_FUNCTION([](const shardmill::Payload&) { gone(); })\n'
        folder = self.odd_project("undefined", source, "odd odd.cc")
        self.assertEqual(self.configure(folder).returncode, 0)
        done = self.run_command("cmake", "--build", folder / "build")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("undefined reference to `gone()'", done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
