"""What a disturbed recovery burns if all is known before: the optimum of each draw, beside what guidance burned.

For each draw the way home is optimised again from the draw's cut-off state and mass, with its thrust, impulse and air forces.
With the limits that guidance is allowed - angle of attack, dynamic pressure and heating at the high end of the vehicle's
bands, throttle up to the engine's - the difference to the closed-loop flight is all that could be saved, most of it by
planning up to those limits. With those of the plan, which guidance follows, it is what not knowing costs.

What the optimum does not meet, and guidance does: winds; how the density changes with altitude (its mean change between
5 and 25 km, where drag brakes, is folded into the air forces); delays and transients of starts beyond the planned lead;
lags of throttle and nose; misalignment; navigation errors; an engine out. Of each engine's own thrust it takes the mean of
those lit in the entry burn. So the difference is an upper estimate of what better guidance could save. The optimum keeps
rules of the plan that guidance need not: no entry burn below 30 km, 3 degrees from the flow under landing thrust, the landing
burn's limit of acceleration, the times it shares out to engine counts.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hoverslam.flights.craft import vehicle_parameters
from hoverslam.flights.launch.guess import LaunchGuess, Plan
from hoverslam.flights.launch.problem import SETTLING, STARTS, LaunchBuilder
from hoverslam.flights.launch.solve import ATTEMPTS, make_plan, solve_patiently
from hoverslam.margins.disturbances.draws import ALTITUDES, Perturbations
from hoverslam.margins.guidance.reference import Leg, Reference
from hoverslam.ocp.solution import Solution
from hoverslam.ocp.solving.solver import solve
from hoverslam.ocp.statement.names import Named
from hoverslam.ocp.statement.problem import Guess, Problem
from hoverslam.physics.constants import SEA_LEVEL_PRESSURE, STANDARD_GRAVITY
from hoverslam.physics.earth import LaunchFrame
from hoverslam.physics.motion import Flight
from hoverslam.vehicles.models import Vehicle

Floats = NDArray[np.float64]
Limits = Literal["allowed", "planned"]

START_MASS = "start.mass"
BRAKING = (5e3, 25e3)  # m, between which drag brakes
_FREE = -1e6  # kg, a reserve that binds nothing: what is burned is the answer, not what the tanks hold

# From the undisturbed optimum a draw takes 3 to 20 iterations; one that has not converged by then is not going to.
_AGAIN = replace(ATTEMPTS[0], max_iterations=60)
_AFRESH = replace(ATTEMPTS[0], max_iterations=150)


@dataclass(frozen=True, eq=False)
class PerfectKnowledge:
    """Least propellant of each draw, known beforehand.

    Attributes:
        undisturbed: kg, of the flight as planned, within the same limits.
        propellant: ``(n,)`` kg of each draw; NaN where no verified optimum was found.
        predicted: ``(n,)`` kg by the first-order sensitivities of the undisturbed optimum.
        sensitivities: kg of propellant for a unit of each given parameter that a draw changes.
        failures: message of each draw without an optimum, by its place.
    """

    undisturbed: float
    propellant: Floats
    predicted: Floats
    sensitivities: dict[str, float] = field(repr=False)
    failures: dict[int, str]

    def guidance_loss(self, flown: ArrayLike) -> Floats:
        """Propellant of the closed-loop flights ``(n,)`` (kg) of the same draws, in their order, beyond the optimum.

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
        """Everything, with None for NaN."""
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
    """Optimise the first draws again, each with what it brings known.

    Args:
        vehicle: what flies.
        reference: the optimum of the plan; it gives the guess.
        perturbations: of at least one flight.
        samples: how many of them, from the first.
        report: receives a line a draw.
        limits: `allowed`, which guidance may use, or `planned`, which the reference was held to.

    Raises:
        ValueError: for other limits, no sample, or where the undisturbed way home is not solved.
    """
    count = min(samples, len(perturbations.impulse))
    if count < 1:
        raise ValueError(f"samples = {samples} of {len(perturbations.impulse)} perturbations: give at least one")
    plan = plan_within(vehicle, reference, limits)
    problem = way_home(plan, reference)
    nominal = solve_patiently(problem, None)
    if not _good(nominal):
        raise ValueError(
            f"{nominal.message}: the undisturbed way home is not solved and verified: solve the launch again"
        )
    changes = changes_of(plan, reference, perturbations, count)
    slopes = nominal.sensitivities()
    sensitivities = {name: slopes[name] for name in changes}
    predicted = nominal.objective + sum(
        slope * (changes[name] - problem.given[name]) for name, slope in sensitivities.items()
    )
    propellant, failures = np.full(count, np.nan), {}
    for draw in range(count):
        found = _solved(problem, nominal, {name: float(values[draw]) for name, values in changes.items()})
        if _good(found):
            propellant[draw] = found.objective
        else:
            failures[draw] = found.message if not found.converged else f"{found.message}, but not verified"
        if report is not None:
            report(f"draw {draw + 1} of {count}: {failures.get(draw, f'{propellant[draw]:.0f} kg')}")
    return PerfectKnowledge(nominal.objective, propellant, np.asarray(predicted), sensitivities, failures)


def plan_within(vehicle: Vehicle, reference: Reference, limits: Limits) -> Plan:
    """The plan of the reference's case within those limits, with the touchdown where the reference has it.

    Raises:
        ValueError: for limits other than `allowed` and `planned`.
    """
    if limits not in get_args(Limits):
        raise ValueError(f"limits: {limits!r}: choose allowed or planned")
    there = _widened(vehicle) if limits == "allowed" else vehicle
    plan = make_plan(there, reference.recovery, vehicle.orbit(reference.orbit, reference.recovery))
    target = plan.frame.place(*reference.pad[:3])
    return replace(plan, values={**reference.values, "landing.reserve": _FREE}, target=target)


