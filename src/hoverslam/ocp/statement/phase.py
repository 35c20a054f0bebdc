"""The parts of a statement: phases, limits along a phase, conditions between phases, measurements and guesses."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import jax.numpy as jnp
import numpy as np

from hoverslam.ocp.statement.functions import StatementError as StatementError
from hoverslam.ocp.statement.functions import call, telling, time_argument
from hoverslam.ocp.statement.mesh import Mesh
from hoverslam.ocp.statement.names import Bound, Layout, Named, Range, resolve


@dataclass(frozen=True)
class PathConstraint:
    """A scalar limit along a phase: ``lower <= function(state, control, inputs) <= upper``, in ``unit``.

    The function takes the time (s) as a fourth argument if it has one. A bound may name a given parameter.
    """

    name: str
    function: Callable[..., Any]
    lower: Bound = -np.inf
    upper: Bound = np.inf
    unit: str = ""

    def bounds(self, values: Mapping[str, float]) -> tuple[float, float]:
        """Return lower and upper bound."""
        return resolve(self.lower, values), resolve(self.upper, values)

    def size(self, values: Mapping[str, float]) -> float | None:
        """Return the size to which a violation is relative; None if all bounds are zero or infinite."""
        return max((abs(b) for b in self.bounds(values) if np.isfinite(b) and b != 0.0), default=None)


@dataclass(frozen=True)
class BoundaryConstraint:
    """A limit on phase ends: ``lower <= function(ends, parameters) <= upper``.

    The function returns a scalar or a vector, in ``unit``. A bound is one for all entries, or a tuple of one for each.
    ``link`` marks a constraint that links two phases.
    """

    name: str
    function: Callable[..., Any]
    lower: Bound | tuple[Bound, ...]
    upper: Bound | tuple[Bound, ...]
    unit: str = ""
    link: bool = False

    def bounds_of(self, length: int) -> list[tuple[Bound, Bound]]:
        """Return lower and upper bound of each of ``length`` entries.

        Raises:
            StatementError: If there are bounds for another number of entries.
        """
        sides = []
        for side in (self.lower, self.upper):
            if isinstance(side, tuple) and len(side) != length:
                what = f"{len(side)} bounds for {length} entr{'y' if length == 1 else 'ies'}"
                raise StatementError(f"boundary constraint {self.name!r}: {what}")
            sides.append(list(side) if isinstance(side, tuple) else [side] * length)
        return list(zip(*sides, strict=True))


@dataclass(frozen=True)
class Measurement:
    """Measured values of ``function(state, parameters)``, a scalar, at ``times`` along a phase.

    ``values`` and their standard errors ``sigmas``, in ``unit``, have the shape ``(n,)`` of ``times``. The entries of
    ``values`` may be changed between solves of one problem, like parameters.
    """

    name: str
    phase: str
    function: Callable[..., Any]
    times: np.ndarray
    values: np.ndarray
    sigmas: np.ndarray
    unit: str = ""


@dataclass
class Guess:
    """A guess of a phase: ``time`` ``(n,)`` with states and controls sampled at it, each ``(n,)`` or ``(n, size)``."""

    time: np.ndarray
    states: Mapping[str, np.ndarray]
    controls: Mapping[str, np.ndarray] = field(default_factory=dict)


@dataclass
class Phase:
    """One arc with its own dynamics.

    Attributes:
        name: unique in the problem.
        states, controls: variables along the arc; running integrals are states that start from zero.
        dynamics: ``f(state, control, inputs) -> mapping of state rates``, a JAX function; a fourth argument is the time.
        inputs: ``inputs(parameters) -> pytree`` that dynamics and path constraints get, made from given parameters only;
            with None they get the parameters themselves, free ones included.
        path: limits along the arc.
        initial_time, final_time, duration: bounds in seconds.
        mesh: the mesh; None lets the solver choose one.
        guess: where the solver starts; None gives straight lines between the stated ends.
        integrals: running integrals by name, each a function like the dynamics.
    """

    name: str
    states: Layout
    controls: Layout
    dynamics: Callable[..., Mapping[str, Any]]
    inputs: Callable[[Named], Any] | None
    path: tuple[PathConstraint, ...]
    initial_time: Range
    final_time: Range
    duration: Range
    mesh: Mesh | None = None
    guess: Guess | None = None
    integrals: Mapping[str, Callable[..., Any]] = field(default_factory=dict)

    @property
    def takes_time(self) -> bool:
        """Whether anything along the phase depends on the time itself."""
        return any(time_argument(function) is not None for function in self.functions)

    @property
    def _own_states(self) -> list[str]:
        return [name for name in self.states.slices if name not in self.integrals]

    @property
    def functions(self) -> tuple[Callable[..., Any], ...]:
        """Dynamics, integrals and path constraints, in this order."""
        return (self.dynamics, *self.integrals.values(), *(c.function for c in self.path))

    def with_functions(self, functions: Sequence[Callable[..., Any]]) -> "Phase":
        """Return the phase with other functions, in the order of ``functions``."""
        running = 1 + len(self.integrals)
        limits = zip(self.path, functions[running:], strict=True)
        return replace(
            self,
            dynamics=functions[0],
            integrals=dict(zip(self.integrals, functions[1:running], strict=True)),
            path=tuple(replace(c, function=function) for c, function in limits),
        )

    def rates(self, state: Any, control: Any, inputs: Any, time: Any) -> Any:
        """Return flat state rates ``(nx,)``, integrands included, from named values.

        Raises:
            StatementError: If the dynamics return other names or shapes than those of the states.
        """
        where = f"phase {self.name!r}, dynamics"
        with telling(where):
            returned = call(self.dynamics, state, control, inputs, time)
        if not isinstance(returned, Mapping):
            what = f"returned {type(returned).__name__}, expected a mapping from each state to its rate"
            raise StatementError(f"{where}: {what}: {{{', '.join(f'{n!r}: ...' for n in self._own_states)}}}")
        rates = dict(returned)
        for name, function in self.integrals.items():
            with telling(f"phase {self.name!r}, integral {name!r}"):
                rates[name] = jnp.asarray(call(function, state, control, inputs, time), dtype=float)
        with telling(where):
            try:
                return self.states.flatten(rates, where)
            except ValueError as error:
                if str(error).startswith(where):
                    raise StatementError(str(error)) from None
                raise

    def limits(self, state: Any, control: Any, inputs: Any, time: Any) -> list[Any]:
        """Return the values of the path constraints, each a scalar.

        Raises:
            StatementError: If one is not a scalar.
        """
        values = []
        for c in self.path:
            where = f"phase {self.name!r}, path constraint {c.name!r}"
            with telling(where):
                values.append(jnp.asarray(call(c.function, state, control, inputs, time), dtype=float))
            if values[-1].shape != ():
                raise StatementError(
                    f"{where}: returns shape {values[-1].shape}, not a scalar; state one for each entry"
                )
        return values

    def ends(
        self, initial: Any, final: Any, first_control: Any, last_control: Any, times: Any, origin: float = 0.0
    ) -> Named:
        """Return the ends of this phase for boundary constraints, from flat vectors.

        ``times`` (initial, final) are counted from ``origin``. ``initial_clock`` and ``final_clock`` are these times
        without the origin: differences between phases keep their digits where the origin is large.
        """
        start, end = (times[0], times[1]) if origin == 0.0 else (origin + times[0], origin + times[1])
        return Named(
            initial=self.states.unflatten(initial),
            final=self.states.unflatten(final),
            initial_control=self.controls.unflatten(first_control),
            final_control=self.controls.unflatten(last_control),
            initial_time=start,
            final_time=end,
            duration=times[1] - times[0],
            initial_clock=times[0],
            final_clock=times[1],
        )
