"""JAX functions compiled once: their executables are kept on disk between processes where their key allows it.

The numbers that a function reads are its arguments and no part of it, so that other numbers need no new compilation. They
are passed as one flat vector: JAX takes ten times longer to call a function of nested containers.
"""

import pickle
from collections.abc import Callable, Hashable, Iterable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
from jax.experimental import serialize_executable
from numpy.typing import NDArray

from hoverslam.data.kept import Kept, digest_of
from hoverslam.ocp.statement.names import split
from hoverslam.ocp.transcription.structure import StructureCache, lasting_text, read, structure_of, traced_key

_KEPT = Kept("executables", most=100_000_000)
COMPILED: StructureCache[Callable[..., Any]] = StructureCache()  # of the process: like functions are compiled once

Arrays = list[NDArray[np.float64]]


class Lifted(NamedTuple):
    """A function and the numbers that it carries.

    Attributes:
        key: Equal for functions that differ in their numbers alone.
        arrays: The numbers.
        rebuild: Returns the function with other numbers, which may be traced.
    """

    key: Hashable
    arrays: Arrays
    rebuild: Callable[[list[Any]], Callable[..., Any]]


def lifted(function: Callable[..., Any]) -> Lifted:
    """Return a function with the numbers taken out of the pytree (an equinox module) that it is a method of, if it is one."""
    owner = getattr(function, "__self__", None)
    leaves, tree = jax.tree_util.tree_flatten(owner)
    numeric = [isinstance(leaf, float | np.ndarray | jax.Array) for leaf in leaves]
    if owner is None or (len(leaves) == 1 and leaves[0] is owner):
        return Lifted(structure_of(function), [], lambda _: function)
    rest = tuple(None if n else structure_of(leaf) for n, leaf in zip(numeric, leaves, strict=True))
    name = function.__name__

    def rebuild(arrays: list[Any]) -> Callable[..., Any]:
        given = iter(arrays)
        full = [next(given) if n else leaf for n, leaf in zip(numeric, leaves, strict=True)]
        method: Callable[..., Any] = getattr(jax.tree_util.tree_unflatten(tree, full), name)
        return method

    arrays = [np.asarray(leaf, dtype=float) for n, leaf in zip(numeric, leaves, strict=True) if n]
    code = structure_of(getattr(function, "__func__", name))
    return Lifted((type(owner), name, code, tree, rest), arrays, rebuild)


class Packed(NamedTuple):
    """Containers of numbers as one flat vector.

    Attributes:
        key: Equal for containers of the same form.
        numbers: The numbers, flat.
        unpack: Returns the containers with the numbers of another flat vector, which may be traced.
    """

    key: Hashable
    numbers: NDArray[np.float64]
    unpack: Callable[[Any], Any]


def packed(containers: Any) -> Packed:
    """Return a pytree of numbers and arrays as one flat vector."""
    leaves, tree = jax.tree_util.tree_flatten(containers)
    shapes = tuple(np.shape(leaf) for leaf in leaves)
    lengths = [int(np.prod(shape)) for shape in shapes]

    def unpack(flat: Any) -> Any:
        pieces = zip(split(flat, lengths), shapes, strict=True)
        return jax.tree_util.tree_unflatten(tree, [piece.reshape(shape) for piece, shape in pieces])

    numbers = np.concatenate([np.zeros(0), *(np.ravel(np.asarray(leaf, dtype=float)) for leaf in leaves)])
    return Packed((tree, shapes), numbers, unpack)


def certain_key(
    key: Hashable, functions: Iterable[Callable[..., Any]], function: Callable[..., Any], *arguments: Any
) -> Hashable:
    """Return the key of a function: where it calls functions that may change unseen, with what it computes now.

    Args:
        key: Its key without that.
        functions: The functions that it calls.
        function: The function.
        arguments: Its arguments, or others of the same shapes.
    """
    if all(read(each).certain for each in functions):
        return key
    return key, traced_key(function, *arguments)


def value_of(method: Callable[..., Any], *arguments: Any) -> NDArray[np.float64]:
    """Return what a method gives for arrays. It is compiled as a whole: JAX would compile each of its operations alone.

    Args:
        method: A method of a module, which returns one array.
        arguments: Its arguments.
    """
    own = lifted(method)
    numbers = packed((own.arrays, arguments))

    def evaluate(flat: Any) -> Any:
        arrays, given = numbers.unpack(flat)
        return own.rebuild(arrays)(*given)

    key = certain_key(("value", own.key, numbers.key), [method], evaluate, numbers.numbers)
    return np.asarray(shared(evaluate, key, numbers.numbers)(numbers.numbers))


def shared(function: Callable[..., Any], key: Hashable, *arguments: Any) -> Callable[..., Any]:
    """Return the :func:`executable` of a key, the same for all callers of this process."""
    return COMPILED.get(key, lambda: executable(function, key, *arguments))


def executable(function: Callable[..., Any], key: Hashable, *arguments: Any) -> Callable[..., Any]:
    """Return a function compiled for arguments of the same shapes, read from disk if an earlier process compiled it.

    Args:
        function: A JAX function of arrays that returns one array.
        key: Equal only for functions that compute the same.
        arguments: Arrays of the shapes that it will get.
    """
    text = lasting_text(key)
    if text is None:
        return jax.jit(function)
    shapes = [f"{jax.numpy.shape(argument)}" for argument in arguments]
    digest = digest_of(["executable", text, *shapes, jax.default_backend(), _processor()])
    # Whatever is wrong with an entry, or with what JAX makes of it, the function can be compiled again.
    content = _KEPT.get(digest)
    if content is not None:
        with suppress(Exception):
            return _loaded(content, arguments)
    made = jax.jit(function).lower(*arguments).compile()
    with suppress(Exception):
        content = pickle.dumps(serialize_executable.serialize(made))
        _loaded(content, arguments)
        _KEPT.put(digest, content)
    return made


def _loaded(content: bytes, arguments: tuple[Any, ...]) -> Callable[..., Any]:
    """Return a serialised executable, after one call: what JAX itself took from a cache may be serialised incompletely.

    Raises:
        Exception: Of any kind, from JAX, for an executable that does not run.
    """
    found: Callable[..., Any] = serialize_executable.deserialize_and_load(*pickle.loads(content))
    jax.block_until_ready(found(*arguments))
    return found


@lru_cache(maxsize=1)
def _processor() -> str:
    """Return what the processor can do: an executable for another one may stop the process."""
    with suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return "\n".join(sorted({line for line in lines if line.startswith(("flags", "model name", "Features"))}))
    import platform

    return platform.processor()
