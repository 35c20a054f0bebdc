"""Re-flight of a phase: the JAX functions, compiled, in SciPy's Dormand-Prince 8(5,3).

Only the equations of motion are compiled (by XLA, from the function as it was written, not from its translation); steps
and error control are SciPy's. Only the control polynomials are shared with the transcription.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from scipy.integrate import DOP853

from hoverslam.ocp.checks.executables import certain_key, lifted, packed, shared
from hoverslam.ocp.solution import PhaseSolution, Solution
from hoverslam.ocp.statement.names import Named, split
from hoverslam.ocp.statement.phase import Phase
from hoverslam.ocp.statement.problem import Problem
from hoverslam.ocp.transcription.local import inputs_of

SAMPLES = 9  # evenly spaced samples an interval, both ends included
RELATIVE, ABSOLUTE = 1e-11, 1e-12  # tolerances of the integrator; the latter is relative to the size of each state
LEAST_RELATIVE = 1e-13  # rounding is not much below
LANES = 64  # points that are evaluated together
NEIGHBOUR = 1e-6  # distance of neighbours, relative to the size of the state
FIRST_ORDER = 1e-5  # distance from the intervals' own flights, relative, up to which a first order gives ten digits
BESIDE = 1e-9  # distance from a bound, relative to the size of the state, that is rounding of a trial step
MOST_STEPS = 2000  # in one interval


Compiled = Callable[[np.ndarray], np.ndarray]


def compiled(phase: Phase, inputs: Any) -> Compiled:
    """Return ``(n, x, u, t stacked) -> (n, rates and path constraints stacked)``, compiled once for like phases.

    It evaluates ``LANES`` points at a time: one alone takes as long, and a number of points of its own would need a
    compilation of its own.
    """
    carried = [lifted(function) for function in phase.functions]
    numbers = packed((inputs, [each.arrays for each in carried]))
    own = _point(phase, [each.rebuild for each in carried])

    def evaluate(point: Any, flat: Any) -> Any:
        return own(point, *numbers.unpack(flat))

    key = certain_key(
        (
            tuple(each.key for each in carried),
            phase.states.signature(),
            phase.controls.signature(),
            tuple(phase.integrals),
            tuple(c.name for c in phase.path),
            numbers.key,
        ),
        phase.functions,
        evaluate,
        np.zeros(_length(phase)),
        numbers.numbers,
    )
    batch, flat = np.zeros((LANES, _length(phase))), jax.device_put(numbers.numbers)
    function = shared(jax.vmap(evaluate, (0, None)), key, batch, flat)

    def of_points(points: np.ndarray) -> np.ndarray:
        found = []
        for start in range(0, len(points), LANES):
            some = points[start : start + LANES]
            filled = np.concatenate([some, np.broadcast_to(some[-1], (LANES - len(some), some.shape[1]))])
            found.append(np.asarray(function(filled, flat))[: len(some)])
        return found[0] if len(found) == 1 else np.concatenate(found)

    return of_points


def _length(phase: Phase) -> int:
    return phase.states.length + phase.controls.length + 1


def _point(phase: Phase, rebuild: list[Callable[[list[Any]], Callable[..., Any]]]) -> Callable[..., Any]:
    nx, nu = phase.states.length, phase.controls.length

    def evaluate(point: Any, inputs: Any, arrays: list[list[Any]]) -> Any:
        functions = [make(each) for make, each in zip(rebuild, arrays, strict=True)]
        again = phase.with_functions(functions)
        state, control = phase.states.unflatten(point[:nx]), phase.controls.unflatten(point[nx : nx + nu])
        rates, values = again.rates(state, control, inputs, point[-1]), again.limits(state, control, inputs, point[-1])
        return jnp.concatenate([rates, jnp.stack(values)]) if values else rates

    return evaluate


def phase_inputs(problem: Problem, phase: Phase, parameters: Named) -> Any:
    """Return the inputs of a phase's functions, each a NumPy array."""
    # NumPy's numbers: JAX would compile each operation on its own arrays first.
    given = np.array(list(problem.given.values()))
    inputs = parameters if phase.inputs is None else inputs_of(problem, phase, given)
    return jax.tree_util.tree_map(lambda leaf: np.asarray(leaf, dtype=float), inputs)


@dataclass(frozen=True)
class Flown:
    """A phase flown again. All states are NaN after a failure.

    Attributes:
        times: Times of the samples ``(intervals, SAMPLES)`` (s).
        apart: States ``(intervals, SAMPLES, nx)`` where every interval starts from its own first node.
        joined: States where every interval starts from the end of the one before it.
    """

    times: np.ndarray
    apart: np.ndarray
    joined: np.ndarray


