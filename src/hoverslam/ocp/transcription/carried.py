"""Numbers that the functions of a phase carry and that belong to the case: they become inputs of the translation.

A function of a phase is often a method of a module, which refers to further modules. Where the class of one of them sets
``numbers_are_inputs``, its numbers are data of the case, such as the origin and the axes of a launch frame. They are passed
to the translated function as inputs. Two cases that differ in them alone then share one translation.

Entries that are 0, 1 or -1 stay constants, because they keep the expressions short. Which entries these are is part of the
key.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from hoverslam.ocp.transcription.structure import Reading, read, structure_of

Function = Callable[..., Any]


@dataclass(frozen=True)
class Carried:
    """Functions with the numbers that they carry taken out.

    Attributes:
        parts: The functions, each taken apart.
        modules: The numbers of their modules; shared modules are taken out once.
    """

    parts: tuple["_Part", ...]
    modules: tuple["_Numbers", ...]

    @property
    def key(self) -> Hashable:
        """Key that is equal for functions that differ in these numbers alone."""
        return tuple(part.key for part in self.parts), tuple(each.key for each in self.modules)

    @property
    def certain(self) -> bool:
        """Whether functions of equal keys are certain to be alike; see :class:`structure.Reading`."""
        return all(part.reading.certain for part in self.parts)

    @property
    def numbers(self) -> NDArray[np.float64]:
        """The numbers, flat."""
        return np.concatenate([np.zeros(0), *(each.varying for each in self.modules)])

    def rebuild(self, flat: Any) -> list[Function]:
        """Return the functions with other numbers ``(len(numbers),)``, which may be traced."""
        stops = np.cumsum([len(each.varying) for each in self.modules])
        pieces = jnp.split(flat, stops[:-1]) if self.modules else []
        new = [each.module(piece) for each, piece in zip(self.modules, pieces, strict=True)]
        return [part.put_together(new) for part in self.parts]


def carried(functions: Sequence[Function]) -> Carried:
    """Return functions with the numbers of their modules that are inputs taken out; shared modules are taken out once."""
    modules: list[Any] = []
    parts = tuple(_taken_apart(function, modules) for function in functions)
    return Carried(parts, tuple(map(_Numbers.of, modules)))


@dataclass(frozen=True)
class _Part:
    """A function without its modules of inputs.

    Attributes:
        function: The function.
        tree, leaves: The object that it belongs to.
        places: Of each leaf, which module of inputs it is; -1 where it is none.
    """

    function: Function
    tree: Any
    leaves: list[Any]
    places: tuple[int, ...]

    @cached_property
    def reading(self) -> Reading:
        """The function as it is, with its modules of inputs."""
        return read(self.function)

    @property
    def has_inputs(self) -> bool:
        """Whether one of its modules is an input."""
        return any(place >= 0 for place in self.places)

    @property
    def key(self) -> Hashable:
        """Key of the function without its modules of inputs."""
        if not self.has_inputs:
            return self.reading.key
        rest = tuple(structure_of(x) for x, place in zip(self.leaves, self.places, strict=True) if place < 0)
        name = self.function.__name__
        code = structure_of(getattr(self.function, "__func__", name))
        return type(getattr(self.function, "__self__", None)), name, code, self.tree, self.places, rest

    def put_together(self, new: list[Any]) -> Function:
        """Return the function with other modules of inputs."""
        if not self.has_inputs:
            return self.function
        full = [x if place < 0 else new[place] for x, place in zip(self.leaves, self.places, strict=True)]
        method: Function = getattr(jax.tree_util.tree_unflatten(self.tree, full), self.function.__name__)
        return method


def _is_input(value: Any) -> bool:
    return getattr(type(value), "numbers_are_inputs", False) is True


def _taken_apart(function: Function, modules: list[Any]) -> _Part:
    """Return a function without its modules of inputs, which are added to ``modules`` unless they are among them."""
    leaves, tree = jax.tree_util.tree_flatten(getattr(function, "__self__", None), is_leaf=_is_input)
    places = []
    for leaf in leaves:
        known = -1
        if _is_input(leaf):
            known = next((at for at, module in enumerate(modules) if module is leaf), len(modules))
            if known == len(modules):
                modules.append(leaf)
        places.append(known)
    return _Part(function, tree, leaves, tuple(places))


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
