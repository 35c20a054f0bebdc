"""Re-flight of a phase: the JAX functions, compiled for one point, in SciPy's Dormand-Prince 8(5,3).

Only the equations of motion are compiled (by XLA, from the function as it was written, not from its translation); steps
and error control are SciPy's. Only the control polynomials are shared with the transcription.
"""

import math
import time
from collections.abc import Callable, Hashable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from scipy.integrate import DOP853

from hoverslam.ocp.solution import PhaseSolution
from hoverslam.ocp.statement.names import Named
from hoverslam.ocp.statement.phase import Phase
from hoverslam.ocp.statement.problem import Problem
from hoverslam.ocp.transcription.local import inputs_of
from hoverslam.ocp.transcription.structure import StructureCache, read, structure_of, traced_key

SAMPLES = 9  # evenly spaced samples an interval, both ends included
RELATIVE, ABSOLUTE = 1e-11, 1e-12  # tolerances of the integrator; the latter is relative to the size of each state
BESIDE = 1e-9  # distance from a bound, relative to the size of the state, that is rounding of a trial step
MOST_STEPS = 2000  # in one interval

COMPILED: StructureCache[Callable[..., Any]] = StructureCache()  # of the process: like functions are compiled once

Arrays = list[jax.Array]


def _lifted(function: Callable[..., Any]) -> tuple[Hashable, Arrays, Callable[[Arrays], Callable[..., Any]]]:
    """Return a function's key, the arrays that it carries, and a function that rebuilds it with other arrays.

    A method of a pytree (an equinox module) carries the arrays of the pytree: methods of modules that differ in their
    arrays alone share one compilation.
    """
    owner = getattr(function, "__self__", None)
    leaves, tree = jax.tree_util.tree_flatten(owner)
    numeric = [isinstance(leaf, float | np.ndarray | jax.Array) for leaf in leaves]
    if owner is None or (len(leaves) == 1 and leaves[0] is owner):
        return structure_of(function), [], lambda _: function
    rest = tuple(None if n else structure_of(leaf) for n, leaf in zip(numeric, leaves, strict=True))
    name = function.__name__

    def rebuild(arrays: Arrays) -> Callable[..., Any]:
        given = iter(arrays)
        full = [next(given) if n else leaf for n, leaf in zip(numeric, leaves, strict=True)]
        method: Callable[..., Any] = getattr(jax.tree_util.tree_unflatten(tree, full), name)
        return method

    arrays = [jnp.asarray(leaf, dtype=float) for n, leaf in zip(numeric, leaves, strict=True) if n]
    code = structure_of(getattr(function, "__func__", name))
    return (type(owner), name, code, tree, rest), arrays, rebuild


def compiled(phase: Phase, inputs: Any) -> Callable[[np.ndarray], Any]:
    """Return ``(x, u, t stacked) -> rates and path constraints stacked`` for ``inputs``, compiled once for like phases."""
    lifted = [_lifted(function) for function in phase.functions]
    key: tuple[Hashable, ...] = (
        tuple(identity for identity, _, _ in lifted),
        phase.states,
        phase.controls,
        tuple(phase.integrals),
        tuple(c.name for c in phase.path),
    )
    evaluate = _point(phase, [rebuild for _, _, rebuild in lifted])
    arrays = [arrays for _, arrays, _ in lifted]
    readings = [read(function) for function in phase.functions]
    if not all(reading.certain for reading in readings):
        # They refer to something that may change unseen: what they compute now is part of the key.
        shapes = jax.tree_util.tree_map(jnp.asarray, (np.zeros(_length(phase)), inputs, arrays))
        key = (*key, traced_key(evaluate, *shapes))
    function = COMPILED.get(key, lambda: jax.jit(evaluate))
    return lambda point: function(point, inputs, arrays)


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
    """Return the inputs of a phase's functions as JAX arrays."""
    given = jnp.asarray(list(problem.given.values()))
    inputs = parameters if phase.inputs is None else inputs_of(problem, phase, given)
    return jax.tree_util.tree_map(lambda leaf: jnp.asarray(leaf, dtype=float), inputs)


