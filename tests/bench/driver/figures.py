"""What a bench comes to: a figure, what it stands beside, and whether it reaches what it must."""

import json
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    bench: str
    value: float
    unit: str
    beside: str = ""  # what was measured in the same run (or published), with its own value
    ratio: float | None = None  # value / value of `beside`
    at_least: float | None = None  # what `value` must reach
    at_most: float | None = None
    ratio_at_least: float | None = None

    @property
    def wanted(self):
        parts = []
        if self.at_least is not None:
            parts.append(f">= {number(self.at_least)}")
        if self.at_most is not None:
            parts.append(f"<= {number(self.at_most)}")
        if self.ratio_at_least is not None:
            parts.append(f"ratio >= {number(self.ratio_at_least)}")
        return ", ".join(parts)

    @property
    def ok(self):
        """True, False, or None when nothing is asked of it."""
        if not self.wanted:
            return None
        return (
            (self.at_least is None or self.value >= self.at_least)
            and (self.at_most is None or self.value <= self.at_most)
            and (self.ratio_at_least is None or (self.ratio is not None and self.ratio >= self.ratio_at_least))
        )

    def json_line(self):
        return json.dumps(
            {"bench": self.bench, "value": self.value, "unit": self.unit, "beside": self.beside, "ratio": self.ratio}
        )


def number(value):
    """For people: 1,234,567 or 0.123."""
    if value is None:
        return ""
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def table(figures):
    heads = ("bench", "value", "unit", "beside", "ratio", "must reach", "ok?")
    rows = [
        (f.bench, number(f.value), f.unit, f.beside, number(f.ratio), f.wanted, {True: "yes", False: "NO", None: ""}[f.ok])
        for f in figures
    ]
    widths = [max(len(row[i]) for row in [heads, *rows]) for i in range(len(heads))]
    right = {1, 4}
    lines = []
    for row in [heads, tuple("-" * width for width in widths), *rows]:
        cells = [cell.rjust(width) if i in right else cell.ljust(width) for i, (cell, width) in enumerate(zip(row, widths))]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)
