"""Whether a landing that was solved on the mesh of another one keeps the succession of arcs that is best for itself."""

import numpy as np

from hoverslam.ocp.solved import Solved

# Largest spread of the Hamiltonian over its largest term. Above it, the mesh is that of another landing, which costs about
# a ten-thousandth of the propellant.
HAMILTONIAN_SPREAD = 5e-4
SIGN_TOLERANCE = 1e-3  # of the largest multiplier of a limit; a wrong sign below this is rounding


def multipliers_have_right_signs(solution: Solved) -> bool:
    """Return whether every limit that is fixed at its bound along an arc has a multiplier of the right sign there.

    A warm solve keeps the succession of arcs of the landing that it starts from. Where another succession is better the
    solve still converges, is verified and satisfies the other conditions of optimality. Only the sign of a multiplier
    shows that a limit should not be active.
    """
    if not solution.converged:
        return False
    for name, part in solution.phases.items():
        if not part.mesh.pins:
            continue
        arcs, gains = part.mesh.arc_of[part.mesh.interval_of], -solution.problem.sense * solution.costates(name).path
        for pin in part.mesh.pins:
            if pin.kind not in ("path", "touch"):
                continue
            gain = gains[arcs == pin.arc, pin.index] * (1.0 if pin.upper else -1.0)
            gain = gain[-1:] if pin.kind == "touch" else gain
            if np.min(gain) < -SIGN_TOLERANCE * np.max(np.abs(gains[:, pin.index])):
                return False
    return True


def hamiltonian_is_constant(solution: Solved) -> bool:
    """Return whether the Hamiltonian is nearly constant along each phase, as it is in an optimum without air."""
    found = [solution.costates(name) for name in solution.phases]
    return all(np.ptp(c.hamiltonian) < HAMILTONIAN_SPREAD * np.max(c.terms) for c in found)


def keeps_its_arcs(solution: Solved, in_air: bool) -> bool:
    """Return whether the arcs of the mesh suit the landing: multipliers have the right signs, and without air the
    Hamiltonian is constant."""
    return multipliers_have_right_signs(solution) and (in_air or hamiltonian_is_constant(solution))
