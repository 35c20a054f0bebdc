"""The verdict on a solved flight: the one place that decides whether it may be called a flight.

A solver that converged has met its equations on its mesh and no more. Only a solution that the independent re-flight
confirms is verified. Reports, JSON, rows and exit codes take their words from here.
"""

from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hoverslam.ocp.solution import Solution
    from hoverslam.ocp.verification import Verification


class Verdict(Enum):
    """What is known about a solution; the value is a phrase for the reader."""

    VERIFIED = "verified"
    NOT_VERIFIED = "not verified"
    NOT_SOLVED = "not solved"

    @property
    def heading(self) -> str:
        """The phrase as it stands at the head of a line: in capitals unless the flight is verified."""
        return self.value if self is Verdict.VERIFIED else self.value.upper()


def verdict_of(solution: "Solution") -> Verdict:
    """Return the verdict on a solution; without a re-flight it is not verified."""
    return verdict(solution.converged, passed(solution))


def verdict(converged: bool, confirmed: bool) -> Verdict:
    """Return the verdict from whether the solver converged and whether the checks confirm the flight."""
    if not converged:
        return Verdict.NOT_SOLVED
    return Verdict.VERIFIED if confirmed else Verdict.NOT_VERIFIED


def passed(solution: "Solution") -> bool:
    """Return whether the solver converged and the independent re-flight confirms the solution."""
    return solution.converged and solution.verification is not None and solution.verification.passed


def verdict_message(solution: "Solution") -> str:
    """Return the verdict in a sentence, with the reason where the solution is not verified."""
    found = verdict_of(solution)
    if found is Verdict.NOT_SOLVED:
        return f"{found.value}: {solution.message}"
    if found is Verdict.NOT_VERIFIED:
        return f"{found.value}: {doubt(solution.verification)}"
    return found.value


def doubt(check: "Verification | None") -> str:
    """Return what a verification found wrong, each figure with its tolerance; that there is none, if there is none."""
    if check is None:
        return "it was not flown again"
    t, o = check.tolerances, check.optimality
    figures = [
        ("the re-flight misses a phase end by", check.refly_error, t.refly),
        ("a boundary constraint is missed by", check.boundary_violation, t.refly),
        ("a limit is violated between nodes by", check.path_violation, t.path),
        ("states are off between nodes by", check.mesh_error, t.mesh),
        ("the objective may be off by", check.objective_error.relative, t.objective),
        ("the optimality conditions have a residual of", max(o.kkt, o.transversality), t.kkt),
    ]
    wrong = [f"{what} {value:.1e} (allowed {most:.0e})" for what, value, most in figures if not value < most]
    return "; ".join(wrong) or "the checks do not confirm it"
