"""Sparse matrices between SciPy and CasADi, and matrices gathered from vectors of symbolic entries."""

from typing import Any, NamedTuple

import casadi as ca
import numpy as np
import scipy.sparse as sp


def to_scipy(sparsity: ca.Sparsity, values: np.ndarray) -> Any:
    """Return a SciPy sparse matrix from a CasADi pattern and its values."""
    return sp.csc_array((values, np.array(sparsity.row()), np.array(sparsity.colind())), sparsity.shape)


def constant(matrix: Any, shape: tuple[int, int]) -> ca.DM:
    """Return a SciPy sparse matrix as a CasADi constant."""
    m = matrix.tocsc()
    m.sort_indices()
    return ca.DM(ca.Sparsity(shape[0], shape[1], m.indptr.tolist(), m.indices.tolist()), m.data)


class Entries(NamedTuple):
    """Terms of a sparse matrix: row, column, which value (-1 for the constant one), factor."""

    rows: np.ndarray
    columns: np.ndarray
    sources: np.ndarray
    factors: np.ndarray


def gather(shape: tuple[int, int], terms: Entries, values: Any) -> Any:
    """Return the sparse matrix whose entries are sums of ``factor * values[source]``."""
    rows, columns, sources, factors = terms
    order = np.lexsort((rows, columns))
    rows, columns, sources, factors = rows[order], columns[order], sources[order], factors[order]
    new = np.concatenate([[True], (np.diff(rows) != 0) | (np.diff(columns) != 0)]) if len(rows) else np.zeros(0, bool)
    slot = np.cumsum(new) - 1
    count = int(slot[-1]) + 1 if len(slot) else 0
    fixed = sources < 0
    known = np.bincount(slot[fixed], weights=factors[fixed], minlength=count)
    scatter = sp.csc_array((factors[~fixed], (slot[~fixed], sources[~fixed])), (count, values.shape[0]))
    entries = constant(scatter, scatter.shape) @ values
    if fixed.any():
        entries = entries + known
    colind = np.concatenate([[0], np.cumsum(np.bincount(columns[new], minlength=shape[1]))])
    sparsity = ca.Sparsity(shape[0], shape[1], colind.tolist(), rows[new].tolist())
    return ca.MX(sparsity, ca.densify(entries))
