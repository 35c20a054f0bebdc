"""The second branch of a fit: the upper stage from first-stage cut-off to the end of its display.

It shares position and velocity at cut-off with the first stage, and the payload, and adds the upper stage's thrust, specific
impulse and dry mass to what is found. A burn gives thrust and mass flow, each over the initial mass; the masses themselves
come from the payload and the prior knowledge of the stage. The throttle is free where the display shows the thrust reduced,
and drifts slowly elsewhere. Only speed and altitude are displayed: what happens out of the plane of the flight is known from
the inclination of the orbit alone.
"""

from collections.abc import Mapping, Sequence

from jax import Array

from hoverslam.flights.craft import vehicle_parameters
from hoverslam.flights.craft.osculating import BoundOrbit, bound_orbit
from hoverslam.flights.observed.assumptions import assumptions
from hoverslam.flights.observed.fit_outputs import Output, burned, end_of
from hoverslam.flights.observed.fit_problem import (
    COAST_POINTS,
    CONTROLLED_POINTS,
    EVENT_WINDOW,
    LEAST_WINDOW_ERROR,
    ROUGHNESS,
    STATES,
    YAW_BOUNDS,
    EventTime,
    ExpectedValue,
    FitBuilder,
)
from hoverslam.flights.observed.observation import Observation
from hoverslam.flights.observed.priors import BAND_SIGMAS, Prior
from hoverslam.flights.observed.segments import Segment
from hoverslam.flights.observed.upper_laws import upper_laws
from hoverslam.flights.observed.upper_segments import (
    BURNS,
    FAIRING_DROPPED,
    FAIRING_WINDOW,
    REDUCED,
    UPPER_COASTS,
    UPPER_INTERVALS,
    WITH_FAIRING,
)
from hoverslam.ocp.statement.mesh import Mesh
from hoverslam.ocp.statement.names import Named, Variable
from hoverslam.vehicles.models import Vehicle

# How far the axis turns in a second (one sigma of a random walk, rad). Guidance turns it slowly; a fast walk of an angle that
# is hardly observed could take the place of a change of the thrust.
PITCH_ROUGHNESS, YAW_ROUGHNESS = 0.02, 0.001
# The thrust of a burn at full throttle may drift by a few percent: at constant thrust the traces of five flights would need a
# specific impulse of 357 s and more. It is over that of the first ignition.
FULL_ROUGHNESS, FULL_BOUNDS = 0.003, (0.6, 1.1)
# Standard errors of the thrust at an ignition over the rated thrust: where the display shows the first, and where not. Light
# payloads may fly with reduced thrust from the first ignition on.
SHOWN_IGNITION_ERROR, HIDDEN_IGNITION_ERROR = 0.02, 0.1
IGNITION_YAW = 0.05  # rad: standard error of the yaw at the first ignition, which is in the plane of the launch
PITCH_BOUNDS = (
    -6.5,
    4.5,
)  # rad: the launch frame's horizontal turns by a third of a circle to the second burn, or more
# Of a band, by which the search leaves it on each side: the display tells these figures better than the band
WIDER = 0.5
IMPULSE_BAND = 5.0  # standard errors on each side of the specific impulse that are searched


def upper_priors(vehicle: Vehicle) -> list[Prior]:
    """Return the priors of the figures of the upper stage that all flights share, beside its propellant."""
    upper, error = vehicle.stage2, assumptions().upper_stage.specific_impulse_error_s.si
    assert upper is not None
    impulse = upper.engine.specific_impulse_vacuum_s
    if impulse.low_si < impulse.high_si:
        error = (impulse.high_si - impulse.low_si) / BAND_SIGMAS
    around = IMPULSE_BAND * error
    return [
        _wider(Prior.of("stage2.thrust_vacuum", upper.engine.thrust_vacuum_kN)),
        Prior("stage2.isp_vacuum", impulse.si, error, impulse.si - around, impulse.si + around, "s"),
        _wider(Prior.of("stage2.dry_mass", upper.dry_mass_t)),
    ]


def _wider(prior: Prior) -> Prior:
    """Return a prior whose search extends beyond the published band."""
    beyond = WIDER * (prior.high - prior.low)
    return prior._replace(low=prior.low - beyond, high=prior.high + beyond)


