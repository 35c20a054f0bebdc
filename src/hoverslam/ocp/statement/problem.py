"""Statement of a problem: phases with named states and controls, JAX functions for dynamics, limits and objective.

A :class:`Problem` holds parameters (given or free), phases, boundary constraints over any phases' ends, and one
objective. Phases form any graph: a link is only a boundary constraint, so one phase may be followed by two, and two may
meet in one. A condition at a point inside an arc is a boundary constraint too: end a phase there and link the next.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np

from hoverslam.ocp.statement.functions import StatementError, check_arguments
from hoverslam.ocp.statement.mesh import Mesh
from hoverslam.ocp.statement.names import (
    Bound,
    Layout,
    Named,
    Range,
    Variable,
    bound_of,
    is_single,
    name_fault,
    pair_of,
    resolve,
    scalars,
)
from hoverslam.ocp.statement.phase import (
    BoundaryConstraint,
    Guess,
    Measurement,
    PathConstraint,
    Phase,
)
from hoverslam.ocp.statement.times import durations


def _range(value: Bound | Range | None, default: Range, where: str) -> Range:
    if value is None:
        return default
    try:
        return pair_of(value, where)
    except ValueError as error:
        raise StatementError(str(error)) from None


def _layout(variables: Sequence[Variable], where: str) -> Layout:
    wrong = [v for v in variables if not isinstance(v, Variable)]
    if wrong:
        raise StatementError(f"{where}: expected a Variable, not {wrong[0]!r}: write Variable({wrong[0]!r})")
    try:
        return Layout(variables)
    except ValueError as error:
        raise StatementError(f"{where}: {error}") from None


def _boundary_bound(value: Any, where: str) -> Bound | tuple[Bound, ...]:
    try:
        if is_single(value):
            return bound_of(value, where)
        return tuple(bound_of(each, where) for each in value)
    except ValueError as error:
        raise StatementError(str(error)) from None


def _one_bound(value: Any, where: str) -> None:
    try:
        bound_of(value, where)
    except ValueError as error:
        raise StatementError(str(error)) from None


def _check_name(name: object, what: str) -> None:
    fault = name_fault(name)
    if fault is not None:
        raise StatementError(f"{what} {name!r}: the name {fault}")


def _check_names(phase: Phase) -> None:
    """Refuse names that cannot be read, and those that two things of a phase share."""
    where = f"phase {phase.name!r}"
    groups = {
        "state": [v.name for v in phase.states.variables],
        "control": [v.name for v in phase.controls.variables],
        "path constraint": [c.name for c in phase.path],
    }
    for what, names in groups.items():
        for name in names:
            _check_name(name, f"{where}, {what}")
            if names.count(name) > 1:
                raise StatementError(f"{where}: {what} {name!r} is declared twice")
    shared = [name for name in groups["state"] if name in groups["control"]]
    if shared:
        raise StatementError(f"{where}: {shared[0]!r} is declared as a state and as a control")


def _check_functions(phase: Phase) -> None:
    """Refuse functions of a phase that cannot be called as they will be."""
    where, along = f"phase {phase.name!r}", ("state", "control", "inputs")
    wrong = [c for c in phase.path if not isinstance(c, PathConstraint)]
    if wrong:
        raise StatementError(f"{where}: path holds {_kind(wrong[0])}, expected PathConstraint(name, function, ...)")
    check_arguments(phase.dynamics, f"{where}, dynamics", along, with_time=True)
    for name, function in phase.integrals.items():
        check_arguments(function, f"{where}, integral {name!r}", along, with_time=True)
    for c in phase.path:
        check_arguments(c.function, f"{where}, path constraint {c.name!r}", along, with_time=True)
    if phase.inputs is not None:
        check_arguments(phase.inputs, f"{where}, inputs", ("parameters",))


def _kind(value: object) -> str:
    return "a function" if callable(value) else f"of type {type(value).__name__}"


class Problem:
    """An optimal-control problem with any number of phases.

    Attributes:
        given: given parameters by name. They may change between solves of one built problem.
        settings: numbers fixed by ``initial`` and ``final`` of states and by times, as ``"phase.initial.state"`` or
            ``"phase.final_time"``: they may change like parameters, and the optimum is differentiated to them too.
    """

    def __init__(self, name: str):
        self.name = name
        self.phases: dict[str, Phase] = {}
        self.boundary: list[BoundaryConstraint] = []
        self.measurements: list[Measurement] = []
        self.free: list[Variable] = []
        self.given: dict[str, float] = {}
        self.settings: dict[str, float] = {}
        self.free_guess: dict[str, float] = {}
        self.objective: Callable[[Named, Named], Any] | None = None
        self.sense = 1.0
        self.objective_unit = ""

    @property
    def values(self) -> dict[str, float]:
        """All numbers that a solve may change: given parameters, then settings."""
        return self.given | self.settings

    @contextmanager
    def holding(self, changes: Mapping[str, float]) -> Iterator[None]:
        """Set given parameters and settings to ``changes`` inside the context.

        Raises:
            StatementError: For a name that is neither, or times of a phase in the wrong order.
        """
        unknown = [name for name in changes if name not in self.values]
        if unknown:
            raise StatementError(f"no parameter or setting {', '.join(unknown)}: there is {', '.join(self.values)}")
        before = dict(self.given), dict(self.settings)
        for name, value in changes.items():
            (self.given if name in self.given else self.settings)[name] = float(value)
        try:
            for phase in self.phases.values():
                durations(phase, self.values)
            yield
        finally:
            self.given.update(before[0])
            self.settings.update(before[1])

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
        """Add a parameter: given if it has a ``value``, free (found by the solver) if it has a ``guess``.

        Args:
            name: Name, unique in the problem.
            value: Value of a given parameter.
            guess: First value of a free parameter.
            lower: Lower bound of a free parameter.
            upper: Upper bound of a free parameter.
            unit: Unit, for reports.

        Raises:
            StatementError: If neither or both are stated, or the name is taken.
        """
        _check_name(name, "parameter")
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
        integrals: Mapping[str, Callable[..., Any]] | None = None,
        initial_time: Bound | Range | None = None,
        final_time: Bound | Range | None = None,
        duration: Bound | Range | None = None,
        mesh: Mesh | None = None,
        guess: Guess | None = None,
    ) -> Phase:
        """Add a phase; the arguments are the attributes of :class:`Phase`.

        A time given as a number is fixed, a pair gives its bounds. An integral becomes a state with the integral's name
        that starts from zero: ``ends.PHASE.final.NAME`` is its value.

        Returns:
            The phase that was added.

        Raises:
            StatementError: For a repeated name, a lower bound above an upper one, a bound that a variable cannot have, or
                times that allow no duration of zero or more.
        """
        if name in self.phases:
            raise StatementError(f"phase {name!r} is declared twice")
        _check_name(name, "phase")
        where = f"phase {name!r}"
        integrals = dict(integrals or {})
        running = [Variable(each, initial=0.0) for each in integrals]
        added = Phase(
            name,
            _layout((*states, *running), where),
            _layout(controls, where),
            dynamics,
            inputs,
            tuple(path),
            _range(initial_time, (-np.inf, np.inf), f"{where}, initial_time"),
            _range(final_time, (-np.inf, np.inf), f"{where}, final_time"),
            _range(duration, (0.0, np.inf), f"{where}, duration"),
            mesh,
            guess,
            integrals,
        )
        self._check_phase(added)
        self._settle(added)
        self.phases[name] = added
        return added

    def _check_phase(self, phase: Phase) -> None:
        where = f"phase {phase.name!r}"
        if not phase.states.length:
            raise StatementError(f"{where} has no states")
        _check_functions(phase)
        _check_names(phase)
        for c in phase.path:
            for side in (c.lower, c.upper):
                _one_bound(side, f"{where}, path constraint {c.name!r}")
        if not isinstance(phase.guess, Guess | None):
            raise StatementError(
                f"{where}: the guess is {_kind(phase.guess)}, expected Guess(times, states, controls) with sampled values"
            )
        ranges = {
            "initial_time": phase.initial_time,
            "final_time": phase.final_time,
            "duration": phase.duration,
            **{f"path constraint {c.name!r}": (c.lower, c.upper) for c in phase.path},
        }
        for variable in (*phase.states.variables, *phase.controls.variables):
            what = f"variable {variable.name!r}"
            if callable(variable.guess):
                raise StatementError(
                    f"{where}, {what}: the guess is {_kind(variable.guess)}: state its values, or sample it in a Guess"
                )
            sides = [[side] if is_single(side) else side for side in (variable.lower, variable.upper)]
            known = {b for side in sides for b in np.ravel(np.asarray(side, dtype=object)) if isinstance(b, str)}
            try:
                low_each, high_each = variable.bounds(self.values | dict.fromkeys(known - set(self.given), np.nan))
                stated = {which: variable.ends(which) for which in ("initial", "final")}
            except (ValueError, KeyError) as error:
                raise StatementError(f"{where}, {what}: {error}") from None
            for name in known - set(self.given):
                raise StatementError(
                    f"{where}, {what}: bound {name!r} is no given parameter; state it before the phase"
                )
            if not np.all(low_each <= high_each):
                raise StatementError(f"{where}, {what}: lower bound {variable.lower} is above {variable.upper}")
            for which, ends in stated.items():
                for label, end, low, high in zip(variable.labels(), ends, low_each, high_each, strict=True):
                    if end is not None:
                        ranges[f"{which} {label}"] = end
                        self._check_end(f"{where}, {which} {label}", end, low, high)
        for what, bounds in ranges.items():
            self._check_range(f"{where}, {what}", bounds)
        durations(phase, self.given)
        for variable in phase.states.variables:
            if variable.rate is not None:
                raise StatementError(
                    f"{where}, state {variable.name!r}: only controls take a rate; bound the state rate"
                )
        for variable in phase.controls.variables:
            if variable.initial is not None or variable.final is not None:
                raise StatementError(f"{where}, control {variable.name!r}: constrain() its initial_control instead")

    def _check_range(self, where: str, bounds: Range) -> None:
        for bound in bounds:
            if isinstance(bound, str) and bound not in self.given:
                raise StatementError(f"{where}: {bound!r} is no given parameter; state it with value= before this")
        low, high = (resolve(b, self.given) for b in bounds)
        if not low <= high:
            raise StatementError(f"{where}: lower bound {low:g} is above upper bound {high:g}")

    def _check_end(self, where: str, end: Range, low: float, high: float) -> None:
        first, last = end
        if isinstance(first, str) or isinstance(last, str):
            return  # the value is known when the problem is solved
        if first > high or last < low:
            raise StatementError(f"{where}: {first:g} to {last:g} lies outside the bounds {low:g} to {high:g}")

    def _settle(self, phase: Phase) -> None:
        """Name the numbers that fix a state's end or a time, so that they can change between solves."""

        def named(key: str, bounds: Range) -> Range:
            if bounds[0] != bounds[1] or isinstance(bounds[0], str):
                return bounds
            self.settings[key] = float(bounds[0])
            return key, key

        for which in ("initial_time", "final_time", "duration"):
            setattr(phase, which, named(f"{phase.name}.{which}", getattr(phase, which)))
        settled = []
        for variable in phase.states.variables:
            changed: dict[str, Any] = {}
            for which in ("initial", "final"):
                ends = [
                    end and named(f"{phase.name}.{which}.{label}", end)
                    for label, end in zip(variable.labels(), variable.ends(which), strict=True)
                ]
                changed[which] = ends[0] if variable.size is None else ends
            settled.append(replace(variable, **changed))
        phase.states = Layout(settled)

    def constrain(
        self,
        name: str,
        function: Callable[[Named, Named], Any],
        lower: Bound | Sequence[Bound] = 0.0,
        upper: Bound | Sequence[Bound] = 0.0,
        unit: str = "",
    ) -> None:
        """Require ``lower <= function(ends, parameters) <= upper``; by default equal to zero.

        Args:
            name: Name of the condition, for messages.
            function: JAX function of phase ends and parameters. ``ends.NAME`` has ``initial``, ``final``,
                ``initial_control``, ``final_control``, ``initial_time``, ``final_time`` and ``duration`` of phase NAME.
            lower: Lower bound: a number, or the name of a given parameter; for a vector also a sequence or an array of
                one for each entry.
            upper: Upper bound, likewise.
            unit: Unit of the values, for messages.

        Raises:
            StatementError: For a name that is taken, a function of other arguments, a bound that names no given parameter,
                or a lower bound above the upper one.
        """
        where = f"boundary constraint {name!r}"
        _check_name(name, "boundary constraint")
        if any(c.name == name for c in self.boundary):
            raise StatementError(f"{where} is stated twice")
        check_arguments(function, where, ("ends", "parameters"))
        low, high = _boundary_bound(lower, where), _boundary_bound(upper, where)
        constraint = BoundaryConstraint(name, function, low, high, unit)
        length = max(len(side) if isinstance(side, tuple) else 1 for side in (low, high))
        for pair in constraint.bounds_of(length):
            self._check_range(where, pair)
        self.boundary.append(constraint)

    def link(
        self,
        before: str,
        after: str,
        states: Sequence[str] | None = None,
        controls: Sequence[str] = (),
        time: bool = True,
    ) -> None:
        """Require that phase ``after`` starts with the final ``states`` (default all), ``controls`` and time of ``before``.

        Args:
            before: Name of the phase that ends.
            after: Name of the phase that starts.
            states: States to link; None links all except integrals.
            controls: Controls to link.
            time: Whether to link the time; False where both times are fixed already, because an equation must not be
                stated twice.

        Raises:
            StatementError: For an unknown phase, or a state or control that is not in both phases.
        """
        for name in (before, after):
            if name not in self.phases:
                raise StatementError(f"link {before} -> {after}: there is no phase {name!r}")
        first, second = self.phases[before], self.phases[after]
        own = [name for name in first.states.slices if name not in first.integrals]  # integrals start from zero again
        shared = tuple(own) if states is None else tuple(states)
        label = f"{before} -> {after}"
        for state in shared:
            if state not in first.states.slices or state not in second.states.slices:
                raise StatementError(f"link {label}: state {state!r} is not in both phases")
        for control in controls:
            if control not in first.controls.slices or control not in second.controls.slices:
                raise StatementError(f"link {label}: control {control!r} is not in both phases")

        def join(what: str, function: Callable[[Named, Named], Any]) -> None:
            self.boundary.append(BoundaryConstraint(f"{label}: {what}", function, 0.0, 0.0, link=True))

        def gap(start: str, end: str, key: str) -> Callable[[Named, Named], Any]:
            return lambda e, p: e[after][start][key] - e[before][end][key]

        if time:
            join("time", lambda e, p: e[after].initial_clock - e[before].final_clock)
        for state in shared:
            join(state, gap("initial", "final", state))
        for control in controls:
            join(control, gap("initial_control", "final_control", control))

    def measure(
        self, name: str, phase: str, function: Callable[..., Any], times: Any, values: Any, sigmas: Any, unit: str = ""
    ) -> None:
        """Add ``((function(state, parameters) - value) / sigma)^2 / 2`` at each time to an objective that is minimised.

        Prior knowledge of parameters and controls is added as further squares over standard errors. The objective is then
        minus the logarithm of the probability, the optimum is the most probable flight, and :meth:`Solved.covariance`
        gives its uncertainty. Times need not be nodes, and the times of the phase may be free.

        Args:
            name: Name of the quantity, for messages.
            phase: Phase along which it is measured.
            function: Scalar JAX function of the state and the parameters.
            times: Times ``(n,)`` (s).
            values: Measured values ``(n,)``.
            sigmas: Standard errors ``(n,)``, in the unit of the values.
            unit: Unit of the values.

        Raises:
            StatementError: For an unknown phase, other shapes, or standard errors that are not positive.
        """
        where = f"phase {phase!r}, measurement {name!r}"
        if phase not in self.phases:
            raise StatementError(f"{where}: there is no such phase: there is {', '.join(self.phases)}")
        check_arguments(function, where, ("state", "parameters"))
        t, v, s = (np.array(a, dtype=float) for a in (times, values, sigmas))
        if not t.ndim == 1 or not t.shape == v.shape == s.shape:
            raise StatementError(f"{where}: times, values, sigmas have shapes {t.shape}, {v.shape}, {s.shape}")
        if not (np.all(np.isfinite(t)) and np.all(np.isfinite(v)) and np.all(s > 0.0)):
            raise StatementError(f"{where}: times and values must be finite and sigmas positive")
        self.measurements.append(Measurement(name, phase, function, t, v, s, unit))

    def maximize(self, function: Callable[[Named, Named], Any], unit: str = "") -> None:
        """Maximise ``function(ends, parameters)``, a scalar JAX function of phase ends and parameters, in ``unit``."""
        check_arguments(function, f"problem {self.name!r}, objective", ("ends", "parameters"))
        self.objective, self.sense, self.objective_unit = function, -1.0, unit

    def minimize(self, function: Callable[[Named, Named], Any], unit: str = "") -> None:
        """Minimise ``function(ends, parameters)``, a scalar JAX function of phase ends and parameters, in ``unit``."""
        check_arguments(function, f"problem {self.name!r}, objective", ("ends", "parameters"))
        self.objective, self.sense, self.objective_unit = function, 1.0, unit

    def parameters(self, free: Any, given: Any) -> Named:
        """Return all parameters by name, from the flat vectors of free and given ones."""
        named = Named(zip((v.name for v in self.free), scalars(free, len(self.free)), strict=True))
        named.update(zip(self.given, scalars(given, len(self.given)), strict=True))
        return named
