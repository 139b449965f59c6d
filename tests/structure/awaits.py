"""Where a co_await stands in an expression that g++ 12 gets wrong. `violations(root)` reads the sources of a tree and
returns one sentence for each such place.

g++ 12 destroys the temporaries of a full expression twice when a co_await in it stands under `?:`, `&&` or `||`, and
those that a lambda in it has captured by value. The way out is a name: await first, then decide; name the lambda, then
await. The reading is of the text as clang-format leaves it, not of C++: it knows `a && b` from `T&& b` by the spaces."""

import re
from pathlib import Path

TOPS = ("runtime", "triggers", "sdk", "functions", "examples", "tests")
SOURCES = {".h", ".cc", ".hpp", ".cpp"}

NOT_CODE = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<mark>[^(\s]*)\(.*?\)(?P=mark)"|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])*'",
    re.DOTALL,
)
PLACE = re.compile(r"\bco_await\b|\?|(?<=\s)(?:&&|\|\|)(?=\s)|(?<=[(,=\s])\[[^\[\]]*\](?=\s*[({])|[()]")
CONTROL = re.compile(r"\s*(?:else\s+)?(?:if|while|for|switch)\b")
OWNS_NOTHING = re.compile(r"\s*(?:&\s*\w*|this)?\s*")  # a capture that is a reference, or this

UNDER = "co_await under ?:, && or ||"
CAPTURED = "co_await with a lambda that captures by value"


def blank(match):
    """Spaces for what is no code; the lines stay where they are."""
    return "".join(c if c == "\n" else " " for c in match[0])


def statements(text):
    """The texts between `;`, `{` and `}`, each with its offset. The `{` stays: it is how a lambda is known."""
    begin = 0
    for match in re.finditer(r"[;{}]", text):
        yield begin, text[begin : match.end()]
        begin = match.end()


def problem(statement):
    """What is wrong with a statement; None if nothing is."""
    depth = 0  # of parentheses
    awaited = None  # the least depth at which something was awaited
    operators = []  # the depths of ?, && and || whose operands are still being read
    for match in PLACE.finditer(statement):
        word = match[0]
        if word == "(":
            depth += 1
        elif word == ")":
            depth -= 1
            operators = [at for at in operators if at <= depth]
            if depth == 0 and CONTROL.match(statement):
                awaited = None  # the head is an expression of its own
        elif word == "co_await":
            if operators:
                return UNDER
            awaited = depth if awaited is None else min(awaited, depth)
        elif word.startswith("["):
            if awaited is not None and not all(OWNS_NOTHING.fullmatch(one) for one in word[1:-1].split(",")):
                return CAPTURED
        elif awaited is not None and depth <= awaited:
            return UNDER
        else:
            operators.append(depth)
    return None


def violations(root):
    root = Path(root)
    found = []
    for top in TOPS:
        for path in sorted((root / top).rglob("*")):
            if path.suffix not in SOURCES or not path.is_file():
                continue
            text = NOT_CODE.sub(blank, path.read_text())
            for begin, statement in statements(text):
                sentence = problem(statement) if "co_await" in statement else None
                if sentence:
                    line = text.count("\n", 0, begin + statement.index("co_await")) + 1
                    found.append(f"{path.relative_to(root)}:{line}: {sentence}")
    return found
