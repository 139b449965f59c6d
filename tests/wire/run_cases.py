#!/usr/bin/python3
"""Runs the cases of one file against the network face.

    run_cases.py WIRE_SERVER CASES.json [NAME...]

A file is a JSON object:

    "operation"  the operation that cases without an own "op" call
    "setup"      steps run once, before the first case
    "cases"      a list of cases, run in order over one connection against one server

A step or case is an object; a step that fails ends the run:

    "name"     of a case: a plain sentence
    "op"       operation, sent as X-Amz-Target Kinesis_20131202.<op>; the file's by default
    "body"     JSON request. A string is sent as it is. Texts may hold ${var} and ${repeat:TEXT:COUNT}
               An element {"times": N, "of": X} of a list stands for N times X.
    "records"  N: puts N small records with PutRecords instead, partition keys k0..kN-1 (needs "stream")
    "method", "path", "headers"   HTTP request, where not POST / with the JSON headers; a null header is left out
    "before"   steps that belong to this case alone
    "advance"  milliseconds the server's clock is moved before the request

What must come back; a step asks for 200 unless it says otherwise:

    "status"   200 by default
    "type"     the answer's __type; with it the status is 400 by default
    "message"  the whole message
    "errors"   the parts of a ValidationException's message, in any order
    "answer"   JSON that must be in the answer: objects may have more members, lists must match element by element.
               Texts may hold ${var}; a text "~REGEX" must match whole; "#TYPE" wants string, number, boolean or null;
               null wants the member absent or null
    "empty"    true: an empty body
    "headers_back"  headers of the answer, by name, matched like texts of "answer"
    "closed"   true: the server closes the connection after the answer
    "save"     {"var": "path.to.0.member"} keeps a text of the answer for later ${var}
"""
import http.client
import json
import os
import re
import subprocess
import sys
import tempfile

TARGET = "Kinesis_20131202."
JSON_TYPE = "application/x-amz-json-1.1"


class Mismatch(Exception):
    pass


class Server:
    def __init__(self, binary, arguments):
        self.folder = tempfile.TemporaryDirectory(prefix="shardmill-wire-")
        command = [binary, os.path.join(self.folder.name, "data"), *arguments]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        found = re.search(r"http://([^:]+):(\d+)", line)
        if not found:
            raise SystemExit(f"the server did not start: {line!r}")
        self.address = (found[1], int(found[2]))

    def stop(self):
        self.process.stdin.close()
        code = self.process.wait(timeout=60)
        self.folder.cleanup()
        if code != 0:
            raise SystemExit(f"the server left with {code}")


def expand(elements):
    """Replaces {"times": N, "of": X} among the elements of a list by N times X."""
    for element in elements:
        if isinstance(element, dict) and set(element) == {"times", "of"}:
            yield from [element["of"]] * element["times"]
        else:
            yield element


def fill(value, variables):
    """Replaces ${...} in all texts of a JSON value."""
    if isinstance(value, dict):
        return {fill(k, variables): fill(v, variables) for k, v in value.items()}
    if isinstance(value, list):
        return [fill(v, variables) for v in expand(value)]
    if not isinstance(value, str):
        return value

    def replaced(match):
        name = match[1]
        if name.startswith("repeat:"):
            _, text, count = name.split(":")
            return text * int(count)
        if name not in variables:
            raise Mismatch(f"no value was saved as {name}")
        return str(variables[name])

    return re.sub(r"\$\{([^}]*)\}", replaced, value)


def at_path(value, path):
    for step in path.split("."):
        value = value[int(step)] if isinstance(value, list) else value[step]
    return value


KINDS = {"string": str, "number": (int, float), "boolean": bool, "null": type(None)}


def match(wanted, found, where):
    if isinstance(wanted, dict):
        if not isinstance(found, dict):
            raise Mismatch(f"{where}: wanted an object, found {found!r}")
        for name, part in wanted.items():
            if part is None:
                if found.get(name) is not None:
                    raise Mismatch(f"{where}.{name}: wanted absent, found {found[name]!r}")
            elif name not in found:
                raise Mismatch(f"{where}.{name}: absent; found only {sorted(found)}")
            else:
                match(part, found[name], f"{where}.{name}")
    elif isinstance(wanted, list):
        if not isinstance(found, list) or len(wanted) != len(found):
            raise Mismatch(f"{where}: wanted {len(wanted)} elements, found {found!r}")
        for i, part in enumerate(wanted):
            match(part, found[i], f"{where}.{i}")
    elif isinstance(wanted, str) and wanted.startswith("~"):
        if not isinstance(found, str) or not re.fullmatch(wanted[1:], found, re.S):
            raise Mismatch(f"{where}: wanted {wanted}, found {found!r}")
    elif isinstance(wanted, str) and wanted[:1] == "#" and wanted[1:] in KINDS:
        if not isinstance(found, KINDS[wanted[1:]]):
            raise Mismatch(f"{where}: wanted a {wanted[1:]}, found {found!r}")
    elif wanted != found or isinstance(wanted, bool) != isinstance(found, bool):
        raise Mismatch(f"{where}: wanted {wanted!r}, found {found!r}")


