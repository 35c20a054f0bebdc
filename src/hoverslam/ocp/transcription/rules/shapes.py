"""Rules of primitives that only move entries: reshaping, slicing, gathering and scattering.

A rule works on the positions of the entries, which are integers, and applies the result as one indexing operation.
"""

import math
import operator
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import casadi
import jax
import numpy as np
from jax.extend import core

from hoverslam.ocp.transcription.rules.values import (
    Result,
    Rule,
    Untranslatable,
    Value,
    Walk,
    column_of,
    is_known,
    known_value,
    pool,
    pool_positions,
    positions_of,
    take,
)


def _structural(move: Callable[[np.ndarray, dict[str, Any]], np.ndarray]) -> Rule:
    """Return the rule of a primitive that only moves the entries of its operand, given what it does to their positions."""

    def rule(evaluator: Walk, equation: core.JaxprEqn, values: list[Value]) -> Sequence[Result]:
        (value,) = values
        return [take(value, move(positions_of(value.shape), equation.params))]

    return rule


def _identity(evaluator: Walk, equation: core.JaxprEqn, values: list[Value]) -> Sequence[Result]:
    return values


def _stop_gradient(evaluator: Walk, equation: core.JaxprEqn, values: list[Value]) -> Sequence[Result]:
    if not all(map(is_known, values)):
        raise Untranslatable("has no counterpart: an expression is differentiated through and through")
    return values


def _broadcast_in_dim(positions: np.ndarray, params: dict[str, Any]) -> np.ndarray:
    aligned = [1] * len(params["shape"])
    for axis, target in enumerate(params["broadcast_dimensions"]):
        aligned[target] = positions.shape[axis]
    return np.broadcast_to(positions.reshape(aligned), params["shape"])


def _reshape(positions: np.ndarray, params: dict[str, Any]) -> np.ndarray:
    order = params.get("dimensions")
    return (positions if order is None else positions.transpose(order)).reshape(params["new_sizes"])


def _slice(positions: np.ndarray, params: dict[str, Any]) -> np.ndarray:
    strides = params["strides"] or (1,) * positions.ndim
    bounds = zip(params["start_indices"], params["limit_indices"], strides, strict=True)
    return positions[tuple(slice(*bound) for bound in bounds)]


def _tile(positions: np.ndarray, params: dict[str, Any]) -> np.ndarray:
    return np.tile(positions, params["reps"])


def _split(evaluator: Walk, equation: core.JaxprEqn, values: list[Value]) -> Sequence[Result]:
    cuts = np.cumsum(equation.params["sizes"])[:-1]
    pieces = np.split(positions_of(values[0].shape), cuts, axis=equation.params["axis"])
    return [take(values[0], piece) for piece in pieces]


def _concatenate(evaluator: Walk, equation: core.JaxprEqn, values: list[Value]) -> Sequence[Result]:
    positions = np.concatenate(pool_positions(values), axis=equation.params["dimension"])
    return [take(pool(values), positions)]


def _stack(evaluator: Walk, equation: core.JaxprEqn, values: list[Value]) -> Sequence[Result]:
    return [take(pool(values), np.stack(pool_positions(values), axis=equation.params["axis"]))]


def _unstack(evaluator: Walk, equation: core.JaxprEqn, values: list[Value]) -> Sequence[Result]:
    return [take(values[0], piece) for piece in np.moveaxis(positions_of(values[0].shape), equation.params["axis"], 0)]


