"""Keys by structure, and a bounded cache: like functions of like problems are translated and compiled once.

Two functions are alike if they have the same code and refer to equal values: defaults, closure, the object that a method
belongs to, and the globals that they name. Where that cannot be told (an object of an unknown kind), the object itself is
part of the key. It is then alike only to itself, and the key keeps it alive.
"""

import dataclasses
import functools
import types
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Generic, TypeVar

import jax
import numpy as np

T = TypeVar("T")

CAPACITY = 64  # entries of a cache; a launch has about ten kinds of phases
# Functions of these libraries do not change while a process runs: the values that they refer to are not compared.
_LIBRARIES = frozenset({"jax", "jaxlib", "numpy", "scipy", "equinox", "casadi", "builtins", "math"})


class StructureCache(Generic[T]):
    """A mapping of bounded size: the least recently used entry is removed when it is full.

    Args:
        capacity: Largest number of entries.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._made: OrderedDict[Hashable, T] = OrderedDict()
        self._capacity = capacity

    def __len__(self) -> int:
        """Return the number of entries."""
        return len(self._made)

    def __contains__(self, key: Hashable) -> bool:
        """Return whether there is an entry of ``key``."""
        return key in self._made

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return the entry of ``key``; if there is none, add the one that ``make`` returns."""
        if key in self._made:
            self._made.move_to_end(key)
            return self._made[key]
        made = make()
        self._made[key] = made
        while len(self._made) > self._capacity:
            self._made.popitem(last=False)
        return made

    def clear(self) -> None:
        """Remove every entry."""
        self._made.clear()


class _Itself:
    """A key that equals only a key of the same object, which it keeps alive."""

    def __init__(self, value: object) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Itself) and other.value is self.value

    def __hash__(self) -> int:
        return hash((type(self.value), id(self.value)))


def structure_of(value: object) -> Hashable:
    """Return a key that is equal for two values that give the same result in a traced function."""
    return _Walk().key(value)


class _Walk:
    """One recursive traversal of a value; an object met again is represented by its position, so that cycles end."""

    def __init__(self) -> None:
        self.met: dict[int, int] = {}
        self.kept: list[object] = []  # keeps visited objects alive, so that no id is reused

    def key(self, value: object) -> Hashable:
        if value is None or isinstance(value, bool | int | str | bytes | np.dtype | types.EllipsisType):
            return type(value), value
        if isinstance(value, float | complex):
            return type(value), repr(value)  # distinguishes -0.0 from 0.0, and makes all NaN equal
        if isinstance(value, jax.core.Tracer | type | types.ModuleType):
            return _Itself(value)
        if isinstance(value, np.ndarray | np.generic | jax.Array):
            array = np.asarray(value)
            if array.dtype == object:
                return _Itself(value)
            weak = bool(getattr(value, "weak_type", False))
            return type(value), array.dtype, array.shape, array.tobytes(), weak
        if id(value) in self.met:
            return "met", self.met[id(value)]
        self.met[id(value)] = len(self.met)
        self.kept.append(value)
        return self._key_of_object(value)

    def _key_of_object(self, value: object) -> Hashable:
        if isinstance(value, types.FunctionType):
            return self._function(value)
        if isinstance(value, types.MethodType):
            return "method", self.key(value.__func__), self.key(value.__self__)
        if isinstance(value, functools.partial):
            return "partial", self.key(value.func), self.key(value.args), self.key(value.keywords)
        if type(value) in (tuple, list):
            return type(value), tuple(map(self.key, value))  # type: ignore[call-overload]
        if type(value) is dict:
            return dict, tuple((self.key(name), self.key(item)) for name, item in value.items())
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            contents = {field.name: getattr(value, field.name, None) for field in dataclasses.fields(value)}
            extra = {name: item for name, item in getattr(value, "__dict__", {}).items() if name not in contents}
            return type(value), self.key(contents), self.key(extra)
        leaves, tree = jax.tree_util.tree_flatten(value)
        if (len(leaves) == 1 and leaves[0] is value) or not _is_hashable(tree):
            return _Itself(value)
        return tree, tuple(map(self.key, leaves))

    def _function(self, function: types.FunctionType) -> Hashable:
        module = function.__module__ or ""
        if module.partition(".")[0] in _LIBRARIES:
            return _Itself(function)
        closure = tuple(self._cell(cell) for cell in function.__closure__ or ())
        defaults = self.key(function.__defaults__), self.key(function.__kwdefaults__)
        named = tuple((name, self.key(value)) for name, value in _globals_of(function))
        return "function", module, function.__qualname__, function.__code__, closure, defaults, named

    def _cell(self, cell: types.CellType) -> Hashable:
        try:
            return self.key(cell.cell_contents)
        except ValueError:  # not assigned yet
            return "empty"


def _is_hashable(value: object) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True


@functools.lru_cache(maxsize=1024)
def _names_of(code: types.CodeType) -> tuple[str, ...]:
    """Return the names that a function's code and the functions inside it refer to."""
    inner = (constant for constant in code.co_consts if isinstance(constant, types.CodeType))
    return tuple(dict.fromkeys([*code.co_names, *(name for each in inner for name in _names_of(each))]))


def _globals_of(function: types.FunctionType) -> Iterator[tuple[str, object]]:
    """Yield name and value of the globals that a function uses, and of the attributes that it uses of global modules."""
    names = _names_of(function.__code__)
    space: Mapping[str, object] = function.__globals__
    for name in names:
        if name not in space:
            continue
        value = space[name]
        yield name, value
        if isinstance(value, types.ModuleType) and value.__name__.partition(".")[0] not in _LIBRARIES:
            yield from ((f"{name}.{each}", vars(value)[each]) for each in names if each in vars(value))
