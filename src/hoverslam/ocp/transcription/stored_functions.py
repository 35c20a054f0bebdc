"""CasADi functions kept on disk between processes."""

import json
import zlib
from collections.abc import Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeVar

import casadi as ca

from hoverslam.data.kept import Kept, digest_of
from hoverslam.ocp.transcription.structure import lasting_text

_KEPT = Kept("translated", most=100_000_000)


@dataclass(frozen=True)
class StoredFunctions:
    """Base of records whose fields are CasADi functions, or sparsities with names that end in ``sparsity``.

    Attributes:
        digest: The name of the record on disk; empty if it cannot be kept.
    """

    digest: str = field(default="", kw_only=True)

    def to_bytes(self) -> bytes:
        """Return the functions as :meth:`from_bytes` reads them."""
        parts = {each.name: getattr(self, each.name).serialize() for each in fields(self) if each.name != "digest"}
        return zlib.compress(json.dumps(parts).encode(), level=1)

    @classmethod
    def from_bytes(cls, content: bytes) -> Any:
        """Return the functions that :meth:`to_bytes` wrote."""
        parts = json.loads(zlib.decompress(content))
        kinds: dict[bool, Any] = {True: ca.Sparsity, False: ca.Function}
        return cls(**{name: kinds[name.endswith("sparsity")].deserialize(text) for name, text in parts.items()})


Functions = TypeVar("Functions", bound=StoredFunctions)


def stored_or_made(kind: type[Functions], key: Hashable, make: Callable[[], Functions]) -> Functions:
    """Return the functions that an earlier process kept under a key; else make them, and keep them.

    Args:
        kind: The kind of record.
        key: Equal only for functions that compute the same. Where it has no meaning in another process, nothing is kept.
        make: Makes the functions.
    """
    text = lasting_text(key)
    if text is None:
        return make()
    digest = digest_of([kind.__name__, text])
    content = _KEPT.get(digest)
    if content is not None:
        with suppress(RuntimeError, ValueError, TypeError, zlib.error):  # what this version of CasADi cannot read
            found: Functions = kind.from_bytes(content)
            return replace(found, digest=digest)
    made = replace(make(), digest=digest)
    _KEPT.put(digest, made.to_bytes())
    return made
