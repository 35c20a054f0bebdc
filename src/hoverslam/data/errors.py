"""What goes wrong with a data file, said in one line per mistake.

Every reader in this room collects `Mistake`s and raises a single `VehicleError` with all of them, so that a file is put
right in one go instead of one failed run per slip.
"""

import difflib
from collections.abc import Iterable, Sequence
from typing import NamedTuple


class VehicleError(ValueError):
    """A vehicle, site or orbit that cannot be used. `mistakes` holds one line each: `file: key: value: the fix`."""

    def __init__(self, mistakes: Sequence[str]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__(self.mistakes)

    def __str__(self) -> str:
        return "\n".join(self.mistakes)


class Mistake(NamedTuple):
    """One mistake before it is worded for a reader: the dotted key, the value found there, what would be accepted."""

    key: str
    value: str
    fix: str

    def line(self, label: str) -> str:
        """The mistake as one line; `label` names the file, or says that the key came from an override."""
        return ": ".join(one_line(part) for part in (label, self.key, self.value, self.fix) if part)


def one_line(text: str) -> str:
    """`text` with every control character escaped: a key or value from a broken file may hold anything."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode() for c in text)


def shown(value: object, longest: int = 60) -> str:
    """A found value as a reader wants to see it in a message: short, on one line, strings in quotes."""
    if isinstance(value, str):
        text = f'"{value}"'
    elif isinstance(value, bool):
        text = str(value).lower()
    elif isinstance(value, float):
        text = f"{value:g}"
    elif isinstance(value, int) and value.bit_length() > 256:
        text = "a very long integer"  # Python refuses to print integers beyond 4300 digits
    elif isinstance(value, dict):
        text = "{" + ", ".join(str(key) for key in value) + "}"
    else:
        text = repr(value)
    return text if len(text) <= longest else text[: longest - 3] + "..."


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`did you mean …?` with the closest known word (all of them in a tie), otherwise the known words."""
    known = sorted(known)
    close = difflib.get_close_matches(word, known, n=3, cutoff=0.6)
    if close:
        likeness = [difflib.SequenceMatcher(a=match, b=word).ratio() for match in close]
        best = [match for match, ratio in zip(close, likeness, strict=True) if ratio == max(likeness)]
        return f"did you mean {' or '.join(sorted(best))}?"
    return "known: " + ", ".join(known) if known else "none is accepted here"
