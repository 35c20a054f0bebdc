"""Named variables: problems use names such as ``state.velocity`` and ``p.payload``, the solver uses one flat vector."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np


@jax.tree_util.register_pytree_with_keys_class
class Named(dict[str, Any]):
    """A dictionary whose entries are also attributes, in declaration order; a JAX pytree."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"no {name!r} here: there is {', '.join(self) or 'nothing'}") from None

    def tree_flatten_with_keys(self) -> tuple[list[tuple[Any, Any]], tuple[str, ...]]:
        """Return children with keys, in declaration order."""
        return [(jax.tree_util.DictKey(key), value) for key, value in self.items()], tuple(self)

    @classmethod
    def tree_unflatten(cls, keys: tuple[str, ...], values: Iterable[Any]) -> "Named":
        """Rebuild from keys and children."""
        return cls(zip(keys, values, strict=True))


def split(flat: Any, lengths: Sequence[int]) -> list[Any]:
    """Return a flat vector in pieces of given lengths, which add up to its own.

    JAX traces one split many times faster than as many slices, and a problem of many phases has hundreds of them.
    """
    if not lengths:
        return []
    if isinstance(flat, jax.Array):
        return list(jax.lax.split(flat, list(lengths)))
    return np.split(flat, np.cumsum(lengths)[:-1])


def scalars(flat: Any, count: int) -> list[Any]:
    """Return the first ``count`` entries of a flat vector, each a scalar."""
    if isinstance(flat, jax.Array):
        return [piece.reshape(()) for piece in split(flat[:count], [1] * count)]
    return [flat[i] for i in range(count)]


TAKEN = frozenset(name for name in dir(Named) if not name.startswith("_"))
"""Attributes of :class:`Named` itself: a variable of such a name could not be read as ``state.NAME``."""


def name_fault(name: object) -> str | None:
    """Return why a name cannot be used, in words that follow the name; None if it can."""
    if not isinstance(name, str) or not name or name != name.strip():
        return "is no text without spaces around it"
    if not name.isprintable():
        return "has characters that cannot be printed"
    if name in TAKEN:
        return f"is a method of dictionaries: state.{name} would be that method"
    if name.startswith("__"):
        return "begins with two underscores, like names of Python's own"
    return None


Bound = float | str  # a number, or the name of a given parameter whose value it takes
Range = tuple[Bound, Bound]


def is_single(value: Any) -> bool:
    """Return whether a bound is one for all entries: a number or a name, and no sequence or array with entries."""
    return isinstance(value, str) or getattr(value, "ndim", int(isinstance(value, Sequence))) == 0


def pair_of(value: Any, where: str) -> Range:
    """Return lower and upper bound from a number, the name of a parameter, or a pair of these in any sequence or array.

    Raises:
        ValueError: If it is none of these; ``where`` begins the message.
    """
    each = [value] if is_single(value) else list(value)
    if len(each) not in (1, 2):
        raise ValueError(f"{where}: expected a number or a pair, not {len(each)} numbers")
    low, high = (bound_of(e, where) for e in (each[0], each[-1]))
    return low, high


def bound_of(value: Any, where: str) -> Bound:
    """Return a bound as a float or a name; whole numbers and entries of arrays become floats.

    Raises:
        ValueError: If it is neither a number nor a name, or not a number (NaN); ``where`` begins the message.
    """
    if isinstance(value, str):
        return value
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise ValueError(f"{where}: expected a number or the name of a given parameter, not {value!r}") from None
    if np.isnan(number):
        raise ValueError(f"{where}: the bound is not a number (nan)")
    return number


def resolve(bound: Bound, values: Mapping[str, float]) -> float:
    """Return the number that a bound stands for.

    Raises:
        KeyError: For a name that ``values`` does not have.
    """
    return float(values[bound]) if isinstance(bound, str) else float(bound)


