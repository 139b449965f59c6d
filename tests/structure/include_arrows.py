"""Who may include whom. `violations(root)` reads the #include lines of a source tree and returns one sentence for each
line that breaks a rule."""

import os
import re
from pathlib import Path

# A part, and the parts it may know besides itself. Only app knows everything.
MAY_KNOW = {
    "runtime/base": set(),
    "runtime/api": {"runtime/base"},
    "runtime/store": {"runtime/base", "runtime/api"},
    "runtime/host": {"runtime/base", "runtime/api"},
    "runtime/worker": {"runtime/base", "runtime/api", "sdk"},
    "runtime/dispatch": {"runtime/base", "runtime/api"},
    "runtime/deploy": {"runtime/base", "runtime/api", "sdk"},
    "runtime/http": {"runtime/base", "runtime/api"},
    "triggers": {"runtime/base", "runtime/api"},
    "sdk": set(),
    "functions": {"sdk"},
    "examples": {"sdk"},
}
EVERYTHING = "runtime/app"

# Headers that only one part may include.
ONLY_IN = {"sqlite3.h": "runtime/store"}

# The SDK is used with any build and any set of libraries: it includes nothing but the standard library.
STANDARD_ONLY = {"sdk"}
STANDARD = re.compile(r"^[a-z_0-9]+(\.h)?$")

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
SOURCES = {".h", ".cc", ".c", ".hpp", ".cpp"}


def part_of(path):
    """The part that a file, by its path from the root, belongs to; None for files outside all parts."""
    parts = Path(path).parts
    if parts[0] == "runtime" and len(parts) > 2:
        return "/".join(parts[:2])
    return parts[0] if parts[0] in MAY_KNOW else None


def resolve(root, source, name):
    """The path from the root of the project's file that `name` means in `source`; None if it is a library's."""
    for candidate in (
        Path(source).parent / name,
        Path("runtime") / name,
        Path(name),
        Path("sdk/include") / name,
    ):
        if (root / candidate).is_file():
            return os.path.normpath(candidate)
    return None


def line_violation(root, source, name, quoted):
    part = part_of(source)
    target = resolve(root, source, name)
    if target is None:
        if quoted:
            return f'"{name}" is not a file of the project'
        only = ONLY_IN.get(name)
        if only and part != only:
            return f"<{name}> may only be included in {only}"
        if part in STANDARD_ONLY and not STANDARD.match(name):
            return f"<{name}>: {part} includes the standard library only"
        return None
    known = part_of(target)
    if part == EVERYTHING or known == part:
        return None
    if known is None:
        return f'"{name}" belongs to no part ({target})'
    if known not in MAY_KNOW[part]:
        allowed = ", ".join(sorted(MAY_KNOW[part])) or "nothing"
        return f'"{name}": {part} may not know {known} (it may know: {allowed})'
    return None


def violations(root):
    root = Path(root)
    found = []
    for top in ("runtime", "triggers", "sdk", "functions", "examples"):
        for path in sorted((root / top).rglob("*")):
            source = path.relative_to(root)
            if path.suffix not in SOURCES or not path.is_file():
                continue
            part = part_of(source)
            if part is None or (part not in MAY_KNOW and part != EVERYTHING):
                found.append(f"{source}: belongs to no known part")
                continue
            for number, line in enumerate(path.read_text().splitlines(), 1):
                match = INCLUDE.match(line)
                if match:
                    sentence = line_violation(root, source, match[2], match[1] == '"')
                    if sentence:
                        found.append(f"{source}:{number}: {sentence}")
    return found
