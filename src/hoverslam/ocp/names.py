"""Named variables: problems speak of ``state.velocity`` and ``p.payload``, the solver of one flat vector."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np


@jax.tree_util.register_pytree_with_keys_class
class Named(dict[str, Any]):
    """A dict whose entries are also attributes, in declaration order; a JAX pytree."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"no {name!r} here: there is {', '.join(self) or 'nothing'}") from None

    def tree_flatten_with_keys(self) -> tuple[list[tuple[Any, Any]], tuple[str, ...]]:
        """Children with keys, in declaration order."""
        return [(jax.tree_util.DictKey(key), value) for key, value in self.items()], tuple(self)

    @classmethod
    def tree_unflatten(cls, keys: tuple[str, ...], values: Iterable[Any]) -> "Named":
        """Rebuild from keys and children."""
        return cls(zip(keys, values, strict=True))


@dataclass(frozen=True)
class Variable:
    """A named scalar (``size`` None) or vector of ``size`` entries with a unit and bounds.

    ``rate`` bounds the time derivative of a control (its unit per second); it is ignored nowhere: only controls take it.
    """

    name: str
    size: int | None = None
    unit: str = ""
    lower: float | tuple[float, ...] = -np.inf
    upper: float | tuple[float, ...] = np.inf
    rate: float | None = None

    @property
    def length(self) -> int:
        """Number of scalar entries."""
        return 1 if self.size is None else self.size

    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper bound of each entry, shape ``(length,)``."""
        return np.broadcast_to(self.lower, self.length).astype(float), np.broadcast_to(self.upper, self.length).astype(
            float
        )


class Layout:
    """Where each variable of a list sits in the flat vector."""

    def __init__(self, variables: Iterable[Variable]):
        self.variables = tuple(variables)
        names = [v.name for v in self.variables]
        repeated = sorted({n for n in names if names.count(n) > 1})
        if repeated:
            raise ValueError(f"declared twice: {', '.join(repeated)}")
        stops = np.cumsum([v.length for v in self.variables]) if self.variables else np.zeros(0, dtype=int)
        self.length = int(stops[-1]) if len(stops) else 0
        self.slices = {
            v.name: slice(int(stop) - v.length, int(stop)) for v, stop in zip(self.variables, stops, strict=True)
        }

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Layout) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[tuple[str, int | None], ...]:
        return tuple((v.name, v.size) for v in self.variables)  # what tracing depends on

    def unflatten(self, flat: Any) -> Named:
        """Named view of a flat vector; scalars get shape ``()``. Works on JAX and NumPy arrays, last axis flat."""
        return Named(
            (v.name, flat[..., self.slices[v.name].start] if v.size is None else flat[..., self.slices[v.name]])
            for v in self.variables
        )

    def flatten(self, values: Mapping[str, Any], what: str) -> jax.Array:
        """Flat JAX vector from a mapping that has exactly this layout's names.

        Raises:
            ValueError: if a name is missing or unknown, or a shape is wrong; ``what`` says whose values they are.
        """
        wrong = set(values) ^ set(self.slices)
        if wrong:
            raise ValueError(
                f"{what}: expected exactly {', '.join(self.slices)}; wrong or missing: {', '.join(sorted(wrong))}"
            )
        parts = []
        for v in self.variables:
            part = jnp.asarray(values[v.name], dtype=float)
            expected = () if v.size is None else (v.size,)
            if part.shape != expected:
                raise ValueError(f"{what}: {v.name} has shape {part.shape}, expected {expected}")
            parts.append(part.reshape(-1))
        return jnp.concatenate(parts) if parts else jnp.zeros(0)

    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper bounds of the flat vector."""
        if not self.variables:
            return np.zeros(0), np.zeros(0)
        pairs = [v.bounds() for v in self.variables]
        return np.concatenate([p[0] for p in pairs]), np.concatenate([p[1] for p in pairs])

    def labels(self) -> list[str]:
        """One label per flat entry, such as ``velocity[2]``."""
        return [v.name if v.size is None else f"{v.name}[{i}]" for v in self.variables for i in range(v.length)]
