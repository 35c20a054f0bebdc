"""Functions of a statement: how they want to be called, and what goes wrong in them, told with place and remedy.

Every function that a user states is traced: its arguments are JAX arrays without values. What cannot be done with such
arrays raises an error that names neither the phase nor a remedy; :func:`telling` turns it into one line that does.
"""

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import jax

TIME_NAMES = ("t", "time")
"""Names by which an argument with a default value, or one that is given by keyword, is taken for the time."""

_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


class StatementError(ValueError):
    """A mistake in the statement of a problem; the message names the phase, the variable and what is expected."""


def check_arguments(function: Any, where: str, arguments: tuple[str, ...], with_time: bool = False) -> None:
    """Refuse a function that cannot be called as it will be, or whose signature does not tell how to call it.

    Args:
        function: The function.
        where: Its place, for the message.
        arguments: What it gets, such as ``("state", "control", "inputs")``.
        with_time: Whether it may take the time as well.

    Raises:
        StatementError: If it is no function, or takes other arguments.
    """
    if not callable(function):
        raise StatementError(f"{where}: expected a function of ({', '.join(arguments)}), not {function!r}")
    parameters = _parameters(function)
    if parameters is None:
        return
    if with_time:
        time_argument(function, where)
    allowed = f"({', '.join(arguments)}{', t' if with_time else ''})"
    unnamed = [p.name for p in parameters if p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    if unnamed:
        raise StatementError(
            f"{where}: the function takes *{unnamed[0]}, which does not tell its arguments: write {allowed}"
        )
    positional = [p for p in parameters if p.kind in _POSITIONAL]
    required = sum(p.default is p.empty for p in positional)
    most = len(arguments) + with_time
    if len(positional) < len(arguments) or required > most:
        own = ", ".join(p.name for p in positional)
        raise StatementError(f"{where}: the function takes ({own}), expected {allowed}")
    needed = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY and p.default is p.empty]
    needed = [name for name in needed if not (with_time and name in TIME_NAMES)]
    if needed:
        raise StatementError(f"{where}: nothing gives the argument {needed[0]!r} of the function; it gets {allowed}")


def time_argument(function: Callable[..., Any], where: str = "a function") -> str | None:
    """Return how a function along a phase takes the time: ``"position"``, the name of a keyword argument, or None.

    A fourth positional argument is the time. One with a default value must be named ``t`` or ``time``; under another name
    it could be the time or a constant, and is refused. An argument after ``*`` is the time if it has one of these names.

    Raises:
        StatementError: If that cannot be told.
    """
    parameters = _parameters(function)
    if parameters is None:
        return None
    positional = [p for p in parameters if p.kind in _POSITIONAL]
    by_name = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY and p.name in TIME_NAMES]
    if len(positional) < 4:
        return by_name[0] if by_name else None
    fourth = positional[3]
    if fourth.default is not fourth.empty and fourth.name not in TIME_NAMES:
        raise StatementError(
            f"{where}: the fourth argument {fourth.name!r} has a default value: name it t if it is the time, "
            f"or write it after * if it is a constant (*, {fourth.name}=...)"
        )
    return "position"


def call(function: Callable[..., Any], state: Any, control: Any, inputs: Any, time: Any) -> Any:
    """Call one of a phase's functions, with the time if it takes it."""
    how = time_argument(function)
    if how is None:
        return function(state, control, inputs)
    if how == "position":
        return function(state, control, inputs, time)
    return function(state, control, inputs, **{how: time})


def _parameters(function: Any) -> list[inspect.Parameter] | None:
    """Return the parameters of a function, without those that a partial has bound by keyword; None if not known."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return None
    bound = set(getattr(function, "keywords", None) or {})
    return [p for p in parameters if not (p.name in bound and p.kind is p.KEYWORD_ONLY)]


@contextmanager
def telling(where: str) -> Iterator[None]:
    """Turn an error of a user's function into a :class:`StatementError` of one line, with place and remedy.

    Args:
        where: The phase and the function.

    Raises:
        StatementError: For any error inside the context; the first one is its cause.
    """
    try:
        yield
    except StatementError:
        raise
    except Exception as error:
        raise StatementError(f"{where}: {_told(error)}") from error


def _told(error: Exception) -> str:
    """Return one line for an error: what happened and, for errors of traced values, what to write instead."""
    place = _source_line(error)
    at = f" (at {place})" if place else ""
    if isinstance(error, jax.errors.TracerBoolConversionError):
        return f"Python's if, and, or, while and min or max need a value that is known only during the solve{at}: {_IF}"
    if isinstance(error, jax.errors.TracerArrayConversionError):
        return f"NumPy or SciPy was called with a value that is known only during the solve{at}: {_NUMPY}"
    if isinstance(error, jax.errors.TracerIntegerConversionError | jax.errors.NonConcreteBooleanIndexError):
        return f"an index or a count depends on a value that is known only during the solve{at}: {_TABLE}"
    if isinstance(error, jax.errors.ConcretizationTypeError):
        return f"float(), int() or the math module was called with a value that is known only during the solve{at}: {_NUMPY}"
    if isinstance(error, AttributeError):
        return f"{error}{at}"
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}{at}"


_IF = "write jnp.where or hoverslam.ocp.math.select"
_TABLE = "for a table write hoverslam.ocp.SmoothTable(x, y)"
_NUMPY = f"write jnp instead of np or math; {_TABLE}"


def _source_line(error: BaseException) -> str:
    """Return file and line of the innermost call in code that belongs neither to JAX nor to NumPy nor to this package."""
    found, trace = "", error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename.replace("\\", "/")
        if not any(
            part in name for part in ("/jax/", "/numpy/", "/scipy/", "/hoverslam/ocp/", "/contextlib.py", "<frozen")
        ):
            found = f"{name.rpartition('/')[2]}:{trace.tb_lineno}"
        trace = trace.tb_next
    return found
