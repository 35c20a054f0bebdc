"""Least propellant of a disturbed recovery with perfect knowledge, beside what guidance burned in the same draw.

For each draw the recovery is optimised again from the draw's cut-off state and mass, with its thrust, impulse and aerodynamic
forces. Two sets of limits are offered. ``allowed`` holds what guidance may use: angle of attack, dynamic pressure and heating
at the high end of the vehicle's bands, and throttle up to the engine's maximum. The difference to the closed-loop flight is
then all that better guidance could save, most of it by planning up to those limits. ``planned`` holds the limits of the plan
that guidance follows; the difference is then the cost of not knowing the disturbances.

The optimum leaves out some disturbances that guidance meets: winds; the change of density with altitude (its mean between
5 and 25 km, where drag decelerates the booster, is included in the aerodynamic forces); start delays and transients beyond
the planned lead; lags of throttle and attitude; misalignment; navigation errors; engine failures. For the thrust of single
engines it takes the mean of the engines of the entry burn. The difference is therefore an upper bound of what better guidance
could save. The optimum also keeps rules of the plan that guidance need not keep: no entry burn below 30 km, thrust within
3 degrees of the flow in the landing burn, the acceleration limit of the landing burn, and the durations per engine count.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

import jax
import numpy as np
from numpy.typing import ArrayLike, NDArray

from hoverslam.flights.craft import vehicle_parameters
from hoverslam.flights.launch.attempts import ATTEMPTS, solve_patiently
from hoverslam.flights.launch.booster import STARTS
from hoverslam.flights.launch.guess import LaunchGuess
from hoverslam.flights.launch.plan import LaunchPlan, make_plan
from hoverslam.flights.launch.problem import LaunchBuilder
from hoverslam.flights.launch.structure import Choice
from hoverslam.flights.outcome.verdict import passed, verdict_message
from hoverslam.margins.disturbances.columns import ALTITUDES
from hoverslam.margins.disturbances.draws import Perturbations
from hoverslam.margins.guidance.reference import Leg, Reference
from hoverslam.ocp.solved import Solved, solve
from hoverslam.ocp.statement.names import Named
from hoverslam.ocp.statement.phase import Guess
from hoverslam.ocp.statement.problem import Problem
from hoverslam.physics.constants import SEA_LEVEL_PRESSURE, STANDARD_GRAVITY
from hoverslam.physics.earth import LaunchFrame
from hoverslam.physics.motion import Flight
from hoverslam.vehicles.models import Vehicle, operations_of

Floats = NDArray[np.float64]
Limits = Literal["allowed", "planned"]

START_MASS = "start.mass"
BRAKING = (5e3, 25e3)  # altitudes (m) between which drag decelerates the booster
_FREE = -1e6  # kg: a negative reserve, never active, because the propellant is not limited; it is the objective

# From the undisturbed optimum a draw takes 3 to 20 iterations; one that needs more than 60 does not converge.
_AGAIN = replace(ATTEMPTS[0], max_iterations=60)
_AFRESH = replace(ATTEMPTS[0], max_iterations=150)


@dataclass(frozen=True, eq=False)
class PerfectKnowledge:
    """Least propellant of each draw with perfect knowledge.

    Attributes:
        undisturbed: propellant (kg) of the undisturbed flight within the same limits.
        propellant: ``(n,)`` propellant (kg) of each draw; NaN where no verified optimum was found.
        predicted: ``(n,)`` propellant (kg) by the first-order sensitivities of the undisturbed optimum.
        sensitivities: derivative of the propellant (kg) by each parameter that a draw changes.
        failures: message for each draw without a verified optimum, by its index.
    """

    undisturbed: float
    propellant: Floats
    predicted: Floats
    sensitivities: dict[str, float] = field(repr=False)
    failures: dict[int, str]

    def guidance_loss(self, flown: ArrayLike) -> Floats:
        """Return the propellant (kg) that closed-loop flights ``(n,)`` of the same draws burn beyond the optimum.

        Raises:
            ValueError: for another number of flights.
        """
        burned = np.asarray(flown, dtype=float)
        if burned.shape != self.propellant.shape:
            raise ValueError(
                f"flown: shape {burned.shape}: give the propellant of the same draws, {self.propellant.shape}"
            )
        return burned - self.propellant

    def as_json(self) -> dict[str, Any]:
        """Return all fields; NaN becomes None."""
        return {
            "undisturbed": self.undisturbed,
            "propellant": [None if np.isnan(x) else float(x) for x in self.propellant],
            "predicted": self.predicted.tolist(),
            "sensitivities": self.sensitivities,
            "failures": {str(place): message for place, message in self.failures.items()},
        }


def perfect_propellant(
    vehicle: Vehicle,
    reference: Reference,
    perturbations: Perturbations,
    samples: int = 50,
    report: Callable[[str], None] | None = None,
    limits: Limits = "allowed",
) -> PerfectKnowledge:
    """Optimise the first draws again, each with its disturbances known.

    Args:
        vehicle: the vehicle.
        reference: the optimal recovery of the plan; it is the guess.
        perturbations: perturbations of at least one flight.
        samples: number of draws, from the first.
        report: receives one line for each draw.
        limits: ``allowed``, the limits that guidance may use, or ``planned``, the limits of the reference.

    Raises:
        ValueError: for other limits, no sample, or if the undisturbed recovery is not solved and verified.
    """
    given = len(perturbations.density)
    count = min(samples, given)
    if count < 1:
        raise ValueError(f"samples = {samples} of {given} perturbations: give at least one")
    plan = plan_within(vehicle, reference, limits)
    problem = recovery_problem(plan, reference)
    nominal = solve_patiently(problem, None)
    if not passed(nominal):
        raise ValueError(f"undisturbed recovery: {verdict_message(nominal)}: solve the launch again")
    changes = changes_of(plan, reference, perturbations, count)
    slopes = nominal.sensitivities()
    sensitivities = {name: slopes[name] for name in changes}
    predicted = nominal.objective + sum(
        slope * (changes[name] - problem.given[name]) for name, slope in sensitivities.items()
    )
    propellant, failures = np.full(count, np.nan), {}
    for draw in range(count):
        found = _solved(problem, nominal, {name: float(values[draw]) for name, values in changes.items()})
        if passed(found):
            propellant[draw] = found.objective
        else:
            failures[draw] = verdict_message(found)
        if report is not None:
            report(f"draw {draw + 1} of {count}: {failures.get(draw, f'{propellant[draw]:.0f} kg')}")
    return PerfectKnowledge(nominal.objective, propellant, np.asarray(predicted), sensitivities, failures)


def plan_within(vehicle: Vehicle, reference: Reference, limits: Limits) -> LaunchPlan:
    """Return the launch plan of the reference's case within those limits, with the touchdown point of the reference.

    Raises:
        ValueError: for limits other than `allowed` and `planned`.
    """
    if limits not in get_args(Limits):
        raise ValueError(f"limits: {limits!r}: choose allowed or planned")
    flown = _widened(vehicle) if limits == "allowed" else vehicle
    choice = Choice(1, "boostback" in reference.legs, "entry" in reference.legs)
    plan = make_plan(flown, reference.recovery, reference.orbit, choice=choice)
    target = plan.frame.place(*reference.pad[:3])
    return replace(plan, values={**reference.values, "landing.reserve": _FREE}, target=target)


def _widened(vehicle: Vehicle) -> Vehicle:
    """Return the vehicle with the limits that guidance may use beyond the plan."""
    home = vehicle.recovery
    assert home is not None
    high = {
        name: figure.model_copy(update={"value": figure.value if figure.high is None else figure.high})
        for name in ("angle_of_attack_max_deg", "dynamic_pressure_max_kPa", "heating_max_kW_m2")
        if (figure := getattr(home, name)) is not None
    }
    most = home.landing_throttle_max.model_copy(update={"value": vehicle.stage1.engine.throttle_max.value})
    freed = {"landing_throttle_max": most, "landing_throttle_min": None, "approach_angle_max_deg": None}
    wider = home.model_copy(update=high | freed)
    return vehicle.model_copy(update={"recovery": wider})


def recovery_problem(plan: LaunchPlan, reference: Reference) -> Problem:
    """State the recovery of least propellant from a given cut-off state and mass to the pad; the reference is the guess.

    Its given parameters are those of a launch, :data:`hoverslam.flights.launch.booster.STARTS` and `START_MASS`.
    """
    guess = LaunchGuess(guess_of(plan.frame, reference), reference.payload)
    first, last = next(iter(reference.legs)), list(reference.legs)[-1]
    leg = reference.legs[first]
    position, velocity = to_launch_frame(plan.frame, reference, leg.position[0], leg.velocity[0])
    builder = LaunchBuilder(plan, guess)
    branch = plan.structure.branch("stage1")
    assert branch is not None
    pitch = [_pitch_at_cut_off(plan, reference, guess)]
    builder.way_home(branch, np.concatenate([[leg.time[0]], position, velocity, pitch]))
    problem = builder.problem
    problem.parameter(START_MASS, value=float(leg.mass[0]))
    problem.constrain("start: mass", lambda e, p: e[first].initial.mass - p[START_MASS], unit="kg")
    problem.minimize(lambda e, p: e[first].initial.mass - e[last].final.mass, unit="kg")
    return problem


def changes_of(plan: LaunchPlan, reference: Reference, perturbations: Perturbations, count: int) -> dict[str, Floats]:
    """Return the values ``(count,)`` of the parameters that the first ``count`` draws change."""
    p: Perturbations = jax.tree.map(lambda values: np.asarray(values)[:count], perturbations)
    first = next(iter(reference.legs.values()))
    position, velocity = to_launch_frame(
        plan.frame, reference, first.position[0] + p.staging_position, first.velocity[0] + p.staging_velocity
    )
    values = plan.values
    one = vehicle_parameters.descent_inputs(1)(Named(values)).engines
    home = plan.vehicle.recovery
    assert home is not None
    own = p.engine_thrust[:, : home.entry_engines or 1].mean(axis=1)
    push = (1.0 + p.scalars["thrust"]) * (1.0 + own)
    sea_level = one.thrust_vacuum * push - one.exit_area * SEA_LEVEL_PRESSURE
    flow = one.mass_flow * push / (1.0 + p.scalars["impulse"])
    air = 1.0 + p.density[:, np.clip(ALTITUDES, *BRAKING) == ALTITUDES].mean(axis=1)
    empty = values["stage1.dry_mass"] + values["stage1.residual"]
    starts = dict(zip(STARTS[1:], np.column_stack([position, velocity]).T, strict=True))
    return starts | {
        START_MASS: first.mass[0] + p.scalars["staging_propellant"] + p.scalars["dry_mass"] * empty,
        "stage1.thrust_sea_level": sea_level,
        "stage1.isp_sea_level": sea_level / (flow * STANDARD_GRAVITY),
        "stage1.isp_vacuum": values["stage1.isp_vacuum"] * (1.0 + p.scalars["impulse"]),
        "aero.descent_axial_factor": values["aero.descent_axial_factor"] * (1.0 + p.scalars["axial_force"]) * air,
        "aero.side_area_ratio": values["aero.side_area_ratio"] * (1.0 + p.scalars["normal_force"]) * air,
        "aero.preserved_drag": values["aero.preserved_drag"] + p.scalars["preserved_drag"],
    }


def to_launch_frame(
    frame: LaunchFrame, reference: Reference, position: Floats, velocity: Floats
) -> tuple[Floats, Floats]:
    """Return positions and velocities ``(..., 3)`` of the pad frame in the launch frame."""
    pad = reference.frame
    turn = pad.rotation @ frame.rotation.T
    return (position + pad.origin) @ turn - frame.origin, velocity @ turn


def guess_of(frame: LaunchFrame, reference: Reference) -> dict[str, Guess]:
    """Return the legs of the reference as guesses of the launch problem's phases."""
    return {name: _guess(frame, reference, name, leg) for name, leg in reference.legs.items()}


