"""Keys by structure, and a bounded cache: like functions of like problems are translated and compiled once.

Two functions are alike if they have the same code and refer to equal values: defaults, closure, the object that a method
belongs to, and the globals that they name. An object of an unknown kind is alike only to itself, and the key keeps it alive.

Such an object may change, and so may what the methods of a user's class refer to. A reading that met one of them is not
``certain``: whoever caches by it must add the traced function (its operations and constants) to the key.

JAX caches too: what it has traced inside ``jit``, ``scan`` and ``cond``. Where a function or a class that was met before now
refers to other numbers, JAX's caches are cleared, so that it is traced again.
"""

import dataclasses
import dis
import functools
import types
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar
from weakref import WeakKeyDictionary

import jax
import numpy as np

T = TypeVar("T")

CAPACITY = 64  # entries of a cache; a launch has about ten kinds of phases
# Functions of these libraries do not change while a process runs: the values that they refer to are not compared.
_LIBRARIES = frozenset({"jax", "jaxlib", "numpy", "scipy", "equinox", "casadi", "builtins", "math", "functools"})
_TRUSTED = _LIBRARIES | {"hoverslam", "typing", "types", "collections"}  # nor do these classes, modules and objects
_OWN_CODE = str(Path(__file__).parents[2])  # the folder of this package
_DYNAMIC = frozenset({"globals", "eval", "exec", "__import__"})  # what they refer to cannot be told from the code


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


class Reading(NamedTuple):
    """The key of a value, and whether equal keys are certain to mean that traced functions give equal results."""

    key: Hashable
    certain: bool


def read(value: object) -> Reading:
    """Return the key of a value and whether it is certain; clear JAX's caches if a function refers to other numbers now."""
    walk = _Walk()
    key = walk.key(value)
    if walk.changed:
        jax.clear_caches()
    return Reading(key, walk.certain)


def structure_of(value: object) -> Hashable:
    """Return a key that is equal for two values that give the same result in a traced function, if it is certain."""
    return read(value).key


class _NotLasting(Exception):
    """A part of a key means something in this process only."""


def lasting_text(key: Hashable) -> str | None:
    """Return a key as text that means the same in another process with the same code of this package and its libraries.

    None where there is no such text: the key refers to an object of this process, or to a function or class of other code.
    """
    try:
        return _text(key)
    except _NotLasting:
        return None


def _text(key: object) -> str:
    if key is None or isinstance(key, bool | int | str | bytes | np.dtype):
        return f"{type(key).__name__} {key!r}"
    if isinstance(key, tuple):
        return f"({', '.join(map(_text, key))})"
    if isinstance(key, types.CodeType):
        if not key.co_filename.startswith(_OWN_CODE):
            raise _NotLasting
        # Two functions may stand in one line: their code tells them apart.
        own = f"{key.co_code.hex()} {key.co_names} {[c for c in key.co_consts if not isinstance(c, types.CodeType)]}"
        return f"code {key.co_filename.removeprefix(_OWN_CODE)} {key.co_qualname} {key.co_firstlineno} {own}"
    if isinstance(key, jax.tree_util.PyTreeDef):
        text = str(key)
        if " at 0x" in text:
            raise _NotLasting
        return text
    if isinstance(key, _Itself):
        return _text_of_object(key.value)
    if isinstance(key, type):
        return _text_of_object(key)
    raise _NotLasting


def _text_of_object(value: Any) -> str:
    """Return the name of a module, class or function of this package or of a library, or the names in an annotation."""
    if isinstance(value, types.GenericAlias | types.UnionType):
        named = map(_text_of_object, (getattr(value, "__origin__", type(value)), *value.__args__))
        return f"{type(value).__name__} ({', '.join(named)})"
    if isinstance(value, types.ModuleType):
        name = value.__name__
    elif isinstance(value, type | types.FunctionType | types.BuiltinFunctionType | np.ufunc):
        name = f"{getattr(value, '__module__', None) or 'numpy'}.{value.__qualname__}"
    else:
        raise _NotLasting
    if name.partition(".")[0] not in _TRUSTED or "<locals>" in name:
        raise _NotLasting
    return f"{type(value).__name__} {name}"


def traced_key(function: Callable[..., Any], *arguments: Any) -> Hashable:
    """Return the operations and constants of a function as traced with ``arguments``, as a key."""
    return key_of_traced(jax.make_jaxpr(function)(*arguments))


def key_of_traced(closed: Any) -> Hashable:
    """Return the operations and constants of a traced function as a key."""
    constants = tuple((np.asarray(c).dtype.str, np.shape(c), np.asarray(c).tobytes()) for c in closed.consts)
    return str(closed.jaxpr), constants


