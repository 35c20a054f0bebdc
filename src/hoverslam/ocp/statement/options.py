"""Options of the solver (:class:`Options`), and the errors that a solution must not exceed (:class:`Tolerances`)."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Report = Callable[[str], None]  # receives one line of text for each step of a long computation


@dataclass(frozen=True)
class Tolerances:
    """Relative errors that a verified solution must not exceed.

    Attributes:
        refly: error of an independent re-flight at every phase end, and of boundary constraints.
        path: violation of any limit, also between nodes.
        mesh: error of the states in any interval; passes over finer meshes follow until it is met.
        kkt: residual of the optimality conditions of the transcribed problem.
        objective: estimated error of the objective; passes over finer meshes follow until it is met.
    """

    refly: float = 1e-6
    path: float = 1e-3
    mesh: float = 1e-7
    kkt: float = 1e-6
    objective: float = 1e-6


@dataclass(frozen=True)
class Options:
    """Options of the solver.

    Attributes:
        tolerance: IPOPT's tolerance on the scaled optimality conditions.
        max_iterations: Largest number of IPOPT iterations in a pass.
        max_passes: Largest number of mesh passes, the first included.
        tolerances: errors that the solution must not exceed; passes over finer meshes follow until then.
        verify: whether to re-fly the solution (and refine the mesh where that fails).
        smoothing: weight of squared control rates in the scaled objective, for piecewise linear controls. Small values
            (1e-6) determine controls that hardly change the objective; the reported objective never includes it.
        diagnose: whether to search for a feasible start when the first pass fails, and to name the limits that are missed
            where none is found (elastic solves from several guesses).
        time_limit: Largest wall-clock time of a solve (s). It is checked at every iteration of IPOPT and between passes;
            building a programme and one factorisation are not interrupted. The outcome says so where it was reached.
        print_level: IPOPT's own output (0 to 12).
        ipopt: further IPOPT options by their own names.
    """

    tolerance: float = 1e-8
    max_iterations: int = 1000
    max_passes: int = 16
    tolerances: Tolerances = field(default_factory=Tolerances)
    verify: bool = True
    smoothing: float = 0.0
    diagnose: bool = True
    time_limit: float = math.inf
    print_level: int = 0
    ipopt: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.time_limit > 0.0:
            raise ValueError(f"options: time_limit is {self.time_limit} s: give a time above zero, or leave it out")