def fly(
    part: PhaseSolution,
    inputs: Any,
    sizes: np.ndarray,
    until: float = math.inf,
    restart: bool = False,
    bounds: tuple[np.ndarray, np.ndarray] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Fly a phase from its first state with its controls, one interval after the other.

    Args:
        part: The solved phase.
        inputs: Inputs of its functions.
        sizes: Typical size of each state ``(nx,)``.
        until: Reading of ``time.perf_counter`` (s) at which the flight is given up.
        restart: Whether each interval starts from its own first node instead of the end of the interval before it.
        bounds: Lower and upper bounds of the states, each ``(nx,)``. A trial step that leaves them by no more than rounding
            is evaluated on them, so that a root of a state that ends at zero stays a number.

    Returns:
        Times ``(intervals, SAMPLES)`` (s) and states ``(intervals, SAMPLES, nx)``; NaN after a failure.
    """
    function, nx, duration, edges = compiled(part.phase, inputs), part.states.shape[1], part.duration, part.edge_times
    times = np.linspace(edges[:-1], edges[1:], SAMPLES, axis=1)
    flown = np.full((*times.shape, nx), np.nan)
    if not duration > 0.0:
        flown[:] = part.states[0]
        return times, flown
    if not np.all(np.isfinite(part.states[0])):
        return times, flown
    # Rates that depend on a time far from zero are rounded: an integrator that asks for more takes tiny steps.
    rounding = np.finfo(float).eps * abs(part.origin) / duration if part.phase.takes_time else 0.0
    relative = max(RELATIVE, rounding)
    lower, upper = bounds if bounds is not None else (np.full(nx, -np.inf), np.full(nx, np.inf))
    slack = BESIDE * sizes
    x, step, point = part.states[0], None, np.empty(nx + part.controls.shape[1] + 1)
    for interval, (start, width) in enumerate(zip(edges[:-1], part.mesh.widths * duration, strict=True)):
        powers = _powers(part, interval)
        if restart:
            x = part.states[part.mesh.starts[interval]]

        def rates(
            fraction: float, at: np.ndarray, powers: Any = powers, start: float = start, width: float = width
        ) -> Any:
            within = np.clip(at, lower, upper)
            point[:nx], point[-1] = np.where(np.abs(at - within) <= slack, within, at), start + fraction * width
            point[nx:-1] = (2.0 * fraction - 1.0) ** np.arange(len(powers)) @ powers
            return width * np.asarray(function(point))[:nx]

        flown[interval], step = _integrate(rates, x, sizes, step, until, relative)
        x = flown[interval, -1]
        if not np.all(np.isfinite(x)):
            break
    return times, flown


def _powers(part: PhaseSolution, interval: int) -> np.ndarray:
    """Return coefficients ``(degree + 1, nu)`` of an interval's controls in powers of ``2 s - 1``, ``s`` from 0 to 1."""
    if not part.controls.shape[1]:
        return np.zeros((1, 0))
    count = int(part.mesh.counts[interval])
    values = part.controls[part.mesh.control_indices(np.array([interval]), count)[0]]
    return np.linalg.solve(np.vander(2.0 * part.mesh.control_basis(count) - 1.0, increasing=True), values)


def _integrate(
    rates: Callable[[float, np.ndarray], np.ndarray],
    x: np.ndarray,
    sizes: np.ndarray,
    step: float | None,
    until: float,
    relative: float,
) -> tuple[np.ndarray, float | None]:
    """Return states at ``SAMPLES`` even fractions of one interval, and the first step size of the next one."""
    at, found = np.linspace(0.0, 1.0, SAMPLES), np.full((SAMPLES, len(x)), np.nan)
    found[0] = x
    if not (np.all(np.isfinite(x)) and np.all(np.isfinite(rates(0.0, x)))):
        return found, None  # the integrator would search endlessly for a first step
    solver = DOP853(rates, 0.0, x, 1.0, rtol=relative, atol=ABSOLUTE * sizes, first_step=step)
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
            return found, None
        inside = np.flatnonzero((at > before) & (at <= solver.t))
        if len(inside):
            found[inside] = solver.dense_output()(at[inside]).T
    found[-1] = solver.y
    return found, min(max(solver.h_abs, 1e-6), 1.0)


def boundary_values(problem: Problem, ends: Named, parameters: Named) -> list[np.ndarray]:
    """Return every boundary constraint at the phases' ends, each flat.

    They are evaluated one by one the first time. Where the same constraints are met again they are compiled as one
    function: the compilation takes as long as some twenty evaluations.
    """
    functions = [c.function for c in problem.boundary]
    if not functions:
        return []

    def evaluate(e: Named, p: Named) -> Arrays:
        return [jnp.ravel(jnp.asarray(f(e, p), dtype=float)) for f in functions]

    reading = read(functions)
    if not reading.certain:  # they refer to something that may change unseen
        return [np.asarray(value) for value in evaluate(ends, parameters)]
    key = ("boundary", reading.key)
    again = ("met", key) in COMPILED
    known = COMPILED.get(key, lambda: jax.jit(evaluate)) if again else COMPILED.get(("met", key), lambda: evaluate)
    return [np.asarray(value) for value in known(ends, parameters)]


def path_values(
    part: PhaseSolution, inputs: Any, times: np.ndarray, states: np.ndarray, controls: np.ndarray
) -> np.ndarray:
    """Return path constraints ``(n, path)`` at ``n`` times, states and controls."""
    if not part.phase.path:
        return np.zeros((len(times), 0))
    function, nx = compiled(part.phase, inputs), states.shape[1]
    points = np.concatenate([states, controls, times[:, None]], axis=1)
    return np.array([np.asarray(function(point))[nx:] for point in points])
