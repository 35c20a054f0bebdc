"""Stating a problem: phases with named states and controls, JAX functions for what happens in and between them.

A :class:`Problem` holds parameters (given or free), phases, boundary constraints over any phases' ends, and one
objective. Phases form any graph: a link is only a boundary constraint, so one phase may be followed by two.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hoverslam.ocp.mesh import Mesh
from hoverslam.ocp.names import Layout, Named, Variable

Bounds = tuple[float, float]


class StatementError(ValueError):
    """The problem is stated wrongly; the message names the phase, the thing and what was expected."""


@dataclass(frozen=True)
class PathConstraint:
    """A scalar limit along a phase: ``lower <= function(state, control, inputs) <= upper``, in ``unit``."""

    name: str
    function: Callable[..., Any]
    lower: float = -np.inf
    upper: float = np.inf
    unit: str = ""

    @property
    def scale(self) -> float:
        """Size of the limit, against which a violation is judged."""
        finite = [abs(b) for b in (self.lower, self.upper) if np.isfinite(b)]
        return max([b for b in finite if b > 0], default=1.0)


@dataclass(frozen=True)
class BoundaryConstraint:
    """A limit on phase ends: ``lower <= function(ends, parameters) <= upper``; scalar or vector."""

    name: str
    function: Callable[..., Any]
    lower: float
    upper: float
    unit: str = ""


@dataclass
class Guess:
    """A first idea of a phase: ``time`` ``(n,)`` with states and controls sampled at it, each ``(n,)`` or ``(n, size)``."""

    time: np.ndarray
    states: Mapping[str, np.ndarray]
    controls: Mapping[str, np.ndarray] = field(default_factory=dict)


@dataclass
class Phase:
    """One arc with its own dynamics.

    Attributes:
        name: unique in the problem.
        states, controls: what varies along the arc.
        dynamics: ``f(state, control, inputs) -> mapping of state rates``, a JAX function.
        inputs: ``inputs(parameters) -> pytree`` handed to dynamics and path constraints, made from given parameters
            only; None hands over the parameters themselves, free ones included.
        path: limits along the arc.
        initial_time, final_time, duration: bounds in seconds.
        mesh: where it is collocated.
        guess: where the solver starts.
    """

    name: str
    states: Layout
    controls: Layout
    dynamics: Callable[..., Mapping[str, Any]]
    inputs: Callable[[Named], Any] | None
    path: tuple[PathConstraint, ...]
    initial_time: Bounds
    final_time: Bounds
    duration: Bounds
    mesh: Mesh
    guess: Guess | None = None

    def ends(self, initial: Any, final: Any, first_control: Any, last_control: Any, times: Any) -> Named:
        """What a boundary constraint sees of this phase, from flat vectors and ``times`` (initial, final)."""
        return Named(
            initial=self.states.unflatten(initial),
            final=self.states.unflatten(final),
            initial_control=self.controls.unflatten(first_control),
            final_control=self.controls.unflatten(last_control),
            initial_time=times[0],
            final_time=times[1],
            duration=times[1] - times[0],
        )


def _bounds(value: float | Bounds | None, default: Bounds) -> Bounds:
    if value is None:
        return default
    low, high = value if isinstance(value, tuple) else (value, value)
    return float(low), float(high)


class Problem:
    """An optimal-control problem with any number of phases."""

    def __init__(self, name: str):
        self.name = name
        self.phases: dict[str, Phase] = {}
        self.boundary: list[BoundaryConstraint] = []
        self.free: list[Variable] = []
        self.given: dict[str, float] = {}
        self.free_guess: dict[str, float] = {}
        self.objective: Callable[[Named, Named], Any] | None = None
        self.sense = 1.0
        self.objective_unit = ""

    def parameter(
        self,
        name: str,
        *,
        value: float | None = None,
        guess: float | None = None,
        lower: float = -np.inf,
        upper: float = np.inf,
        unit: str = "",
    ) -> None:
        """A parameter: given when it has a ``value``, to be found when it has a ``guess``.

        Raises:
            StatementError: if neither or both are stated, or the name is taken.
        """
        if name in self.given or name in self.free_guess:
            raise StatementError(f"parameter {name!r} is declared twice")
        if (value is None) == (guess is None):
            raise StatementError(f"parameter {name!r}: state either value= (given) or guess= (to be found)")
        if value is not None:
            self.given[name] = float(value)
        else:
            assert guess is not None
            self.free.append(Variable(name, None, unit, lower, upper))
            self.free_guess[name] = float(guess)

    def phase(
        self,
        name: str,
        *,
        states: Sequence[Variable],
        controls: Sequence[Variable] = (),
        dynamics: Callable[..., Mapping[str, Any]],
        inputs: Callable[[Named], Any] | None = None,
        path: Sequence[PathConstraint] = (),
        initial_time: float | Bounds | None = None,
        final_time: float | Bounds | None = None,
        duration: float | Bounds | None = None,
        mesh: Mesh | None = None,
        guess: Guess | None = None,
    ) -> Phase:
        """Add a phase; see :class:`Phase`. Times given as a number are fixed, as a pair are bounds.

        Raises:
            StatementError: for a repeated name or crossed bounds.
        """
        if name in self.phases:
            raise StatementError(f"phase {name!r} is declared twice")
        added = Phase(
            name,
            Layout(states),
            Layout(controls),
            dynamics,
            inputs,
            tuple(path),
            _bounds(initial_time, (-np.inf, np.inf)),
            _bounds(final_time, (-np.inf, np.inf)),
            _bounds(duration, (0.0, np.inf)),
            mesh or Mesh.uniform(10),
            guess,
        )
        for what, (low, high) in {
            "initial_time": added.initial_time,
            "final_time": added.final_time,
            "duration": added.duration,
            **{f"path constraint {c.name!r}": (c.lower, c.upper) for c in added.path},
        }.items():
            if not low <= high:
                raise StatementError(f"phase {name!r}, {what}: lower bound {low:g} is above upper bound {high:g}")
        for variable in (*states, *controls):
            low_each, high_each = variable.bounds()
            if not np.all(low_each <= high_each):
                raise StatementError(
                    f"phase {name!r}, variable {variable.name!r}: lower bound {variable.lower} is above {variable.upper}"
                )
        self.phases[name] = added
        return added

    def constrain(
        self, name: str, function: Callable[[Named, Named], Any], lower: float = 0.0, upper: float = 0.0, unit: str = ""
    ) -> None:
        """Hold ``lower <= function(ends, parameters) <= upper``; by default equal to zero.

        ``ends.NAME`` has ``initial``, ``final``, ``initial_control``, ``final_control``, ``initial_time``,
        ``final_time`` and ``duration`` of phase NAME.
        """
        if not lower <= upper:
            raise StatementError(f"boundary constraint {name!r}: lower bound {lower:g} is above upper bound {upper:g}")
        self.boundary.append(BoundaryConstraint(name, function, lower, upper, unit))

    def link(self, before: str, after: str, states: Sequence[str] | None = None, controls: Sequence[str] = ()) -> None:
        """Let phase ``after`` start when and where ``before`` ends: time, ``states`` (default all) and ``controls``."""
        for name in (before, after):
            if name not in self.phases:
                raise StatementError(f"link {before} -> {after}: there is no phase {name!r}")
        shared = tuple(self.phases[before].states.slices) if states is None else tuple(states)
        label = f"{before} -> {after}"

        def gap(start: str, end: str, key: str) -> Callable[[Named, Named], Any]:
            return lambda e, p: e[after][start][key] - e[before][end][key]

        self.constrain(f"{label}: time", lambda e, p: e[after].initial_time - e[before].final_time, unit="s")
        for state in shared:
            self.constrain(f"{label}: {state}", gap("initial", "final", state))
        for control in controls:
            self.constrain(f"{label}: {control}", gap("initial_control", "final_control", control))

    def maximize(self, function: Callable[[Named, Named], Any], unit: str = "") -> None:
        """Make ``function(ends, parameters)`` as large as possible."""
        self.objective, self.sense, self.objective_unit = function, -1.0, unit

    def minimize(self, function: Callable[[Named, Named], Any], unit: str = "") -> None:
        """Make ``function(ends, parameters)`` as small as possible."""
        self.objective, self.sense, self.objective_unit = function, 1.0, unit

    def parameters(self, free: Any, given: Any) -> Named:
        """All parameters by name from the flat vectors of free and given ones."""
        named = Named((v.name, free[i]) for i, v in enumerate(self.free))
        named.update((name, given[i]) for i, name in enumerate(self.given))
        return named
