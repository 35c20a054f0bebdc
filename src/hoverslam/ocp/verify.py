"""Verification that shares nothing with the transcription: each phase flown again by an adaptive integrator.

The same JAX dynamics and the solution's own control polynomials go through diffrax's Dormand-Prince 8(7) at tolerances
far below the transcription's. From one continuous flight of each phase come the error at its end and, sampled densely,
the worst violation of every path constraint, control bound and state bound between nodes.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from hoverslam.ocp._local import inputs_of
from hoverslam.ocp.mesh import Mesh, interpolation_matrix
from hoverslam.ocp.names import Layout, Named
from hoverslam.ocp.solution import PhaseSolution, Solution

SAMPLES = 9  # evenly spaced samples an interval, both ends included, for limits between nodes


@dataclass(frozen=True)
class Tolerances:
    """What a verified solution meets: re-flight error at every phase end, and violation of any limit, both relative."""

    refly: float = 1e-6
    path: float = 1e-3


@dataclass(frozen=True)
class PhaseCheck:
    """One phase re-flown.

    Attributes:
        errors: end error of each state, relative to its largest size in the phase.
        interval_errors: ``(intervals,)`` error of each interval flown on its own, likewise relative.
        limits: worst violation of each limit, relative to the limit's size, with its time: name -> (violation, s).
        reached: largest and smallest value of each path constraint: name -> (low, high, time of high).
        interval_violations: ``(intervals,)`` worst violation inside each interval.
        times, states: the re-flown trajectory, sampled.
    """

    errors: dict[str, float]
    interval_errors: np.ndarray
    limits: dict[str, tuple[float, float]]
    reached: dict[str, tuple[float, float, float]]
    interval_violations: np.ndarray
    times: np.ndarray
    states: np.ndarray

    @property
    def refly_error(self) -> float:
        """Worst relative end error."""
        return max(self.errors.values())

    @property
    def path_violation(self) -> float:
        """Worst relative violation."""
        return max((v for v, _ in self.limits.values()), default=0.0)


@dataclass(frozen=True)
class Verification:
    """All phases re-flown, and the verdict."""

    phases: dict[str, PhaseCheck]
    tolerances: Tolerances
    solver_converged: bool
    boundary_violation: float = field(default=0.0)

    @property
    def refly_error(self) -> float:
        """Worst relative error at any phase end."""
        return _worst(c.refly_error for c in self.phases.values())

    @property
    def path_violation(self) -> float:
        """Worst relative violation of any limit anywhere between nodes."""
        return _worst(c.path_violation for c in self.phases.values())

    @property
    def passed(self) -> bool:
        """Whether the solver converged and all errors are within tolerance, inside phases too; a NaN is a failure."""
        t = self.tolerances
        alone = _worst(float(np.max(c.interval_errors)) for c in self.phases.values())
        flown = self.refly_error < t.refly and alone < t.refly and self.boundary_violation < t.refly
        return self.solver_converged and flown and self.path_violation < t.path

    def refined_meshes(self, solution: Solution) -> dict[str, Mesh]:
        """Meshes with the guilty intervals cut: in two, or three where the error is more than 100 times too large."""
        meshes = {}
        for name, check in self.phases.items():
            mesh = solution[name].mesh
            allowed = 0.3 * self.tolerances.refly / np.sqrt(mesh.intervals)
            excess = np.maximum(check.interval_errors / allowed, check.interval_violations / self.tolerances.path)
            parts = np.where(excess > 100.0, 3, np.where(excess > 1.0, 2, 1))
            if check.refly_error > self.tolerances.refly and np.all(parts == 1):
                parts[np.argmax(check.interval_errors)] = 2
            meshes[name] = mesh.split(parts)
        return meshes


def _worst(values: Any) -> float:
    worst = 0.0
    for value in values:
        worst = value if not value <= worst else worst
    return worst


def verify(solution: Solution, tolerances: Tolerances | None = None) -> Verification:
    """Fly every phase of ``solution`` again and judge it."""
    given = jnp.asarray(list(solution.problem.given.values()))
    checks = {}
    for name, part in solution.phases.items():
        if part.phase.inputs is None:
            inputs: Any = solution.parameters
        else:
            inputs = inputs_of(solution.problem, part.phase, given)
        checks[name] = _check(part, jax.tree_util.tree_map(lambda leaf: jnp.asarray(leaf, dtype=float), inputs))
    return Verification(checks, tolerances or Tolerances(), solution.converged, _boundary_violation(solution))


def _boundary_violation(solution: Solution) -> float:
    """Worst violation of any boundary constraint or link, in the scaling that makes each of the order of one."""
    ends = Named(
        (name, part.phase.ends(part.states[0], part.states[-1], *_end_controls(part), part.time))
        for name, part in solution.phases.items()
    )
    scales, at, worst = solution.boundary_scale, 0, 0.0
    for c in solution.problem.boundary:
        value = np.ravel(np.asarray(c.function(ends, solution.parameters), dtype=float))
        scale = np.ones(len(value)) if scales is None else scales[at : at + len(value)]
        at += len(value)
        excess = np.max(np.maximum(c.lower - value, value - c.upper) * scale, initial=0.0)
        worst = excess if not excess <= worst else worst
    return float(worst)


def _end_controls(part: PhaseSolution) -> tuple[np.ndarray, np.ndarray]:
    if not part.controls.size:
        return np.zeros(0), np.zeros(0)
    return part.controls[0], part.controls[-1]


def _check(part: PhaseSolution, inputs: Any) -> PhaseCheck:
    edges = part.time[0] + np.asarray(part.mesh.edges) * part.duration
    coefficients = part.interval_controls()
    starts, padded = _padded(part, edges, coefficients)
    flown, alone = _refly(
        _traceable(part.phase.dynamics), part.phase.states, part.phase.controls, inputs, starts, *padded
    )
    count = part.mesh.intervals
    flown, alone = np.asarray(flown)[:count], np.asarray(alone)[:count]
    scale = _state_sizes(part)
    error = np.abs(flown[-1, -1] - part.states[-1]) / scale
    errors = {v.name: float(np.max(error[part.phase.states.slices[v.name]])) for v in part.phase.states.variables}
    interval_ends = part.interval_states()[:, -1]
    interval_errors = np.max(np.abs(alone - interval_ends) / scale, axis=1)
    times = np.linspace(edges[:-1], edges[1:], SAMPLES, axis=1)
    limits, reached, violations = _limits(part, inputs, times, flown)
    return PhaseCheck(
        errors, interval_errors, limits, reached, violations, times.ravel(), flown.reshape(-1, len(scale))
    )


def _state_sizes(part: PhaseSolution) -> np.ndarray:
    """Largest size of each state variable over the phase: the length of a vector counts, not each entry."""
    sizes = np.ones(part.states.shape[1])
    for variable in part.phase.states.variables:
        columns = part.phase.states.slices[variable.name]
        size = float(np.max(np.linalg.norm(part.states[:, columns], axis=1)))
        sizes[columns] = size if size > 0 else 1.0
    return sizes


def _padded_count(intervals: int) -> int:
    """Interval counts are rounded up to 64, 128, ... so that nearly all phases of one kind share one compilation."""
    return max(64, 1 << (intervals - 1).bit_length())


def _repeat_last(array: np.ndarray, count: int) -> np.ndarray:
    return np.concatenate([array, np.repeat(array[-1:], count - len(array), axis=0)])


def _padded(part: PhaseSolution, edges: np.ndarray, coefficients: np.ndarray) -> tuple[Any, tuple[Any, ...]]:
    count = part.mesh.intervals
    total = _padded_count(count)
    starts, left, right, values = (
        jnp.asarray(_repeat_last(a, total)) for a in (part.interval_states()[:, 0], edges[:-1], edges[1:], coefficients)
    )
    basis = part.mesh.control_basis() if coefficients.shape[2] else np.zeros(1)
    return starts, (left, right, values, jnp.asarray(basis), jnp.asarray(count))


class _Method(eqx.Module):
    """A method of an equinox module with the module's arrays traced: like modules then share one compilation."""

    owner: Any
    kind: type = eqx.field(static=True)
    name: str = eqx.field(static=True)

    def __call__(self, *arguments: Any) -> Any:
        return getattr(self.kind, self.name)(self.owner, *arguments)