def _guess(frame: LaunchFrame, reference: Reference, name: str, leg: Leg) -> Guess:
    position, velocity = to_launch_frame(frame, reference, leg.position, leg.velocity)
    states = {"position": position, "velocity": velocity, "mass": leg.mass}
    if name in ("flip", "coast"):
        return Guess(leg.time, states)
    axis = to_launch_frame(frame, reference, leg.position, leg.axis)[1]
    if name == "boostback":
        pitch = np.mod(np.arctan2(axis[:, 2], axis[:, 0]) + np.pi / 2, 2 * np.pi) - np.pi / 2
        angles = {"pitch": pitch, "yaw": np.arcsin(np.clip(axis[:, 1], -1.0, 1.0))}
    else:
        angles = _from_flow(frame, position, velocity, axis)
    return Guess(leg.time, states, {**angles, "throttle": leg.throttle})


def _from_flow(frame: LaunchFrame, position: Floats, velocity: Floats, axis: Floats) -> dict[str, Floats]:
    """Return the tangents of the angles from the flow, ``alpha`` and ``beta``, that give the nose ``axis`` ``(n, 3)``."""
    flight, none = Flight(frame, "descent"), np.zeros(len(axis))
    angles = {"alpha": none.copy(), "beta": none.copy()}
    for i, (r, v, nose) in enumerate(zip(position, velocity, axis, strict=True)):
        state = Named(position=r, velocity=v)
        bases = [
            np.asarray(flight.body_axis(state, Named(alpha=a, beta=b))) for a, b in ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0))
        ]
        along = nose @ bases[0]
        for values, base in zip(angles.values(), bases[1:], strict=True):
            # For a tangent of one (45 degrees) the nose is the flow axis plus the cross axis, both divided by root two.
            values[i] = np.sqrt(2.0) * (nose @ (base - bases[0] / np.sqrt(2.0))) / along
    return angles


def _pitch_at_cut_off(plan: LaunchPlan, reference: Reference, guess: LaunchGuess) -> float:
    """Return the pitch at cut-off (rad) from which a flip at the greatest rate leads to the boostback; 0 without a flip."""
    if "flip" not in reference.legs:
        return 0.0
    settling = operations_of(plan.vehicle).booster_settling_s.si
    turned = vehicle_parameters.flip_rate(plan.vehicle) * (reference.legs["flip"].duration - settling)
    return float(guess.phases["boostback"].controls["pitch"][0] - turned)


def _solved(problem: Problem, nominal: Solved, changes: dict[str, float]) -> Solved:
    """Solve again from the undisturbed optimum; if that fails, from the guess on new meshes."""
    found = nominal.resolve(changes, _AGAIN)
    if passed(found):
        return found
    with problem.holding(changes):
        return solve(problem, _AFRESH, lambda line: None)
