"""JAX functions compiled once: their executables are kept on disk between processes where their key allows it."""

import pickle
from collections.abc import Callable, Hashable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import jax
from jax.experimental import serialize_executable

from hoverslam.data.kept import Kept, digest_of
from hoverslam.ocp.transcription.structure import lasting_text

_KEPT = Kept("executables", most=100_000_000)


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