def _traceable(function: Callable[..., Any]) -> Any:
    owner = getattr(function, "__self__", None)
    if not isinstance(owner, eqx.Module):
        return function
    traced = jax.tree_util.tree_map(lambda a: jnp.asarray(a) if isinstance(a, np.ndarray | float) else a, owner)
    return _Method(traced, type(owner), function.__name__)


@eqx.filter_jit
def _refly(
    dynamics: Any, states: Layout, controls: Layout, inputs: Any, starts: Any, left: Any, right: Any, coefficients: Any,
    basis: Any, count: Any,
) -> tuple[Any, Any]:  # fmt: skip
    """Fly all intervals: continuously from the first start (sampled), and each alone from its own start (end only)."""
    gaps = basis[:, None] - basis[None, :] + jnp.eye(len(basis))
    weights = 1.0 / jnp.prod(gaps, axis=1)

    def control(fraction: Any, values: Any) -> Any:
        distance = fraction - basis
        hit = jnp.abs(distance) < 1e-14
        terms = jnp.where(jnp.any(hit), jnp.where(hit, 1.0, 0.0), weights / jnp.where(hit, 1.0, distance))
        return controls.unflatten((terms / jnp.sum(terms)) @ values)

    def rates(fraction: Any, x: Any, arguments: Any) -> Any:
        step, values = arguments
        flat = states.flatten(dynamics(states.unflatten(x), control(fraction, values), inputs), "dynamics")
        return step * flat

    def fly(x: Any, interval: Any) -> Any:
        return diffrax.diffeqsolve(
            diffrax.ODETerm(rates),
            diffrax.Dopri8(),
            0.0,
            1.0,
            0.1,
            x,
            args=(right[interval] - left[interval], coefficients[interval]),
            saveat=diffrax.SaveAt(ts=jnp.linspace(0.0, 1.0, SAMPLES)),
            stepsize_controller=diffrax.PIDController(
                rtol=1e-11, atol=1e-11 * jnp.max(jnp.abs(starts), axis=0) + 1e-12
            ),
            max_steps=512,
            throw=False,
        ).ys

    def step(interval: Any, carry: Any) -> Any:
        x, flown, alone = carry
        both = jax.vmap(fly, in_axes=(0, None))(jnp.stack([x, starts[interval]]), interval)
        return both[0, -1], flown.at[interval].set(both[0]), alone.at[interval].set(both[1, -1])

    empty = jnp.full((len(left), SAMPLES, starts.shape[1]), jnp.nan)
    _, flown, alone = jax.lax.fori_loop(0, count, step, (starts[0], empty, jnp.full(starts.shape, jnp.nan)))
    return flown, alone


