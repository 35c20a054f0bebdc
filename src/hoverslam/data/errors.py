"""Mistakes in a data file, worded as one line each, and the error that carries them.

A reader collects every ``Mistake`` of a file and raises a single ``DataError`` with all of them, so that the author of the
file can correct everything in one go. A line reads ``file: key: value: remedy``.
"""

import difflib
from collections.abc import Iterable, Sequence
from typing import NamedTuple


class DataError(ValueError):
    """A data file, or a value given in place of one, that cannot be used. Each room derives its own error from it.

    Attributes:
        mistakes: One line per mistake, ``file: key: value: remedy``.
    """

    def __init__(self, mistakes: Sequence[str]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__(self.mistakes)

    def __str__(self) -> str:
        return "\n".join(self.mistakes)


class Mistake(NamedTuple):
    """One mistake: the dotted key, the value found there, and the remedy. An empty part is left out of the line."""

    key: str
    value: str
    fix: str

    def line(self, label: str) -> str:
        """Return the mistake as one line that starts with ``label``: the name of the file, or ``override``."""
        return ": ".join(one_line(part) for part in (label, self.key, self.value, self.fix) if part)


def one_line(text: str) -> str:
    """Return ``text`` with every unprintable character escaped, since keys and values of a broken file may hold any."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode() for c in text)


def shown(value: object, longest: int = 60) -> str:
    """Return a value as a message shows it: on one line, at most ``longest`` characters, text in double quotes.

    Args:
        value: The value.
        longest: Largest number of characters.
    """
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
    """Return ``did you mean …?`` with the known word closest to ``word``, or the list of known words if none is close.

    Words that are equally close are all named.

    Args:
        word: The unknown word.
        known: The known words.
    """
    known = sorted(known)
    close = _closest(word, known)
    if close:
        return f"did you mean {' or '.join(close)}?"
    return "known: " + ", ".join(known) if known else "none is accepted here"


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return :func:`did_you_mean` with the whole list of known words behind it, for a short list."""
    known = list(known)
    close = _closest(word, sorted(known))
    listed = f"known: {', '.join(known)}" if known else "none is accepted here"
    return f"did you mean {' or '.join(close)}? {listed}" if close else listed


_SHORT_FORMS = {"rtls": "return_to_launch_site", "ship": "moving_ship", "expended": "expendable"}
"""What some readers write for an id."""


def _closest(word: str, known: Sequence[str]) -> list[str]:
    """Return the known words closest to a word, without regard to case; empty if none is close."""
    folded = word.strip().casefold()
    if _SHORT_FORMS.get(folded) in known:
        return [_SHORT_FORMS[folded]]
    lower = {entry.casefold(): entry for entry in known}
    if folded in lower:
        return [lower[folded]]
    close = difflib.get_close_matches(folded, lower, n=3, cutoff=0.6)
    likeness = [difflib.SequenceMatcher(a=match, b=folded).ratio() for match in close]
    return sorted(lower[match] for match, ratio in zip(close, likeness, strict=True) if ratio == max(likeness))
