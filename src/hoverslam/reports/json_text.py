"""JSON that every parser accepts: NaN and infinities become null, NumPy scalars and arrays become plain values."""

import json
import math
from collections.abc import Mapping
from typing import TypeAlias

Json: TypeAlias = "None | bool | int | float | str | list[Json] | dict[str, Json]"


def json_text(content: object) -> str:
    """Return ``content`` as indented JSON; see :func:`plain` for what is accepted."""
    return json.dumps(plain(content), indent=2, allow_nan=False, ensure_ascii=False)


def plain(value: object) -> Json:
    """Return mappings, sequences, NumPy values and scalars as JSON types; a number that is not finite becomes None.

    Raises:
        TypeError: for any other type.
    """
    if hasattr(value, "tolist"):  # arrays and scalars of NumPy and JAX
        value = value.tolist()
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")


def record(values: Mapping[str, object]) -> dict[str, Json]:
    """Return a mapping with text keys as JSON types; see :func:`plain`."""
    return {key: plain(value) for key, value in values.items()}
