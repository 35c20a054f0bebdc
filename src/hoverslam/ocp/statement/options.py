"""How hard a problem is solved (:class:`Options`) and how accurate its solution must be (:class:`Tolerances`)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Report = Callable[[str], None]  # receives one line of text for each step of a long computation


@dataclass(frozen=True)
class Tolerances:
    """What a verified solution meets, all relative.

    Attributes:
        refly: error of an independent re-flight at every phase end, and of boundary constraints.
        path: violation of any limit, between nodes too.
        mesh: error of the states in any interval; passes over finer meshes go on until it is met.
        kkt: residual of the optimality conditions of the transcribed problem.
    """

    refly: float = 1e-6
    path: float = 1e-3
    mesh: float = 1e-7
    kkt: float = 1e-6


@dataclass(frozen=True)
class Options:
    """How hard to try.

    Attributes:
        tolerance: IPOPT's tolerance on the scaled optimality conditions.
        max_iterations: IPOPT's limit, a pass.
        max_passes: mesh passes, the first included.
        tolerances: what the solution must meet; passes over finer meshes follow until it does.
        verify: whether to re-fly the solution (and refine the mesh where that fails).
        smoothing: weight on squared control rates added to the scaled objective of piecewise linear controls; zero adds
            nothing. Small values (1e-6) settle controls that hardly matter; the reported objective never includes it.
        diagnose: whether to ask, when nothing is found, which limits cannot be met (an elastic solve).
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
    print_level: int = 0
    ipopt: dict[str, Any] = field(default_factory=dict)
