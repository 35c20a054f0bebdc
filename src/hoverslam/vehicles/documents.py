"""Access to the content of a vehicle file before it is checked: a value that is wrong or missing reads as None."""

from collections.abc import Mapping
from math import isfinite
from typing import Any


class Document:
    """Access to a raw document by dotted keys. A value that is missing, wrong or of the wrong type reads as None.

    Attributes:
        content: The document.
    """

    def __init__(self, content: Mapping[str, Any], bad: frozenset[str]) -> None:
        """Wrap a document; ``bad`` holds the dotted keys that are known to be wrong."""
        self.content, self._bad = content, bad

    def plain(self, key: str) -> Any:
        """Return the value at a dotted key."""
        here: Any = self.content
        path = ""
        for part in key.split("."):
            path = f"{path}.{part}" if path else part
            if path in self._bad or not isinstance(here, Mapping):
                return None
            here = here.get(part)
        return here

    def number(self, key: str) -> float | None:
        """Return the value of the figure at a dotted key, in the unit of the key."""
        value = self.plain(f"{key}.value")
        if isinstance(value, bool) or not isinstance(value, (int, float)) or abs(value) > 1e300 or not isfinite(value):
            return None
        return float(value)

    def text(self, key: str) -> str | None:
        """Return the text at a dotted key."""
        value = self.plain(key)
        return value if isinstance(value, str) else None

    def counts(self, key: str) -> list[int]:
        """Return the engine counts at a dotted key, which holds one or a list."""
        value = self.plain(key)
        entries = value if isinstance(value, (list, tuple)) else [value]
        if any(bad.startswith(f"{key}[") for bad in self._bad):
            return []
        return [entry for entry in entries if isinstance(entry, int) and not isinstance(entry, bool)]

    @property
    def modes_key(self) -> str:
        """The key that lists the vehicle's recovery modes: ``own_modes`` if it is there, or else ``recovery.modes``."""
        return "own_modes" if self.has("own_modes") or self.failed("own_modes") else "recovery.modes"

    def modes(self) -> list[str] | None:
        """Return the recovery modes other than ``expendable``, or None if the key is wrong."""
        key = self.modes_key
        if self.failed(key) or any(bad.startswith(f"{key}[") for bad in self._bad):
            return None
        return list(self.plain(key) or ())

    def tables(self, key: str) -> list[tuple[str, Mapping[str, Any]]]:
        """Return the entries of a list of tables that are not known to be wrong, each with its key."""
        entries = self.plain(key)
        if not isinstance(entries, (list, tuple)):
            return []
        named = [(f"{key}[{number}]", entry) for number, entry in enumerate(entries) if isinstance(entry, Mapping)]
        return [(name, entry) for name, entry in named if not any(bad.startswith(name) for bad in self._bad)]

    def has(self, key: str) -> bool:
        """Return whether there is a value at a dotted key."""
        return self.plain(key) is not None

    def failed(self, key: str) -> bool:
        """Return whether the key or a section that contains it is known to be wrong."""
        parts = key.split(".")
        return any(".".join(parts[: n + 1]) in self._bad for n in range(len(parts)))

    def failed_below(self, key: str) -> bool:
        """Return whether a key inside the table at a dotted key is known to be wrong."""
        return any(bad.startswith(f"{key}.") for bad in self._bad)