def add_upper_stage(builder: FitBuilder, flight: Observation) -> None:
    """Add the phases of the upper stage of a flight to a problem that holds its first stage.

    Args:
        builder: Made with :func:`upper_priors`.
        flight: An observation with segments of the upper stage; without any, nothing is added.
    """
    before = builder.key(flight, "ascent")
    for segment in flight.upper:
        key = builder.key(flight, segment.name)
        _phase(builder, flight, segment)
        _join(builder, flight, before, key, segment.name)
        builder.measure(flight, segment.name)
        before = key
    if not flight.upper:
        return
    last, first = flight.upper[-1], next(builder.key(flight, s.name) for s in flight.upper if s.engines)
    builder.expected.append(ExpectedValue(lambda e, p: e[first].initial_control.yaw, 0.0, IGNITION_YAW))
    name = flight.mission.name
    if len(
        flight.speed["separation"].time
    ):  # the display shows the ignition: the rated thrust is then that of the first ignition
        builder.problem.constrain(f"{name} ignition: thrust", lambda e, p: e[first].initial_control.throttle - 1.0)
    else:
        builder.expected.append(
            ExpectedValue(lambda e, p: e[first].initial_control.throttle, 1.0, HIDDEN_IGNITION_ERROR)
        )
    again = builder.key(flight, "second_burn")
    if again in builder.problem.phases:
        builder.expected.append(
            ExpectedValue(lambda e, p: e[again].initial_control.throttle, 1.0, SHOWN_IGNITION_ERROR)
        )
    builder.events.append(EventTime(before, "final_time", last.end, flight.upper_end_error))
    if any(segment.name == FAIRING_DROPPED for segment in flight.upper) and flight.mission.fairing:
        builder.expected.append(_fairing_altitude(builder, flight))
    if flight.orbit_known:
        builder.expected += _orbit(flight, before)


def _phase(builder: FitBuilder, flight: Observation, segment: Segment) -> None:
    key, coasting = builder.key(flight, segment.name), segment.name in UPPER_COASTS
    laws = upper_laws(flight.mission, segment.engines)
    width = EVENT_WINDOW * max(segment.start_error, LEAST_WINDOW_ERROR)
    if segment.name == FAIRING_DROPPED and flight.mission.fairing and _is_shown(flight, segment):
        width = FAIRING_WINDOW
    builder.problem.phase(
        key,
        states=STATES,
        controls=() if coasting else _controls(segment),
        dynamics=laws.coast_rates if coasting else laws.rates,
        initial_time=(segment.start - width, segment.start + width),
        duration=(1.0, 2.0 * (segment.end - segment.start) + 5.0),
        mesh=_mesh(segment),
        guess=flight.guess[segment.name],
    )
    builder.events.append(EventTime(key, "initial_time", segment.start, segment.start_error))


def _is_shown(flight: Observation, segment: Segment) -> bool:
    """Return whether the display shows the beginning of a segment: no measurement may fall outside its own segment."""
    times = flight.speed[segment.name].time
    return len(times) > 0 and float(times[0]) - segment.start < 2.0 * FAIRING_WINDOW


def _controls(segment: Segment) -> tuple[Variable, ...]:
    low, high, rough = *FULL_BOUNDS, FULL_ROUGHNESS
    if segment.name in REDUCED:
        low, rough = assumptions().ascent.throttle_min.si, ROUGHNESS["throttle"]
    return (
        Variable("pitch", None, "rad", *PITCH_BOUNDS, roughness=PITCH_ROUGHNESS),
        Variable("yaw", None, "rad", *YAW_BOUNDS, roughness=YAW_ROUGHNESS),
        Variable("throttle", None, "", low, high, roughness=rough),
    )


def _mesh(segment: Segment) -> Mesh:
    count = max(2, round((segment.end - segment.start) / UPPER_INTERVALS[segment.name]))
    if segment.name in UPPER_COASTS:
        return Mesh.uniform(count, COAST_POINTS)
    return Mesh.uniform(count, CONTROLLED_POINTS, control_degree=1)


def _join(builder: FitBuilder, flight: Observation, before: str, after: str, name: str) -> None:
    """Link a segment to the one before it; the mass changes where the booster and where the fairing is dropped."""
    problem, own = builder.problem, builder.with_mission_names(flight)
    dropped = name == FAIRING_DROPPED and flight.mission.fairing
    shared = ("pitch", "yaw", "throttle") if dropped or name in REDUCED else ()
    if name == "separation":
        problem.link(before, after, states=("position", "velocity"))
        problem.constrain(
            f"{after}: mass",
            lambda e, p: e[after].initial.mass - vehicle_parameters.upper_stack_mass(own(p)),
            unit="kg",
        )
    elif dropped:
        problem.link(before, after, states=("position", "velocity"), controls=shared)
        problem.constrain(
            f"{after}: mass",
            lambda e, p: e[after].initial.mass - e[before].final.mass + own(p)["fairing.mass"],
            unit="kg",
        )
    else:
        problem.link(before, after, controls=shared)


