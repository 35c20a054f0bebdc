"""Solver options of landings: tolerances, and the barrier parameters and smoothing that are tried one after the other."""

from hoverslam.flights.craft.lander import Lander
from hoverslam.flights.craft.rigid_lander import RigidLander
from hoverslam.ocp.statement.options import Options, Tolerances

# Limits may be exceeded by 1e-3 between nodes, which alone is worth up to 1e-4 of the objective.
IN_AIR = Tolerances(mesh=1e-6, objective=1e-4)  # rates are limited, controls piecewise linear; see docs/engine.md
ACTUATED = Tolerances(
    mesh=1e-5, refly=1e-5, objective=1e-4
)  # gimbal, fins and cold gas change within tenths of a second
IN_VACUUM = Tolerances(objective=1e-5)  # the least miss of a pad that is out of reach converges slowly with the mesh
MAX_ITERATIONS = 300

Attempt = tuple[float, float]  # barrier parameter, smoothing
ATTEMPTS: tuple[Attempt, ...] = ((1e-3, 0.0), (1e-2, 1e-6), (1e-1, 0.0))  # the first attempt stays closest to the guess
ACTUATED_ATTEMPTS: tuple[Attempt, ...] = ((1e-2, 1e-6), (1e-1, 1e-5), (1e-3, 1e-4))


def attempts_for(lander: Lander) -> tuple[Attempt, ...]:
    """Return the attempts for a lander, in order; the first that is verified counts."""
    if isinstance(lander, RigidLander):
        return ACTUATED_ATTEMPTS if lander.gimballed else ATTEMPTS[-1:]
    return ATTEMPTS if lander.has_air else ATTEMPTS[-1:]


def options_for(lander: Lander, attempt: Attempt) -> Options:
    """Return the solver options of one attempt; without air only the tolerance of the objective differs from the default."""
    barrier, smoothing = attempt
    actuated = isinstance(lander, RigidLander) and lander.gimballed
    if not actuated and not lander.has_air:
        return Options(tolerances=IN_VACUUM)
    tolerances = ACTUATED if actuated else IN_AIR
    return Options(
        tolerances=tolerances, max_iterations=MAX_ITERATIONS, smoothing=smoothing, ipopt={"mu_init": barrier}
    )
