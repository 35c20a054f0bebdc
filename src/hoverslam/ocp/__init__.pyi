from .answers.multistart import Optimum, multistart, ranking
from .answers.store import StoreError, load, problem_hash
from .answers.sweep import SweepPoint, sweep
from .checks.costates import Costates
from .checks.optimality import Optimality
from .checks.verify import Tolerances, Verification, verify
from .solution import Outcome, PhaseSolution, Solution
from .solving.diagnosis import Diagnosis, Shortfall
from .solving.solver import Options, guess_from, solve
from .statement.mesh import Mesh
from .statement.names import Named, Variable
from .statement.problem import Guess, PathConstraint, Problem, StatementError
from .transcription.translate import TranslationError, to_casadi, translate

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
