"""A vehicle file with other values of some figures: their lines are replaced, and all else stays as it is."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import floor, log10

_SECTION = re.compile(r"^\s*\[(?P<name>[\w.]+)\]\s*(#.*)?$")
_LIST = re.compile(r"^\s*\[\[(?P<name>[\w.]+)\]\]\s*(#.*)?$")
_FIGURE = re.compile(r'^(?P<start>\s*(?P<key>\w+)\s*=\s*)\{(?:[^"{}]|"(?:[^"\\]|\\.)*")*\}(?P<rest>.*)$')


@dataclass(frozen=True)
class Replacement:
    """A new value of a figure, in the unit of its key.

    Attributes:
        value, low, high: Value and band.
        sigma: Standard error: numbers are rounded to a hundredth of it.
        source: What the file states as its source.
    """

    value: float
    low: float
    high: float
    sigma: float
    source: str

    def table(self) -> str:
        """Return the figure as a vehicle file states it, with status ``derived``."""
        places = min(max(2 - floor(log10(self.sigma)), 1), 9) if self.sigma > 0.0 else 6
        value, low, high = (f"{number:.{places}f}" for number in (self.value, self.low, self.high))
        said = self.source.replace("\\", "\\\\").replace('"', '\\"')
        return f'{{ value = {value}, low = {low}, high = {high}, status = "derived", source = "{said}" }}'


def with_replacements(text: str, replacements: Mapping[str, Replacement]) -> str:
    """Return the text of a vehicle file in which the lines of some figures are replaced.

    Comments, their order and every other line stay as they are. Each figure must stand on a line of its own.

    Args:
        text: Text of the file (TOML).
        replacements: New figures by dotted key, such as ``stage1.dry_mass_t``.

    Raises:
        ValueError: If a figure is not found on a line of its own.
    """
    missing = set(replacements)
    lines = []
    for line, key, match in _keyed(text):
        if key in missing and match is not None:
            missing.discard(key)
            ending = "\n" if line.endswith("\n") else ""
            line = f"{match['start']}{replacements[key].table()}{match['rest']}{ending}"
        lines.append(line)
    if missing:
        raise ValueError(f"vehicle file: {', '.join(sorted(missing))}: not found on a line of its own")
    return "".join(lines)


def _keyed(text: str) -> Iterator[tuple[str, str, re.Match[str] | None]]:
    """Yield each line, the dotted key of the figure on it, and where that is found; lists of tables have no figures here."""
    section: str | None = ""
    for line in text.splitlines(keepends=True):
        bare = line.rstrip("\r\n")
        if (found := _SECTION.match(bare)) is not None:
            section = found["name"]
        elif _LIST.match(bare):
            section = None
        match = None if section is None else _FIGURE.match(bare)
        key = "" if match is None else f"{section}.{match['key']}" if section else match["key"]
        yield line, key, match
