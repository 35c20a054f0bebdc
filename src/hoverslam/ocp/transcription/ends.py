"""Objective and boundary constraints as functions of the variables at the phases' ends, differentiated twice."""

from dataclasses import dataclass

import casadi as ca

from hoverslam.ocp.transcription.stored_functions import StoredFunctions, stored_or_made
from hoverslam.ocp.transcription.structure import StructureCache
from hoverslam.ocp.transcription.translate import Traced


@dataclass(frozen=True)
class EndFunctions(StoredFunctions):
    """CasADi functions of the phases' ends.

    Arguments of each are the physical variables at the ends and the given parameters. ``value`` gives objective and boundary
    constraints, ``jacobian`` the entries of their slopes. ``hessian`` takes the weight of the objective and the multipliers
    of the constraints as well, and gives the entries of the lower triangle.
    """

    value: ca.Function
    jacobian: ca.Function
    hessian: ca.Function
    gradient_sparsity: ca.Sparsity
    jacobian_sparsity: ca.Sparsity
    hessian_sparsity: ca.Sparsity


_MADE: StructureCache[EndFunctions] = StructureCache()  # of the process


def end_functions(traced: Traced, ends: int, given: int) -> EndFunctions:
    """Return the functions of a traced ``(ends, given) -> (objective, constraints)``, whose result is flat.

    Args:
        traced: The function.
        ends: Length of the vector of variables at the ends.
        given: Length of the vector of given parameters.
    """
    key = traced.key
    return _MADE.get(key, lambda: stored_or_made(EndFunctions, key, lambda: _differentiated(traced, ends, given)))


def _differentiated(traced: Traced, ends: int, given: int) -> EndFunctions:
    at, p = ca.SX.sym("e", ends), ca.SX.sym("p", given)
    outputs = traced.translated(at, p)
    objective, constraints = ca.vertsplit(outputs, [0, 1, outputs.shape[0]])
    multipliers, weight = ca.SX.sym("lam", constraints.shape[0]), ca.SX.sym("sigma")
    gradient, jacobian = ca.jacobian(objective, at), ca.jacobian(constraints, at)
    hessian = ca.tril(ca.hessian(weight * objective + ca.dot(multipliers, constraints), at)[0])
    slopes = ca.cse([ca.vec(gradient.nz[:]), ca.vec(jacobian.nz[:])])
    return EndFunctions(
        ca.Function("ends", [at, p], list(ca.cse([objective, constraints]))),
        ca.Function("ends_jacobian", [at, p], slopes),
        ca.Function("ends_hessian", [at, p, weight, multipliers], ca.cse([ca.vec(hessian.nz[:])])),
        gradient.sparsity(),
        jacobian.sparsity(),
        hessian.sparsity(),
    )