def _fairing_altitude(builder: FitBuilder, flight: Observation) -> ExpectedValue:
    """Return the altitude at which fairings are usually dropped."""
    habits, key, frame = assumptions().upper_stage, builder.key(flight, FAIRING_DROPPED), flight.frame
    height = habits.fairing_altitude_m.si
    return ExpectedValue(
        lambda e, p: frame.altitude(e[key].initial.position), height, habits.fairing_altitude_error_m.si
    )


def orbit_outputs(flight: Observation, key: str) -> dict[str, tuple[Output, str]]:
    """Return functions for perigee, apogee (m) and inclination (rad) at the end of a phase, with their units."""
    frame = flight.frame

    def element(name: str) -> Output:
        def value(e: Named, p: Named) -> Array:
            found: Array = getattr(bound_orbit(frame, e[key].final.position, e[key].final.velocity), name)
            return found

        return value

    return {name: (element(name), "rad" if name == "inclination" else "m") for name in BoundOrbit._fields}


def _orbit(flight: Observation, key: str) -> list[ExpectedValue]:
    """Return apogee and inclination of the mission, with a quarter of their bands as standard errors.

    The perigee is close to the altitude that the display shows, and is not used.
    """
    known = {"apogee": flight.mission.apogee_altitude_km, "inclination": flight.mission.inclination_deg}
    functions = orbit_outputs(flight, key)
    return [
        ExpectedValue(functions[name][0], figure.si, (figure.high_si - figure.low_si) / BAND_SIGMAS)
        for name, figure in known.items()
        if figure.high_si > figure.low_si
    ]


def _segment_outputs(key: str) -> dict[str, tuple[Output, str]]:
    """Return functions for mass (kg) and time (s) at the beginning of a phase."""
    return {f"{key}: mass": (end_of(key, "initial", "mass"), "kg"), f"{key}: time": (end_of(key, "initial_time"), "s")}


def _burn_outputs(builder: FitBuilder, flight: Observation, parts: Sequence[str]) -> dict[str, tuple[Output, str]]:
    """Return functions for the propellant of a burn over some phases (kg), and for the thrust at its end (N)."""
    first, last, own = parts[0], parts[-1], builder.with_mission_names(flight)
    with_fairing = first == builder.key(flight, WITH_FAIRING)

    lost = burned(first, last)

    def propellant(e: Named, p: Named) -> Array:
        return lost(e, p) - own(p)["fairing.mass"] if with_fairing else lost(e, p)

    def thrust(e: Named, p: Named) -> Array:
        found: Array = e[last].final_control.throttle * p["stage2.thrust_vacuum"]
        return found

    return {"propellant": (propellant, "kg"), "thrust at its end": (thrust, "N")}


def upper_outputs(builder: FitBuilder, flight: Observation) -> Mapping[str, tuple[Output, str]]:
    """Return what a fit estimates of the upper stage, each with its unit, by name.

    Masses and times at the beginning of each segment, the propellant of each burn, the propellant left at the end of the
    display, and the orbit there.
    """
    if not flight.upper:
        return {}
    name, own, outputs = flight.mission.name, builder.with_mission_names(flight), dict[str, tuple[Output, str]]()
    for segment in flight.upper:
        outputs |= _segment_outputs(builder.key(flight, segment.name))
    last = builder.key(flight, flight.upper[-1].name)

    def left(e: Named, p: Named) -> Array:
        figures = own(p)
        carried: Array = figures["stage2.dry_mass"] + figures["payload"] + figures["payload.adapter"]
        return e[last].final.mass - carried

    outputs[f"{name}: upper-stage propellant left"] = left, "kg"
    for burn, names in BURNS.items():
        parts = [builder.key(flight, s.name) for s in flight.upper if s.name in names]
        if parts:
            outputs |= {
                f"{name}: {burn} {what}": found for what, found in _burn_outputs(builder, flight, parts).items()
            }
    orbit = orbit_outputs(flight, last)
    return outputs | {f"{name}: {element} reached": found for element, found in orbit.items()}