def _limits(part: PhaseSolution, inputs: Any, times: np.ndarray, flown: np.ndarray) -> tuple[Any, Any, np.ndarray]:
    """Worst violation of every limit on the re-flown trajectory, by limit and by interval."""
    phase, limits, reached, worst = part.phase, {}, {}, np.zeros(len(times))

    def judge(name: str, value: np.ndarray, lower: float, upper: float, scale: float) -> None:
        excess = np.maximum(lower - value, value - upper) / scale
        where = np.unravel_index(np.argmax(excess), excess.shape)
        limits[name] = (max(float(excess[where]), 0.0), float(times[where]))
        np.maximum(worst, excess.max(axis=1), out=worst)

    weights = interpolation_matrix(part.mesh.control_basis(), np.linspace(0.0, 1.0, SAMPLES))
    u = (
        np.einsum("sk,nkj->nsj", weights, part.interval_controls())
        if phase.controls.length
        else times[..., None][..., :0]
    )
    if phase.path:
        count = _padded_count(len(times))
        x_flat, u_flat = (_repeat_last(a, count).reshape(count * SAMPLES, -1) for a in (flown, u))
        functions = tuple(_traceable(c.function) for c in phase.path)
        values = _path_values(functions, phase.states, phase.controls, inputs, x_flat, u_flat)
        for c, value in zip(phase.path, values, strict=True):
            value = np.asarray(value).reshape(count, SAMPLES)[: len(times)]
            at = np.unravel_index(np.argmax(value), value.shape)
            reached[c.name] = (float(value.min()), float(value.max()), float(times[at]))
            judge(c.name, value, c.lower, c.upper, c.scale)
    for layout, samples in ((phase.controls, u), (phase.states, flown)):
        lower, upper = layout.bounds()
        for j, label in enumerate(layout.labels()):
            finite = [abs(b) for b in (lower[j], upper[j]) if np.isfinite(b)]
            if finite:
                scale = max(finite) or float(np.max(np.abs(samples[..., j]))) or 1.0
                judge(label, samples[..., j], lower[j], upper[j], scale)
    return limits, reached, worst


@eqx.filter_jit
def _path_values(functions: Any, states: Layout, controls: Layout, inputs: Any, x: Any, u: Any) -> Any:
    """Every path constraint at every sample: a list of ``(samples,)``."""

    def at(x_one: Any, u_one: Any) -> Any:
        state, control = states.unflatten(x_one), controls.unflatten(u_one)
        return [function(state, control, inputs) for function in functions]

    return jax.vmap(at)(x, u)