def fly(
    part: PhaseSolution,
    function: Compiled,
    sizes: np.ndarray,
    until: float = math.inf,
    bounds: tuple[np.ndarray, np.ndarray] | None = None,
) -> Flown:
    """Fly a phase with its controls, every interval from its own node, and all of them from the first state on.

    Intervals are flown side by side: one evaluation of many points takes hardly longer than that of one. Beside each of
    them fly neighbours with one state moved. They tell, to first order, where an interval ends that starts where the one
    before it has ended. Where that is too far from its node for a first order, the intervals are flown one after another.

    Args:
        part: The solved phase.
        function: Its rates and path constraints, from :func:`compiled`.
        sizes: Typical size of each state ``(nx,)``.
        until: Reading of ``time.perf_counter`` (s) at which the flight is given up.
        bounds: Lower and upper bounds of the states, each ``(nx,)``. A trial step that leaves them by no more than rounding
            is evaluated on them, so that a root of a state that ends at zero stays a number.
    """
    nx, edges = part.states.shape[1], part.edge_times
    times = np.linspace(edges[:-1], edges[1:], SAMPLES, axis=1)
    if not part.duration > 0.0:
        still = np.broadcast_to(part.states[0], (*times.shape, nx))
        return Flown(times, still, still)
    flight = _Flight(part, function, sizes, until, bounds or (np.full(nx, -np.inf), np.full(nx, np.inf)))
    together = max(LANES // (nx + 1), 1)
    everything = np.arange(len(times))
    pieces = [flight.with_neighbours(everything[at : at + together]) for at in range(0, len(times), together)]
    apart, moved = (np.concatenate(each) for each in zip(*pieces, strict=True))
    joined = flight.joined(apart, moved)
    return Flown(times, apart, joined if joined is not None else flight.one_by_one())


class _Flight:
    """The flights of a phase's intervals, in the fraction of the interval as their time."""

    def __init__(
        self,
        part: PhaseSolution,
        function: Compiled,
        sizes: np.ndarray,
        until: float,
        bounds: tuple[np.ndarray, np.ndarray],
    ) -> None:
        self.function, self.part, self.sizes, self.until = function, part, sizes, until
        self.lower, self.upper = bounds
        self.starts, self.widths = part.edge_times[:-1], part.mesh.widths * part.duration
        self.nodes = part.states[part.mesh.starts[:-1]]
        # Rates that depend on a time far from zero are rounded: an integrator that asks for more takes tiny steps.
        rounding = np.finfo(float).eps * abs(part.origin) / part.duration if part.phase.takes_time else 0.0
        self.relative = max(RELATIVE, rounding)

    def with_neighbours(self, intervals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return states ``(n, SAMPLES, nx)`` of some intervals, and how they change with each state at their start.

        The changes are ``(n, SAMPLES, nx, nx)``; the last axis is that of the state at the start.
        """
        at, count = self.nodes[intervals], len(self.sizes)
        # Towards the inside where a state is at its upper bound: its rates may not exist beyond.
        steps = np.where(at + NEIGHBOUR * self.sizes <= self.upper, NEIGHBOUR, -NEIGHBOUR) * self.sizes
        moved = at[:, None, :] + steps[:, None, :] * np.eye(count)
        first = np.concatenate([at[:, None, :], moved], axis=1)
        flown = self._integrated(np.repeat(intervals, count + 1), first.reshape(-1, count))
        flown = flown.reshape(len(intervals), count + 1, SAMPLES, count)
        changes = (flown[:, 1:] - flown[:, :1]) / steps[:, :, None, None]
        return flown[:, 0], np.moveaxis(changes, 1, 3)

    def joined(self, apart: np.ndarray, changes: np.ndarray) -> np.ndarray | None:
        """Return the flight from the first state on, to first order; None where that is not enough."""
        ahead, found = np.zeros(len(self.sizes)), np.empty_like(apart)
        for k, (flown, change) in enumerate(zip(apart, changes, strict=True)):
            found[k] = flown + change @ ahead
            following = self.nodes[k + 1] if k + 1 < len(apart) else self.part.states[-1]
            ahead = found[k, -1] - following
        far = np.max(np.abs(found - apart) / self.sizes)
        return found if far < FIRST_ORDER else None

    def one_by_one(self) -> np.ndarray:
        """Return the flight from the first state on, one interval after the other."""
        found = np.full((len(self.starts), SAMPLES, len(self.sizes)), np.nan)
        x = self.part.states[0]
        for interval in range(len(self.starts)):
            found[interval] = self._integrated(np.array([interval]), x[None])[0]
            x = found[interval, -1]
            if not np.all(np.isfinite(x)):
                break
        return found

    def _integrated(self, intervals: np.ndarray, first: np.ndarray) -> np.ndarray:
        """Return states ``(n, SAMPLES, nx)`` at even fractions of intervals, flown side by side from ``first`` ``(n, nx)``."""
        lanes, count = first.shape
        powers = _powers(self.part, intervals)
        slack = BESIDE * self.sizes

        def rates(fraction: float, flat: np.ndarray) -> np.ndarray:
            at = flat.reshape(lanes, count)
            within = np.clip(at, self.lower, self.upper)
            states = np.where(np.abs(at - within) <= slack, within, at)
            controls = np.einsum("d,ndu->nu", (2.0 * fraction - 1.0) ** np.arange(powers.shape[1]), powers)
            times = self.starts[intervals] + fraction * self.widths[intervals]
            found = self.function(np.concatenate([states, controls, times[:, None]], axis=1))[:, :count]
            return (self.widths[intervals][:, None] * found).ravel()

        samples = np.linspace(0.0, 1.0, SAMPLES)
        # SciPy compares the mean square of all errors with the tolerance: one lane alone may hold all of it.
        relative = max(self.relative / math.sqrt(lanes), LEAST_RELATIVE)
        flown = _integrate(rates, first.ravel(), np.tile(self.sizes, lanes), samples, self.until, relative)
        return np.moveaxis(flown.reshape(SAMPLES, lanes, count), 0, 1)


def _powers(part: PhaseSolution, intervals: np.ndarray) -> np.ndarray:
    """Return coefficients ``(n, degree + 1, nu)`` of intervals' controls in powers of ``2 s - 1``, ``s`` from 0 to 1."""
    nu = part.controls.shape[1]
    if not nu:
        return np.zeros((len(intervals), 1, 0))
    each, which = np.unique(intervals, return_inverse=True)
    found = []
    for interval in each:
        count = int(part.mesh.counts[interval])
        values = part.controls[part.mesh.control_indices(np.array([interval]), count)[0]]
        found.append(np.linalg.solve(np.vander(2.0 * part.mesh.control_basis(count) - 1.0, increasing=True), values))
    padded = np.zeros((len(each), max(map(len, found)), nu))
    for row, powers in zip(padded, found, strict=True):
        row[: len(powers)] = powers
    return padded[which]


def _integrate(
    rates: Callable[[float, np.ndarray], np.ndarray],
    x: np.ndarray,
    sizes: np.ndarray,
    samples: np.ndarray,
    until: float,
    relative: float,
) -> np.ndarray:
    """Return states at ``samples`` between 0 and 1; NaN from a failure on."""
    found = np.full((len(samples), len(x)), np.nan)
    found[0] = x
    if not (np.all(np.isfinite(x)) and np.all(np.isfinite(rates(0.0, x)))):
        return found  # the integrator would search endlessly for a first step
    solver = DOP853(rates, 0.0, x, 1.0, rtol=relative, atol=ABSOLUTE * sizes)
    steps = 0
    while solver.status == "running":
        before = solver.t
        solver.step()
        steps += 1
        if (
            solver.status == "failed"
            or steps > MOST_STEPS
            or time.perf_counter() > until
            or not np.all(np.isfinite(solver.y))
        ):
            return found
        inside = np.flatnonzero((samples > before) & (samples <= solver.t))
        if len(inside):
            found[inside] = solver.dense_output()(samples[inside]).T
    found[-1] = solver.y
    return found


def boundary_values(solution: Solution) -> list[np.ndarray]:
    """Return every boundary constraint at the phases' ends, each flat, from the function as JAX has traced it."""
    programme, vectors = solution.programme, []
    for part in solution.phases.values():
        controls = [part.controls[0], part.controls[-1]] if part.controls.size else []
        vectors += [part.states[0], part.states[-1], *controls, np.ravel(part.clock)]
    free = [float(solution.parameters[variable.name]) for variable in solution.problem.free]
    ends, given = np.concatenate([*vectors, free]), programme.given
    key = ("ends", programme.traced_ends.key)
    values = np.asarray(shared(programme.traced_ends, key, ends, given)(ends, given))[1:]
    return split(values, programme.boundary_lengths)


def path_values(
    part: PhaseSolution, function: Compiled, times: np.ndarray, states: np.ndarray, controls: np.ndarray
) -> np.ndarray:
    """Return path constraints ``(n, path)`` at ``n`` times, states and controls."""
    if not part.phase.path:
        return np.zeros((len(times), 0))
    points = np.concatenate([states, controls, times[:, None]], axis=1)
    return function(points)[:, states.shape[1] :]