def _pad(evaluator: Walk, equation: core.JaxprEqn, values: list[Value]) -> Sequence[Result]:
    operand, _ = values
    positions, filler = pool_positions(values)
    sources = []
    for size, (low, high, interior) in zip(operand.shape, equation.params["padding_config"], strict=True):
        length = size + max(size - 1, 0) * interior
        place = np.arange(-low, length + high)
        inside = (place >= 0) & (place < length) & (place % (interior + 1) == 0)
        sources.append(np.where(inside, place // (interior + 1), -1))
    grid = np.meshgrid(*sources, indexing="ij")
    outside = reduce(operator.or_, [axis < 0 for axis in grid])
    extended = np.append(positions.ravel(), filler)  # the index of the last entry is that of the padding value
    inner = np.ravel_multi_index([np.maximum(axis, 0) for axis in grid], operand.shape, mode="clip")
    return [take(pool(values), extended[np.where(outside, -1, inner)])]


def _iota(evaluator: Walk, equation: core.JaxprEqn, values: list[Value]) -> Sequence[Result]:
    shape, dimension = equation.params["shape"], equation.params["dimension"]
    return [np.indices(shape)[dimension]]


def _window(starts: Sequence[Value], shape: Sequence[int], sizes: Sequence[int]) -> tuple[slice, ...]:
    """Return the slices of a dynamic window, which JAX moves to lie inside the array."""
    known = [int(known_value(start, "start indices")) for start in starts]
    begins = [min(max(k, 0), n - size) for k, n, size in zip(known, shape, sizes, strict=True)]
    return tuple(slice(begin, begin + size) for begin, size in zip(begins, sizes, strict=True))


def _dynamic_slice(evaluator: Walk, equation: core.JaxprEqn, values: list[Value]) -> Sequence[Result]:
    operand, *starts = values
    window = _window(starts, operand.shape, equation.params["slice_sizes"])
    return [take(operand, positions_of(operand.shape)[window])]


def _dynamic_update_slice(evaluator: Walk, equation: core.JaxprEqn, values: list[Value]) -> Sequence[Result]:
    operand, update, *starts = values
    positions, new = pool_positions([operand, update])
    positions[_window(starts, operand.shape, update.shape)] = new
    return [take(pool([operand, update]), positions)]


def _gather(evaluator: Walk, equation: core.JaxprEqn, values: list[Value]) -> Sequence[Result]:
    """Gather at known indices: JAX gathers the positions, and minus one where it would fill."""
    operand, indices = values
    names = ("dimension_numbers", "slice_sizes", "unique_indices", "indices_are_sorted", "mode")
    options = {name: equation.params[name] for name in names}
    known = known_value(indices, "indices")
    positions = np.asarray(jax.lax.gather(positions_of(operand.shape), known, fill_value=-1, **options))
    if not (positions < 0).any():
        return [take(operand, positions)]
    filler = equation.params["fill_value"]
    missing = np.asarray(math.nan if filler is None else filler, dtype=np.float64)
    return [take(pool([operand, missing]), positions)]  # minus one is the last entry of the pool


def _scatter_options(equation: core.JaxprEqn) -> dict[str, Any]:
    names = ("dimension_numbers", "indices_are_sorted", "unique_indices", "mode")
    return {name: equation.params[name] for name in names}


def _scatter(evaluator: Walk, equation: core.JaxprEqn, values: list[Value]) -> Sequence[Result]:
    """Overwrite at known indices: JAX scatters the positions of the updates."""
    operand, indices, updates = values
    positions, new = pool_positions([operand, updates])
    moved = jax.lax.scatter(positions, known_value(indices, "indices"), new, **_scatter_options(equation))
    return [take(pool([operand, updates]), np.asarray(moved))]


def _scatter_with(combine: Callable[..., Any]) -> Rule:
    """Return the rule of a scatter that combines: where each update lands is found by scattering one at a time."""

    def rule(evaluator: Walk, equation: core.JaxprEqn, values: list[Value]) -> Sequence[Result]:
        operand, indices, updates = values
        known, count = known_value(indices, "indices"), math.prod(updates.shape)

        def land(update: Any) -> jax.Array:
            blank = jax.numpy.zeros(operand.shape)
            return jax.lax.scatter_add(blank, known, update, **_scatter_options(equation))

        landed = np.asarray(jax.vmap(land)(np.eye(count).reshape(count, *updates.shape)))
        entries, new = casadi.vertsplit(column_of(operand)), casadi.vertsplit(column_of(updates))
        for source, target in zip(*np.nonzero(landed.reshape(count, -1)), strict=True):
            entries[target] = combine(entries[target], new[source])
        return [casadi.vertcat(*entries)]

    return rule


_IDENTITIES = ("copy", "copy_p", "name", "optimization_barrier", "device_put", "sharding_constraint", "pvary")

SHAPES: dict[str, Rule] = {
    "stop_gradient": _stop_gradient,
    "broadcast_in_dim": _structural(_broadcast_in_dim),
    "reshape": _structural(_reshape),
    "squeeze": _structural(lambda positions, params: positions.squeeze(tuple(params["dimensions"]))),
    "expand_dims": _structural(lambda positions, params: np.expand_dims(positions, tuple(params["dimensions"]))),
    "transpose": _structural(lambda positions, params: positions.transpose(params["permutation"])),
    "rev": _structural(lambda positions, params: np.flip(positions, params["dimensions"])),
    "slice": _structural(_slice),
    "tile": _structural(_tile),
    "split": _split,
    "concatenate": _concatenate,
    "stack": _stack,
    "unstack": _unstack,
    "pad": _pad,
    "iota": _iota,
    "dynamic_slice": _dynamic_slice,
    "dynamic_update_slice": _dynamic_update_slice,
    "gather": _gather,
    "scatter": _scatter,
    "scatter-add": _scatter_with(operator.add),
    "scatter_add": _scatter_with(operator.add),
    "scatter-mul": _scatter_with(operator.mul),
    "scatter_mul": _scatter_with(operator.mul),
    "scatter-sub": _scatter_with(operator.sub),
    "scatter-min": _scatter_with(casadi.fmin),
    "scatter_min": _scatter_with(casadi.fmin),
    "scatter-max": _scatter_with(casadi.fmax),
    "scatter_max": _scatter_with(casadi.fmax),
    **dict.fromkeys(_IDENTITIES, _identity),
}