@dataclass(frozen=True)
class Variable:
    """A named scalar (``size`` None) or vector of ``size`` entries with a unit and bounds.

    Attributes:
        name: Name in the problem.
        size: Number of entries; None for a scalar.
        unit: Unit, for reports and datasets.
        lower, upper: bounds over the whole phase, one for all entries or one for each.
        rate: largest absolute time derivative of a control (its unit per second); needs a continuous control.
        initial, final: a state's value at the phase's start and end. A number fixes it, a pair bounds it, None leaves
            it free; for a vector a sequence with one of these for each entry.
        guess: where the solver starts: one value, or a pair from start to end (vectors: ``(size,)`` or ``(2, size)``).
        roughness: expected change of a control in one second (one sigma of a random walk, its unit). Adds
            ``change^2 / (2 roughness^2 seconds)`` of each interval to an objective that is minimised: the prior of a
            control in a fit. Needs continuous piecewise linear controls.

    A bound may be the name of a given parameter: it then follows that parameter when a problem is solved again, and
    the derivative of the optimum to the parameter includes it.
    """

    name: str
    size: int | None = None
    unit: str = ""
    lower: Bound | Sequence[Bound] = -np.inf
    upper: Bound | Sequence[Bound] = np.inf
    rate: float | None = None
    initial: Any = None
    final: Any = None
    guess: Any = None
    roughness: float | None = None

    @property
    def length(self) -> int:
        """Number of scalar entries."""
        return 1 if self.size is None else self.size

    def bounds(self, values: Mapping[str, float] | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return lower and upper bound of each entry, shape ``(length,)``, with named ones taken from ``values``."""
        return self._spread(self.lower, values or {}), self._spread(self.upper, values or {})

    def _spread(self, bound: Bound | Sequence[Bound], values: Mapping[str, float]) -> np.ndarray:
        each = [bound] * self.length if is_single(bound) else list(bound)  # type: ignore[arg-type]
        if len(each) != self.length:
            raise ValueError(f"variable {self.name!r}: {len(each)} bounds for {self.length} entries")
        return np.array([resolve(bound_of(b, f"variable {self.name!r}"), values) for b in each])

    def ends(self, which: str) -> list[Range | None]:
        """Return bounds of each entry at the phase's start (``which`` is ``"initial"``) or end; None where it is free.

        Raises:
            ValueError: if there are not as many as entries.
        """
        stated = getattr(self, which)
        if stated is None:
            return [None] * self.length
        if self.size is not None and is_single(stated):
            raise ValueError(f"variable {self.name!r}: {which} has one entry, expected {self.length}")
        each = [stated] if self.size is None else list(stated)
        if len(each) != self.length:
            raise ValueError(f"variable {self.name!r}: {which} has {len(each)} entries, expected {self.length}")
        return [None if e is None else pair_of(e, f"variable {self.name!r}: {which}") for e in each]

    def labels(self) -> list[str]:
        """Return one label for each entry, such as ``velocity[2]``."""
        return [self.name] if self.size is None else [f"{self.name}[{i}]" for i in range(self.size)]


class Layout:
    """Positions of a list of variables in the flat vector."""

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
        return isinstance(other, Layout) and self.signature() == other.signature()

    def __hash__(self) -> int:
        return hash(self.signature())

    def signature(self) -> tuple[tuple[str, int | None], ...]:
        """Return names and sizes: what a traced function depends on."""
        return tuple((v.name, v.size) for v in self.variables)

    def unflatten(self, flat: Any) -> Named:
        """Return the named view of a flat vector; scalars get shape ``()``. Works on JAX and NumPy arrays, last axis flat."""
        if isinstance(flat, jax.Array) and flat.ndim == 1:
            pieces = split(flat, [v.length for v in self.variables])
            scalars = (v.size is None for v in self.variables)
            return Named(
                (v.name, piece.reshape(()) if scalar else piece)
                for v, piece, scalar in zip(self.variables, pieces, scalars, strict=True)
            )
        return Named(
            (v.name, flat[..., self.slices[v.name].start] if v.size is None else flat[..., self.slices[v.name]])
            for v in self.variables
        )

    def flatten(self, values: Mapping[str, Any], what: str) -> jax.Array:
        """Return the flat JAX vector of a mapping that has exactly the names of this layout.

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

    def bounds(self, values: Mapping[str, float] | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return lower and upper bounds of the flat vector."""
        if not self.variables:
            return np.zeros(0), np.zeros(0)
        pairs = [v.bounds(values) for v in self.variables]
        return np.concatenate([p[0] for p in pairs]), np.concatenate([p[1] for p in pairs])

    def end_bounds(self, which: str, values: Mapping[str, float]) -> tuple[np.ndarray, np.ndarray]:
        """Return bounds of the flat vector at the start or the end of the phase: those of the phase and those stated there."""
        low, high = self.bounds(values)
        for variable in self.variables:
            for entry, stated in enumerate(variable.ends(which)):
                if stated is not None:
                    at = self.slices[variable.name].start + entry
                    first, last = resolve(stated[0], values), resolve(stated[1], values)
                    fixed = first == last
                    low[at], high[at] = first if fixed else max(low[at], first), last if fixed else min(high[at], last)
        return low, high

    def labels(self) -> list[str]:
        """Return one label for each flat entry, such as ``velocity[2]``."""
        return [label for v in self.variables for label in v.labels()]

    def units(self) -> list[str]:
        """Return one unit for each flat entry."""
        return [v.unit for v in self.variables for _ in range(v.length)]
