"""Correlations between dispersions of one number, and the check that they form a positive definite matrix.

A correlation holds between the standard normal variables from which the two dispersions are made.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from hoverslam.data.errors import did_you_mean, shown
from hoverslam.data.figures import Figure, Range, Section, Text


class Correlation(Section):
    """The correlation of two dispersions of one number each."""

    first: Text
    second: Text
    coefficient: Annotated[Figure, Range(-1, 1, closed=True)]


def correlation_matrix(names: Sequence[str], pairs: Sequence[Correlation]) -> NDArray[np.float64]:
    """Return the correlation matrix ``(n, n)`` of the dispersions ``names``, in their order."""
    matrix = np.eye(len(names))
    for pair in pairs:
        i, j = names.index(pair.first), names.index(pair.second)
        matrix[i, j] = matrix[j, i] = pair.coefficient.value
    return matrix


def mistakes_in(pairs: Sequence[Correlation], known: Sequence[str]) -> list[tuple[str, str, str]]:
    """Return the mistakes in a list of correlations: key, value and remedy of each.

    Args:
        pairs: The correlations.
        known: The names that a correlation may use, in the order of the table.
    """
    found = [mistake for number in range(len(pairs)) for mistake in _wrong_with(pairs, number, known)]
    return found or list(_not_definite(pairs, known))


def _wrong_with(pairs: Sequence[Correlation], number: int, known: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Yield what is wrong with one correlation by itself."""
    key, pair = f"correlations[{number}]", pairs[number]
    for end, name in (("first", pair.first), ("second", pair.second)):
        if name not in known:
            yield (f"{key}.{end}", shown(name), f"not a dispersion of one number, {did_you_mean(name, known)}")
    if pair.first == pair.second:
        yield (key, _pair(pair), "a dispersion is not correlated with itself: name two")
    if any({pair.first, pair.second} == {other.first, other.second} for other in pairs[:number]):
        yield (key, _pair(pair), "given twice: keep one")


def _not_definite(pairs: Sequence[Correlation], known: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Yield the correlation to change if the matrix is not positive definite.

    It is the last one whose change makes the matrix definite, or else the first with which it becomes indefinite.
    """
    named = {name for pair in pairs for name in (pair.first, pair.second)}
    names = [name for name in known if name in named]
    if _definite(correlation_matrix(names, pairs)):
        return
    for number in reversed(range(len(pairs))):
        allowed = _allowed(names, [*pairs[:number], *pairs[number + 1 :]], pairs[number])
        if allowed is not None:
            fix = "must lie between {:.3g} and {:.3g} for the correlations to be positive definite".format(*allowed)
            yield _about(pairs, number, fix)
            return
    number = next(n for n in range(len(pairs)) if not _definite(correlation_matrix(names, pairs[: n + 1])))
    yield _about(pairs, number, "the correlations up to this one are not positive definite: bring it closer to 0")


def _pair(pair: Correlation) -> str:
    return f"{pair.first} and {pair.second}"


def _about(pairs: Sequence[Correlation], number: int, fix: str) -> tuple[str, str, str]:
    pair = pairs[number]
    return (f"correlations[{number}].coefficient", f"{_pair(pair)} {pair.coefficient.value:g}", fix)


def _definite(matrix: NDArray[np.float64]) -> bool:
    try:
        np.linalg.cholesky(matrix)
    except np.linalg.LinAlgError:
        return False
    return True


def _allowed(names: Sequence[str], given: Sequence[Correlation], pair: Correlation) -> tuple[float, float] | None:
    """Return the open interval of coefficients of ``pair`` that are positive definite beside ``given``; None if empty.

    With c_i and c_j the correlations of the two with the others, whose matrix is S, the determinant is positive while
    (r - c_i'S^-1 c_j)^2 < (1 - c_i'S^-1 c_i)(1 - c_j'S^-1 c_j).
    """
    matrix = correlation_matrix(names, given)
    ends = [names.index(pair.first), names.index(pair.second)]
    if not all(_definite(np.delete(np.delete(matrix, end, 0), end, 1)) for end in ends):
        return None
    others = [n for n in range(len(names)) if n not in ends]
    cross = matrix[np.ix_(others, ends)]
    taken = cross.T @ np.linalg.solve(matrix[np.ix_(others, others)], cross)
    reach = np.sqrt((1.0 - taken[0, 0]) * (1.0 - taken[1, 1]))
    return float(taken[0, 1] - reach), float(taken[0, 1] + reach)
