"""`shardmill invoke`, as a user calls it: what it prints, its exit codes, and that nothing of it stays behind."""
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest

SHARDMILL = os.environ["SHARDMILL_BIN"]
FUNCTIONS = os.environ["SHARDMILL_TEST_FUNCTIONS"]


def function(name):
    return os.path.join(FUNCTIONS, name + ".so")


def run(*arguments, event=b""):
    return subprocess.run([SHARDMILL, *arguments], input=event, capture_output=True, timeout=120)


def invoke(name, event, *options):
    done = run("invoke", function(name), "--event", "-", *options, event=event)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def invoke_json(name, event, *options):
    code, out, err = invoke(name, event, "--json", *options)
    return code, json.loads(out)


def children_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        direct = [int(child) for child in file.read().split()]
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/children") as file:
            direct += [int(child) for child in file.read().split()]
    return set(direct)


def is_running(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


class Invoke(unittest.TestCase):
    def test_a_kinesis_event_through_a_descriptor(self):
        event = run("event", "kinesis", "--data", "hi", "--data", "there", "--stream", "visits").stdout
        read, write = os.pipe()
        os.write(write, event)
        os.close(write)
        done = subprocess.run([SHARDMILL, "invoke", function("good"), "--event", f"/dev/fd/{read}"],
                              pass_fds=[read], capture_output=True, timeout=120)
        out = done.stdout.decode()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("2 records of visits shardId-000000000000 from 49", out)
        self.assertRegex(out, r"(?m)^out +1 +hi$")
        self.assertRegex(out, r"(?m)^out +2 +there$")
        self.assertRegex(out, r"(?m)^success in [0-9.e+]+ ms, 2 records of visits$")

    def test_json_has_everything(self):
        code, result = invoke_json("good", b"logs")
        self.assertEqual(code, 0)
        self.assertEqual(result["outcome"], "success")
        self.assertEqual(result["function"], "good")
        self.assertEqual([line["text"] for line in result["logs"]][:5],
                         ["printed", "streamed", "two", "lines", "no newline"])
        self.assertEqual(result["logs"][2]["level"], "error")
        code, result = invoke_json("good", b"two outputs")
        self.assertEqual(result["outputs"], [
            {"stream": "first", "partitionKey": "a", "data": "1"},
            {"stream": "second", "partitionKey": "b", "explicitHashKey": "17", "data": "2"},
            {"stream": "first", "partitionKey": "c", "data": "3"}])

    def test_bytes_that_are_no_text(self):
        code, result = invoke_json("good", b"\xff\x00")
        self.assertEqual(code, 0)
        self.assertEqual(result["responseBase64"], "/wA=")

    def test_a_failed_invocation_exits_with_1(self):
        code, out, _ = invoke("bad_deeds", b"throw")
        self.assertEqual(code, 1)
        self.assertIn("about to throw\n", out)
        self.assertRegex(out, r"failed in .* ms: std::runtime_error: broken record\n$")
        code, result = invoke_json("bad_deeds", b"hang", "--timeout", "0.25")
        self.assertEqual((code, result["outcome"], result["reason"]), (1, "timeout", "timed out after 0.25 s"))

    def test_a_function_that_does_not_start_exits_with_1(self):
        code, out, _ = invoke("bad_init", b"", "--env", "BAD_INIT=throw")
        self.assertEqual(code, 1)
        self.assertEqual(out, "not started init failed: std::runtime_error: no configuration\n")

    def test_outputs_can_be_restricted(self):
        code, result = invoke_json("good", b"two outputs", "--output", "first")
        self.assertEqual(code, 1)
        self.assertEqual(result["reason"], "emit to 'second' refused: the function's Outputs are first")

    def test_settings_beside_the_library_are_used(self):
        with tempfile.TemporaryDirectory() as folder:
            os.symlink(function("good"), os.path.join(folder, "mine.so"))
            with open(os.path.join(folder, "mine.json"), "w") as file:
                file.write('{"Outputs": ["first"], "Environment": {"LEVEL": "debug"}} // ours')
            target = os.path.join(folder, "mine.so")
            done = run("invoke", target, "--event", "-", "--json", event=b"env LEVEL")
            self.assertEqual(json.loads(done.stdout)["response"], "debug")
            done = run("invoke", target, "--event", "-", "--json", event=b"two outputs")
            self.assertIn("Outputs are first", json.loads(done.stdout)["reason"])
            with open(os.path.join(folder, "mine.json"), "w") as file:
                file.write('{"Outputz": ["first"], "Timeout": -1}')
            done = run("invoke", target, "--event", "-", event=b"x")
            self.assertEqual(done.returncode, 2)
            self.assertIn(b'"Outputz" is not known here; did you mean "Outputs"?', done.stderr)
            self.assertIn(b"Timeout: found -1", done.stderr)

    def test_bad_input_exits_with_2_and_says_what_was_wanted(self):
        code, _, err = invoke("crash_relay", b'{"Records": [{"kinesis": {"partitionKey": "k"}}]}')
        self.assertEqual(code, 2)
        self.assertIn("Records[0].kinesis: \"data\" is missing, wanted the record's data in base64", err)
        code, _, err = invoke("crash_relay", b"{")
        self.assertEqual(code, 2)
        self.assertIn("not JSON: parse error at line 1", err)
        code, _, err = invoke("bad_no_entry", b"x")
        self.assertEqual(code, 2)
        self.assertIn("bad_no_entry.so: found no ABI note of shardmill", err)
        done = run("invoke", os.path.abspath(__file__), "--event", "-")
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"wanted a shared library", done.stderr)
        done = run("invoke", function("good"), "--event", "/nowhere")
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"/nowhere", done.stderr)
        done = run("invoke", function("good"), "--event", "-", "--env", "=x")
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"wanted NAME=VALUE", done.stderr)
        done = run("invoke", function("good"), "--event", "-", "--env", "LD_PRELOAD=/tmp/x.so")
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"--env LD_PRELOAD: this variable steers the dynamic loader", done.stderr)

    def test_nothing_outlives_a_killed_runtime(self):
        # ORPHAN_MODE "fork" and "daemon" also try to make processes that nobody would end.
        for mode in ("hang_deaf", "threads", "fork", "daemon"):
            runtime = subprocess.Popen(
                [SHARDMILL, "invoke", function("orphan_maker"), "--event", "-", "--timeout", "900",
                 "--env", "ORPHAN_MODE=" + mode, "--env", "ORPHAN_MARK=orphan"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            runtime.stdin.write(run("event", "kinesis").stdout)
            runtime.stdin.close()
            for line in runtime.stdout:
                if b"ready" in line:
                    break
            workers = children_of(runtime.pid)
            self.assertEqual(len(workers), 1, mode)
            runtime.send_signal(signal.SIGKILL)
            runtime.wait()
            deadline = time.monotonic() + 60
            while any(is_running(pid) for pid in workers) and time.monotonic() < deadline:
                time.sleep(0.01)
            self.assertFalse(any(is_running(pid) for pid in workers), mode)
            # Children that the worker might have made would hold the log pipe open.
            self.assertEqual(runtime.stdout.read(), b"")
            runtime.stdout.close()


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