def _widened(vehicle: Vehicle) -> Vehicle:
    """The vehicle with what guidance may use beyond the plan."""
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


def way_home(plan: Plan, reference: Reference) -> Problem:
    """Least propellant from a given cut-off state and mass to the pad, with the reference as guess.

    The given parameters are those of a launch, :data:`hoverslam.flights.launch.problem.STARTS` and `START_MASS`.
    """
    guess = LaunchGuess(guess_of(plan.frame, reference), reference.payload)
    first, last = next(iter(reference.legs)), list(reference.legs)[-1]
    leg = reference.legs[first]
    position, velocity = to_launch_frame(plan.frame, reference, leg.position[0], leg.velocity[0])
    builder = LaunchBuilder(plan, guess)
    builder.booster(np.concatenate([[leg.time[0]], position, velocity, [_pitch_at_cut_off(plan, reference, guess)]]))
    problem = builder.problem
    problem.parameter(START_MASS, value=float(leg.mass[0]))
    problem.constrain("start: mass", lambda e, p: e[first].initial.mass - p[START_MASS], unit="kg")
    problem.minimize(lambda e, p: e[first].initial.mass - e[last].final.mass, unit="kg")
    return problem


def changes_of(plan: Plan, reference: Reference, perturbations: Perturbations, count: int) -> dict[str, Floats]:
    """Values ``(count,)`` of the given parameters that the first draws change."""
    p = Perturbations(*(np.asarray(values)[:count] for values in perturbations))  # type: ignore[arg-type]
    first = next(iter(reference.legs.values()))
    position, velocity = to_launch_frame(
        plan.frame, reference, first.position[0] + p.staging_position, first.velocity[0] + p.staging_velocity
    )
    values = plan.values
    one = vehicle_parameters.descent_inputs(1)(Named(values)).engines
    home = plan.vehicle.recovery
    assert home is not None
    own = p.engine_thrust[:, : home.entry_engines or 1].mean(axis=1)
    push = (1.0 + p.thrust) * (1.0 + own)
    sea_level = one.thrust_vacuum * push - one.exit_area * SEA_LEVEL_PRESSURE
    flow = one.mass_flow * push / (1.0 + p.impulse)
    air = 1.0 + p.density[:, np.clip(ALTITUDES, *BRAKING) == ALTITUDES].mean(axis=1)
    empty = values["stage1.dry_mass"] + values["stage1.residual"]
    starts = dict(zip(STARTS[1:], np.column_stack([position, velocity]).T, strict=True))
    return starts | {
        START_MASS: first.mass[0] + p.staging_propellant + p.dry_mass * empty,
        "stage1.thrust_sea_level": sea_level,
        "stage1.isp_sea_level": sea_level / (flow * STANDARD_GRAVITY),
        "stage1.isp_vacuum": values["stage1.isp_vacuum"] * (1.0 + p.impulse),
        "aero.descent_axial_factor": values["aero.descent_axial_factor"] * (1.0 + p.axial_force) * air,
        "aero.side_area_ratio": values["aero.side_area_ratio"] * (1.0 + p.normal_force) * air,
        "aero.preserved_drag": values["aero.preserved_drag"] + p.preserved_drag,
    }


def to_launch_frame(
    frame: LaunchFrame, reference: Reference, position: Floats, velocity: Floats
) -> tuple[Floats, Floats]:
    """Positions and velocities ``(..., 3)`` of the reference's pad frame in the launch frame."""
    there = reference.frame
    turn = there.rotation @ frame.rotation.T
    return (position + there.origin) @ turn - frame.origin, velocity @ turn


def guess_of(frame: LaunchFrame, reference: Reference) -> dict[str, Guess]:
    """The reference's legs as guesses of the launch problem's phases."""
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
    """The tangents of the angles from the flow that lead to the nose ``axis`` ``(n, 3)``."""
    flight, none = Flight(frame, "descent"), np.zeros(len(axis))
    angles = {"alpha": none.copy(), "beta": none.copy()}
    for i, (r, v, nose) in enumerate(zip(position, velocity, axis, strict=True)):
        state = Named(position=r, velocity=v)
        bases = [
            np.asarray(flight.body_axis(state, Named(alpha=a, beta=b))) for a, b in ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0))
        ]
        along = nose @ bases[0]
        for values, base in zip(angles.values(), bases[1:], strict=True):
            # A tangent of one is 45 degrees: less its part along the flow, the cross axis over root two.
            values[i] = np.sqrt(2.0) * (nose @ (base - bases[0] / np.sqrt(2.0))) / along
    return angles


def _pitch_at_cut_off(plan: Plan, reference: Reference, guess: LaunchGuess) -> float:
    """The pitch (rad) from which the reference's flip, as fast as it may be, leads to its boostback; without one, none."""
    if "flip" not in reference.legs:
        return 0.0
    turned = vehicle_parameters.flip_rate(plan.vehicle) * (reference.legs["flip"].duration - SETTLING)
    return float(guess.phases["boostback"].controls["pitch"][0] - turned)


def _solved(problem: Problem, nominal: Solution, changes: dict[str, float]) -> Solution:
    """Solved again from the undisturbed optimum; where that fails, from the guess, on meshes of its own."""
    found = nominal.resolve(changes, _AGAIN)
    if _good(found):
        return found
    with problem.holding(changes):
        return solve(problem, _AFRESH, lambda line: None)


def _good(solution: Solution) -> bool:
    return solution.converged and solution.verification is not None and solution.verification.passed