class Runner:
    def __init__(self, server, operation):
        self.server = server
        self.operation = operation
        self.variables = {}
        self.connection = None

    def send(self, method, path, headers, body):
        if self.connection is None:
            self.connection = http.client.HTTPConnection(*self.server.address, timeout=60)
            self.connection.connect()
        self.connection.putrequest(method, path, skip_accept_encoding=True, skip_host="Host" in headers)
        for name, value in headers.items():
            if value is not None:
                self.connection.putheader(name, value)
        self.connection.putheader("Content-Length", str(len(body)))
        self.connection.endheaders(body)
        response = self.connection.getresponse()
        text = response.read()
        closed = self.connection.sock is None
        if closed:
            self.connection = None
        return response, text, closed

    def request_of(self, case):
        if "records" in case:
            records = [{"Data": "aGVsbG8=", "PartitionKey": f"k{i}"} for i in range(case["records"])]
            return "PutRecords", {"StreamName": case["stream"], "Records": records}
        return case.get("op", self.operation), case.get("body", {})

    def run(self, case):
        for step in case.get("before", []):
            self.run(step)
        if "advance" in case:
            self.send("POST", f"/test/advance/{case['advance']}", {}, b"")
        operation, body = self.request_of(case)
        headers = {"X-Amz-Target": TARGET + operation, "Content-Type": JSON_TYPE, **case.get("headers", {})}
        filled = fill(body, self.variables)
        data = filled.encode() if isinstance(filled, str) else json.dumps(filled).encode()
        response, text, closed = self.send(case.get("method", "POST"), case.get("path", "/"),
                                           fill(headers, self.variables), data)
        try:
            self.check(case, response, text, closed)
        except Mismatch as mismatch:
            raise Mismatch(f"{mismatch}\n    answer: {response.status} {text[:2000]!r}") from None

    def check(self, case, response, text, closed):
        wanted = case.get("status", 400 if "type" in case else 200)
        if response.status != wanted:
            raise Mismatch(f"wanted status {wanted}")
        if closed != case.get("closed", False):
            raise Mismatch("the connection was closed" if closed else "the connection was kept")
        if case.get("empty") and text:
            raise Mismatch("wanted an empty body")
        is_json = text[:1] in (b"{", b"[")
        answer = json.loads(text) if is_json else {}
        if "type" in case:
            self.check_error(case, answer)
        if "answer" in case:
            if isinstance(case["answer"], str):
                match(fill(case["answer"], self.variables), text.decode(), "body")
            else:
                match(fill(case["answer"], self.variables), answer, "answer")
        for name, value in case.get("headers_back", {}).items():
            match(value, response.getheader(name, ""), name)
        for name, path in case.get("save", {}).items():
            self.variables[name] = at_path(answer, path)

    def check_error(self, case, answer):
        if answer.get("__type") != case["type"]:
            raise Mismatch(f"wanted {case['type']}")
        member = "Message" if case["type"] == "SerializationException" else "message"
        if "message" in case:
            message = fill(case["message"], self.variables)
            if message is None:
                if set(answer) != {"__type"}:
                    raise Mismatch("wanted no message")
            else:
                match(message, answer.get(member), member)
        if "errors" in case:
            parts = fill(case["errors"], self.variables)
            plural = "s" if len(parts) > 1 else ""
            start = f"{len(parts)} validation error{plural} detected: "
            message = answer.get(member, "")
            if not message.startswith(start) or sorted(message[len(start):].split("; ")) != sorted(parts):
                raise Mismatch(f"wanted {start}{'; '.join(parts)}")


def main():
    binary, path, names = sys.argv[1], sys.argv[2], sys.argv[3:]
    with open(path, encoding="utf-8") as file:
        suite = json.load(file)
    server = Server(binary, suite.get("server", []))
    runner = Runner(server, suite.get("operation", ""))
    failed = 0
    seen = set()
    try:
        for step in suite.get("setup", []):
            runner.run(step)
        for case in suite["cases"]:
            name = case["name"]
            if name in seen:
                raise SystemExit(f"two cases are called {name!r}")
            seen.add(name)
            if names and name not in names:
                continue
            try:
                runner.run(case)
            except (Mismatch, KeyError, IndexError, OSError, http.client.HTTPException) as error:
                failed += 1
                runner.connection = None
                print(f"FAILED {name}\n    {type(error).__name__}: {error}")
    finally:
        server.stop()
    print(f"{os.path.basename(path)}: {len(seen)} cases, {failed} failed")
    return 1 if failed or not seen else 0


if __name__ == "__main__":
    sys.exit(main())