_MET: WeakKeyDictionary[Any, int] = (
    WeakKeyDictionary()
)  # functions and classes, with a hash of the numbers that they had


class _Walk:
    """One recursive traversal of a value; an object met again is represented by its position, so that cycles end."""

    def __init__(self) -> None:
        self.met: dict[int, int] = {}
        self.kept: list[object] = []  # keeps visited objects alive, so that no id is reused
        self.certain, self.changed = True, False

    def key(self, value: object) -> Hashable:
        if value is None or isinstance(value, bool | int | str | bytes | np.dtype | types.EllipsisType):
            return type(value), value
        if isinstance(value, float | complex):
            return type(value), repr(value)  # distinguishes -0.0 from 0.0, and makes all NaN equal
        if isinstance(value, jax.core.Tracer):
            return _Itself(value)
        if isinstance(value, type | types.ModuleType):
            self._doubt(value)
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
        if isinstance(value, types.BuiltinFunctionType):
            return _Itself(value)
        self._doubt(type(value))
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
            return self._unknown(value)
        return tree, tuple(map(self.key, leaves))

    def _unknown(self, value: object) -> Hashable:
        """Return the key of an object of an unknown kind. JAX's and Python's wrappers are known by what they wrap."""
        wrapped = getattr(value, "__wrapped__", None)
        if wrapped is not None:
            return _Itself(value), self.key(wrapped)
        if _root(type(value)) not in _TRUSTED:
            self.certain = False
            contents = getattr(value, "__dict__", {})
            self._compare(value, _numbers(contents))
            return _Itself(value), tuple((name, self.key(item)) for name, item in contents.items())
        return _Itself(value)

    def _doubt(self, place: object) -> None:
        """Note a class or a module that a user may change."""
        if _root(place) in _TRUSTED:
            return
        self.certain = False
        for each in getattr(place, "__mro__", ()):
            if _root(each) not in _TRUSTED:
                self._compare(each, _numbers(vars(each)))

    def _compare(self, owner: object, numbers: int) -> None:
        """Note whether a function or a class that was met before has other numbers now."""
        try:
            before = _MET.get(owner)
            _MET[owner] = numbers
        except TypeError:  # no weak references
            return
        self.changed = self.changed or before not in (None, numbers)

    def _function(self, function: types.FunctionType) -> Hashable:
        module = function.__module__ or ""
        if module.partition(".")[0] in _LIBRARIES:
            return _Itself(function)
        closure = tuple(self._cell(cell) for cell in function.__closure__ or ())
        defaults = self.key(function.__defaults__), self.key(function.__kwdefaults__)
        values = list(_globals_of(function))
        named = tuple((name, self.key(value)) for name, value in values)
        if module.partition(".")[0] not in _TRUSTED:
            self.certain = self.certain and not _is_dynamic(function.__code__)
            cells = {f"cell {i}": _content(cell) for i, cell in enumerate(function.__closure__ or ())}
            self._compare(function, _numbers(dict(values) | cells))
        return "function", module, function.__qualname__, function.__code__, closure, defaults, named

    def _cell(self, cell: types.CellType) -> Hashable:
        return self.key(_content(cell))


def _content(cell: types.CellType) -> object:
    try:
        return cell.cell_contents
    except ValueError:
        return "not assigned yet"


def _root(place: object) -> str:
    """Return the package of a class or a module."""
    name = place.__name__ if isinstance(place, types.ModuleType) else getattr(place, "__module__", "")
    return str(name).partition(".")[0]


def _numbers(values: Mapping[str, object]) -> int:
    """Return a hash of the numbers, texts and arrays among some values, and of those in their lists and dictionaries."""
    plain = (bool, int, float, complex, str, np.ndarray, np.generic, jax.Array, tuple, list, dict, type(None))
    chosen = {name: value for name, value in values.items() if isinstance(value, plain) and not name.startswith("__")}
    return hash(_Plain().key(chosen))


class _Plain(_Walk):
    """A traversal of numbers and their containers alone; anything else has a key of its type."""

    def _key_of_object(self, value: object) -> Hashable:
        kind = type(value)
        return super()._key_of_object(value) if kind in (tuple, list, dict) else (kind.__module__, kind.__qualname__)

    def _doubt(self, place: object) -> None:
        pass


def _is_hashable(value: object) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True


@functools.lru_cache(maxsize=1024)
def _is_dynamic(code: types.CodeType) -> bool:
    """Return whether a function's code imports something or looks up names in ways that cannot be followed."""
    inner = (constant for constant in code.co_consts if isinstance(constant, types.CodeType))
    imports = any(step.opname == "IMPORT_NAME" for step in dis.get_instructions(code))
    return imports or not _DYNAMIC.isdisjoint(code.co_names) or any(map(_is_dynamic, inner))


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
