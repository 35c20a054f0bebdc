"""Numbers that the functions of a phase carry and that belong to the case: they become inputs of the translation.

A function of a phase is often a method of a module, which refers to further modules. Where the class of one of them sets
``numbers_are_inputs``, its numbers are data of the case, such as the origin and the axes of a launch frame. They are passed
to the translated function as inputs. Two cases that differ in them alone then share one translation.

Entries that are 0, 1 or -1 stay constants, because they keep the expressions short. Which entries these are is part of the
key.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from hoverslam.ocp.transcription.structure import read, structure_of

Function = Callable[..., Any]


@dataclass(frozen=True)
class Carried:
    """Functions with the numbers that they carry taken out.

    Attributes:
        key: Equal for functions that differ in these numbers alone.
        certain: Whether functions of equal keys are certain to be alike; see :class:`structure.Reading`.
        numbers: The numbers, flat.
        rebuild: Returns the functions with other numbers ``(len(numbers),)``, which may be traced.
    """

    key: Hashable
    certain: bool
    numbers: NDArray[np.float64]
    rebuild: Callable[[Any], list[Function]]


def carried(functions: Sequence[Function]) -> Carried:
    """Return functions with the numbers of their modules that are inputs taken out; shared modules are taken out once."""
    modules: list[Any] = []
    readings = [read(function) for function in functions]
    certain = all(reading.certain for reading in readings)
    parts = [_taken_apart(function, modules) for function in functions]
    numbers = [_Numbers.of(module) for module in modules]
    lengths = [len(each.varying) for each in numbers]

    def rebuild(flat: Any) -> list[Function]:
        pieces = jnp.split(flat, np.cumsum(lengths)[:-1]) if modules else []
        new = [each.module(piece) for each, piece in zip(numbers, pieces, strict=True)]
        return [put_together(new) for _, put_together in parts]

    flat = np.concatenate([each.varying for each in numbers]) if modules else np.zeros(0)
    return Carried((tuple(key for key, _ in parts), tuple(each.key for each in numbers)), certain, flat, rebuild)


def _is_input(value: Any) -> bool:
    return getattr(type(value), "numbers_are_inputs", False) is True


def _taken_apart(function: Function, modules: list[Any]) -> tuple[Hashable, Callable[[list[Any]], Function]]:
    """Return the key of a function without its modules of inputs, and how to put it together from ``modules``."""
    leaves, tree = jax.tree_util.tree_flatten(getattr(function, "__self__", None), is_leaf=_is_input)
    if not any(map(_is_input, leaves)):
        return structure_of(function), lambda _: function
    places, rest = [], []
    for leaf in leaves:
        if not _is_input(leaf):
            places.append(-1)
            rest.append(structure_of(leaf))
            continue
        known = next((at for at, module in enumerate(modules) if module is leaf), len(modules))
        if known == len(modules):
            modules.append(leaf)
        places.append(known)
    name = function.__name__

    def put_together(new: list[Any]) -> Function:
        full = [leaf if place < 0 else new[place] for leaf, place in zip(leaves, places, strict=True)]
        method: Function = getattr(jax.tree_util.tree_unflatten(tree, full), name)
        return method

    code = structure_of(getattr(function, "__func__", name))
    return (type(getattr(function, "__self__", None)), name, code, tree, tuple(places), tuple(rest)), put_together


@dataclass(frozen=True)
class _Numbers:
    """The numbers of one module: which entries are inputs, and their values."""

    tree: Any
    leaves: list[Any]
    masks: list[NDArray[np.bool_] | None]  # of the entries that are inputs; None for a leaf that is no number

    @classmethod
    def of(cls, module: Any) -> "_Numbers":
        leaves, tree = jax.tree_util.tree_flatten(module)
        numeric = [isinstance(leaf, float | np.ndarray | jax.Array) for leaf in leaves]
        masks = [~np.isin(leaf, (0.0, 1.0, -1.0)) if n else None for leaf, n in zip(leaves, numeric, strict=True)]
        return cls(tree, leaves, masks)

    @property
    def varying(self) -> NDArray[np.float64]:
        """The entries that are inputs, flat."""
        pairs = zip(self.leaves, self.masks, strict=True)
        return np.concatenate(
            [np.zeros(0), *(np.asarray(leaf)[mask].ravel() for leaf, mask in pairs if mask is not None)]
        )

    @property
    def key(self) -> Hashable:
        """Key of the entries that stay constant."""
        constants = []
        for leaf, mask in zip(self.leaves, self.masks, strict=True):
            constants.append(structure_of(leaf) if mask is None else structure_of(np.where(mask, np.nan, leaf)))
        return self.tree, tuple(constants)

    def module(self, varying: Any) -> Any:
        """Return the module with other values of the entries that are inputs."""
        full, at = [], 0
        for leaf, mask in zip(self.leaves, self.masks, strict=True):
            if mask is None or not np.any(mask):
                full.append(leaf)
                continue
            count = int(np.sum(mask))
            values = varying[at : at + count]
            at += count
            if np.all(mask):
                full.append(values.reshape(np.shape(leaf)))
            else:
                full.append(jnp.asarray(np.where(mask, 0.0, leaf)).at[np.nonzero(mask)].set(values))
        return jax.tree_util.tree_unflatten(self.tree, full)
