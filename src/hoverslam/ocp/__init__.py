"""The optimal-control engine, independent of rockets: state a problem, transcribe, solve, verify."""

import jax

jax.config.update("jax_enable_x64", True)

from hoverslam.ocp._costates import Costates  # noqa: E402 - after double precision
from hoverslam.ocp._optimality import Optimality  # noqa: E402
from hoverslam.ocp._translate import TranslationError, to_casadi, translate  # noqa: E402
from hoverslam.ocp.diagnosis import Diagnosis, Shortfall  # noqa: E402
from hoverslam.ocp.mesh import Mesh  # noqa: E402
from hoverslam.ocp.multistart import Optimum, multistart, ranking  # noqa: E402
from hoverslam.ocp.names import Named, Variable  # noqa: E402
from hoverslam.ocp.problem import Guess, PathConstraint, Problem, StatementError  # noqa: E402
from hoverslam.ocp.solution import Outcome, PhaseSolution, Solution  # noqa: E402
from hoverslam.ocp.solver import Options, guess_from, solve  # noqa: E402
from hoverslam.ocp.store import StoreError, load, problem_hash  # noqa: E402
from hoverslam.ocp.sweep import SweepPoint, sweep  # noqa: E402
from hoverslam.ocp.verify import Tolerances, Verification, verify  # noqa: E402

__all__ = [
    "Costates",
    "Diagnosis",
    "Guess",
    "Mesh",
    "Named",
    "Optimality",
    "Optimum",
    "Options",
    "Outcome",
    "PathConstraint",
    "PhaseSolution",
    "Problem",
    "Shortfall",
    "Solution",
    "StatementError",
    "StoreError",
    "SweepPoint",
    "Tolerances",
    "TranslationError",
    "Variable",
    "Verification",
    "guess_from",
    "load",
    "multistart",
    "problem_hash",
    "ranking",
    "solve",
    "sweep",
    "to_casadi",
    "translate",
    "verify",
]
