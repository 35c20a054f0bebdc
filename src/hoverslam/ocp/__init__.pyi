from . import math
from .answers.store import StoreError, problem_hash
from .answers.sweep import Sweep, SweepPoint, sweep
from .checks.verify import verify
from .multistart import Optima, Optimum, multistart
from .smooth_table import SmoothTable
from .solution import Costates, Diagnosis, PhaseSolution, Shortfall, Solution, SolveOutcome
from .solved import Solved, load, solve, solve_from
from .solving.carry import guess_from
from .solving.known import KnownPoint
from .statement.functions import StatementError
from .statement.mesh import Mesh
from .statement.names import Named, Variable
from .statement.options import Options, Tolerances
from .statement.phase import Guess, PathConstraint
from .statement.problem import Problem
from .transcription.translate import TranslationError, to_casadi, translate
from .verification import Optimality, Verification

__all__ = [
    "Costates",
    "Diagnosis",
    "Guess",
    "KnownPoint",
    "Mesh",
    "Named",
    "Optima",
    "Optimality",
    "Optimum",
    "Options",
    "PathConstraint",
    "PhaseSolution",
    "Problem",
    "Shortfall",
    "SmoothTable",
    "Solution",
    "SolveOutcome",
    "Solved",
    "StatementError",
    "StoreError",
    "Sweep",
    "SweepPoint",
    "Tolerances",
    "TranslationError",
    "Variable",
    "Verification",
    "guess_from",
    "load",
    "math",
    "multistart",
    "problem_hash",
    "solve",
    "solve_from",
    "sweep",
    "to_casadi",
    "translate",
    "verify",
]
