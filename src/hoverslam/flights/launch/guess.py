"""First guesses by simulation: a gravity-turn ascent, a linear-tangent upper stage, a booster that brakes within limits.

Nothing here is set per vehicle. The kick angle of the ascent is searched for the path angle at staging, the two steering
coefficients of the upper stage for level flight at the injection altitude, and the payload so that the upper stage's
propellant is just used up.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import atan, atan2, hypot, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq, least_squares

from hoverslam.flights.craft import vehicle_parameters
from hoverslam.flights.launch.plan import LaunchPlan
from hoverslam.flights.launch.returner import Returner
from hoverslam.flights.launch.simulation import Arc, Simulator, Steering, Stop
from hoverslam.flights.launch.structure import PREFIXES, UPPER_STAGING_COAST, core_recipe
from hoverslam.ocp.solving.known import KnownPoint
from hoverslam.ocp.statement.names import Named
from hoverslam.ocp.statement.phase import Guess
from hoverslam.physics.constants import EARTH_GRAVITATIONAL_PARAMETER, STANDARD_GRAVITY
from hoverslam.physics.motion import Inputs
from hoverslam.vehicles.recovery import Recovery

FloatArray = NDArray[np.float64]

# Typical staging: flight-path angle (rad), and the share of the first stage's propellant kept back, which is where the
# search for it begins. For a first stage that is expended, lands downrange, boosts back to a place downrange, and returns.
_STAGING = {"expended": (0.42, 0.0), "downrange": (0.52, 0.08), "partly back": (0.58, 0.10), "back": (0.80, 0.16)}
_SIDE_KEPT = 0.16  # share of the propellant of side boosters that return, with which the search for it begins
_FAIRING_ALTITUDE = 112e3  # m, where free-molecular heating falls below about 1135 W/m2
_PARKING_ALTITUDE = 170e3  # m, perigee of the transfer when the orbit is reached by two burns
_ENTRY_ALTITUDE = 55e3  # m, where the simulated entry burn begins
_BOOSTBACK_PITCH = np.radians(170.0)  # backwards and a little up, so that the return flight stays above the atmosphere
_KICK_SPEED = 80.0  # m/s, at which the ascent begins to turn


@dataclass
class LaunchGuess:
    """Guesses by phase name, and the payload that they carry (kg)."""

    phases: dict[str, Guess]
    payload: float

    @classmethod
    def at(cls, point: KnownPoint) -> "LaunchGuess":
        """Return the flight of a known point as a guess."""
        return cls(dict(point.guesses), point.free["payload"])


def simulate_launch(plan: LaunchPlan, sim: Simulator, lofted: float = 1.0) -> LaunchGuess:
    """Return a guess of the whole launch by simulation; ``lofted`` is a factor on the typical path angle at staging."""
    angle = lofted * _staging(plan)[0]
    rough = 0.03 * float(vehicle_parameters.liftoff_mass(Named(plan.values, payload=0.0)))
    kept = _propellant_kept(plan, sim, rough, angle)

    def excess(payload: float) -> float:
        _, left = _to_orbit(plan, sim, payload, kept, angle)
        return left - float(vehicle_parameters.injected_mass(Named(plan.values, payload=payload)))

    payload = _find_payload(excess, rough)
    arcs, _ = _to_orbit(plan, sim, payload, kept, angle)
    for branch in plan.structure.returning:
        after = arcs[branch.after]
        arcs |= simulate_return(plan, sim, after.end_time, after.end, branch.body)
    return LaunchGuess(_as_guesses(arcs), payload)


@dataclass
class Kept:
    """Propellant (kg), beside the residual, kept in the first stage and in each side booster where they separate."""

    core: float = 0.0
    side: float = 0.0


def _propellant_kept(plan: LaunchPlan, sim: Simulator, payload: float, angle: float) -> Kept:
    """Return the propellant kept that just suffices for the way home from the resulting states at separation."""
    kept, values, structure = Kept(), plan.values, plan.structure
    homes = {branch.body: branch for branch in structure.returning if branch.body != "upper_stage"}
    if "stage1" in homes:
        kept.core = _staging(plan)[1] * values["stage1.propellant"]
    if "side_boosters" in homes:
        kept.side = _SIDE_KEPT * values["side_boosters.propellant"]
    for _ in range(4 if homes else 0):
        arcs = _climb(plan, sim, payload, kept, angle)
        for body, branch in homes.items():
            after = arcs[branch.after]
            home = simulate_return(plan, sim, after.end_time, after.end, body)
            empty = values[f"{body}.dry_mass"] + values[f"{body}.residual"]
            needed, had = float(next(iter(home.values())).states[0, 6]) - empty, kept.core
            if body == "side_boosters":
                had = kept.side
            now = had + 0.6 * (float(np.clip(needed, 0.6 * had, 1.5 * had)) - had)
            kept = replace(kept, **{"core" if body == "stage1" else "side": now})
    return kept


def _staging(plan: LaunchPlan) -> tuple[float, float]:
    """Return path angle (rad) and share of propellant kept at which the first stage typically separates."""
    branch, recipe = plan.structure.branch("stage1"), core_recipe(plan.recovery)
    if branch is None or recipe is None:
        return _STAGING["expended"]
    if "flip" not in branch.names:
        return _STAGING["downrange"]
    return _STAGING["back" if recipe.target == "landing_site" else "partly back"]


def fly_home(
    plan: LaunchPlan, sim: Simulator, time: float, staging: FloatArray, body: str = "stage1"
) -> dict[str, Guess]:
    """Return guesses of a body's phases on the way home from the time (s) and state ``(7,)`` at its separation."""
    return _as_guesses(simulate_return(plan, sim, time, staging, body))


def circularise(plan: LaunchPlan, sim: Simulator, time: float, injected: FloatArray) -> dict[str, Guess]:
    """Return guesses of the coast to apogee and the second burn from time (s) and state ``(7,)`` after the first burn."""
    p = Named(plan.values)
    return _as_guesses(_later_burns(plan, sim, time, injected, p, _last_stage_inputs(plan, p)))


def _as_guesses(arcs: dict[str, Arc]) -> dict[str, Guess]:
    coasting = ("staging", "staging_2", "orbit_coast", "orbit_coast_2", "coast", "flip")
    idle = {prefix + name for prefix in ("", *PREFIXES.values()) for name in coasting}
    return {name: arc.guess(name not in idle) for name, arc in arcs.items()}


def _find_payload(excess: Callable[[float], float], start: float) -> float:
    """Return the payload at which the upper stage's propellant is just used up, by bracketing; else the nearer end."""
    low, high = 0.02 * start, start
    at_low, at_high = excess(low), excess(high)
    while at_high > 0 and high < 6 * start:
        low, at_low, high = high, at_high, 1.6 * high
        at_high = excess(high)
    if at_low <= 0:
        return low
    if at_high >= 0:
        return high
    return float(brentq(excess, low, high, xtol=0.04 * high, maxiter=6, disp=False))


# ---- ascent and upper stage ------------------------------------------------------------------------------------------
def _climb(plan: LaunchPlan, sim: Simulator, payload: float, kept: Kept, angle: float) -> dict[str, Arc]:
    """Return the arcs of the stack to cut-off with propellant ``kept``, at the path angle ``angle`` (rad)."""
    last = plan.structure.branches[0].names[-1]

    def path_angle(kick: float) -> float:
        end = _ascent(plan, sim, payload, kick, kept, coarse=True)[last].end
        return float(np.arcsin(np.clip(sim.climb_rate(end) / np.linalg.norm(end[3:6]), -1, 1))) - angle

    kick = _first_crossing(path_angle, np.radians([0.05, 0.4, 1.2, 2.5, 4.5, 8.0, 15.0]))
    return _ascent(plan, sim, payload, kick, kept)


def _to_orbit(
    plan: LaunchPlan, sim: Simulator, payload: float, kept: Kept, angle: float
) -> tuple[dict[str, Arc], float]:
    """Return all arcs to orbit, and the mass that would reach the orbit (kg)."""
    p = Named(plan.values, payload=payload)
    arcs = _climb(plan, sim, payload, kept, angle)
    off = vehicle_parameters.upper_inputs(0)(p)
    start = arcs["ascent"].end.copy()
    start[6] = float(vehicle_parameters.upper_stack_mass(p))
    coast = _idle(sim, "vacuum", arcs["ascent"].end_time, start, off, 2.0, plan.staging_coast)
    arcs["staging"] = coast
    arcs |= _upper(plan, sim, coast, p, _steering_to_orbit(plan, sim, coast, p))
    return arcs, _mass_in_orbit(plan, sim, list(arcs.values())[-1], p)


def _idle(sim: Simulator, regime: str, time: float, start: FloatArray, inputs: Inputs, step: float, long: float) -> Arc:
    """Return a flight of ``long`` seconds without thrust or steering."""
    return sim.fly(regime, time, start, inputs, lambda t, x: (0.0, 0.0), lambda t, x: False, step, long)


def _first_crossing(function: Callable[[float], float], points: FloatArray) -> float:
    """Return the first zero of a falling function between ``points``; the last point if it never falls below zero."""
    before = None
    for point in points:
        value = function(point)
        if value <= 0:
            if before is None:
                return float(point)
            return float(brentq(function, before, point, xtol=0.02 * point, maxiter=8))
        before = point
    return float(points[-1])


def _ascent(
    plan: LaunchPlan, sim: Simulator, payload: float, kick: float, kept: Kept, coarse: bool = False
) -> dict[str, Arc]:
    vehicle, p, boosters = plan.vehicle, Named(plan.values, payload=payload), plan.boosters
    step, count = (4.0 if coarse else 2.0), vehicle.stage1.engine.count
    limit = vehicle.limits.axial_acceleration_max_g.si
    cutoff = float(vehicle_parameters.upper_stack_mass(p)) + p["stage1.dry_mass"] + p["stage1.residual"] + kept.core
    start = np.array([0.0, 0, 0, 0, 0, 0, float(vehicle_parameters.liftoff_mass(p))])
    inputs = vehicle_parameters.ascent_inputs(count, boosters)(p)
    most, rise = vehicle.stage1.engine.throttle_max.si, vehicle.limits.vertical_rise_s.si

    def steer(t: float, x: FloatArray) -> tuple[float, float]:
        # The turn starts at a speed, not at a time: a vehicle that climbs slowly would turn too far.
        turning = t >= rise - 1e-9 and hypot(x[3], x[5]) > _KICK_SPEED
        pitch = min(atan2(x[5], x[3]), np.pi / 2 - kick) if turning else np.pi / 2
        thrust = limit * x[6] - inputs.fixed.thrust_vacuum
        least = vehicle.stage1.engine.throttle_min.si if boosters == "side_boosters" else 0.0
        return float(pitch), float(max(least, min(most, thrust / inputs.engines.thrust_vacuum)))

    never: Stop = lambda t, x: False  # noqa: E731
    arcs = {"rise": sim.fly("ascent", 0.0, start, inputs, steer, never, step, rise)}
    last = arcs["rise"]
    begin = last.end.copy()
    if boosters:
        name = plan.structure.branches[0].names[1]
        burn = _booster_burn(plan, p, kept) - rise
        arcs[name] = sim.fly("ascent", last.end_time, last.end, inputs, steer, never, step, burn)
        last = arcs[name]
        begin = last.end.copy()
        begin[6] -= _booster_mass(p, boosters, last.end_time)
        inputs = vehicle_parameters.ascent_inputs(count)(p)
    empty = max((begin[6] - cutoff) / inputs.engines.mass_flow, 5.0)
    arcs["ascent"] = sim.fly(
        "ascent", last.end_time, begin, inputs, steer, lambda t, x: x[6] <= cutoff, step, 2.0 * empty
    )
    return arcs


def _booster_burn(plan: LaunchPlan, p: Named, kept: Kept) -> float:
    """Return the time (s) from lift-off to the separation of the boosters."""
    if plan.boosters == "strap_ons":
        assert plan.vehicle.strap_ons is not None
        return plan.vehicle.strap_ons.burn_time_s.si
    full = float(vehicle_parameters.side_booster_mass(p, 0.0))
    flow = full - float(vehicle_parameters.side_booster_mass(p, 1.0))
    return (full - p["side_boosters.dry_mass"] - p["side_boosters.residual"] - kept.side) / flow


def _booster_mass(p: Named, boosters: str, time: float) -> float:
    """Return the mass (kg) of all boosters at their separation."""
    if boosters == "strap_ons":
        return float(p["strap_ons.dry_mass"])
    return float(p["side_boosters.count"] * vehicle_parameters.side_booster_mass(p, time))


def _injection(plan: LaunchPlan) -> tuple[float, float]:
    """Return altitude (m) and inertial speed (m/s) at the end of the upper stage's first burn."""
    orbit = plan.orbit
    if plan.two_burns:
        return _PARKING_ALTITUDE, vehicle_parameters.perigee_speed(_PARKING_ALTITUDE, orbit.perigee_altitude)
    return orbit.perigee_altitude, vehicle_parameters.perigee_speed(orbit.perigee_altitude, orbit.apogee_altitude)


def _last_stage_inputs(plan: LaunchPlan, p: Named) -> Inputs:
    """Return the inputs of the last stage with its engines lit."""
    stage = plan.structure.upper[-1].body
    engines = (plan.vehicle.stage3 or plan.vehicle.stage2).engine.count  # type: ignore[union-attr]
    return vehicle_parameters.upper_inputs(engines, stage)(p)


def _steering_to_orbit(plan: LaunchPlan, sim: Simulator, coast: Arc, p: Named) -> tuple[float, float]:
    """Return (a, b) of tan(local pitch) = a - b t with which the first burn ends in level flight at its altitude."""
    altitude, _ = _injection(plan)

    def miss(ab: FloatArray) -> FloatArray:
        end = list(_upper(plan, sim, coast, p, (ab[0], ab[1]), coarse=True).values())[-1].end
        return np.array([(sim.altitude(end) - altitude) / 5e4, sim.climb_rate(end) / 500.0])

    inputs = vehicle_parameters.upper_inputs(plan.vehicle.stage2.engine.count)(p)  # type: ignore[union-attr]
    burn = 0.75 * coast.end[6] / inputs.engines.mass_flow
    start = np.array([0.7, 0.8 / burn])
    fit = least_squares(
        miss, start, x_scale=[0.3, 0.6 / burn], max_nfev=30, bounds=([-0.5, -2.0 / burn], [3.0, 5.0 / burn])
    )
    return float(fit.x[0]), float(fit.x[1])


def _upper(
    plan: LaunchPlan,
    sim: Simulator,
    coast: Arc,
    p: Named,
    tangent: tuple[float, float],
    coarse: bool = False,
) -> dict[str, Arc]:
    """Return the arcs of the upper stages from ignition to orbit; the coarse ones without what follows the first coast."""
    _, speed = _injection(plan)
    step, ignition = (10.0 if coarse else 4.0), coast.end_time
    inputs = vehicle_parameters.upper_inputs(plan.vehicle.stage2.engine.count)(p)  # type: ignore[union-attr]
    light = 0.05 * coast.end[6]
    if plan.vehicle.stage3 is not None:
        above = float(vehicle_parameters.upper_stack_mass(p, "stage3"))
        light = above + p["stage2.dry_mass"] + p["stage2.residual"]

    def steer(t: float, x: FloatArray) -> tuple[float, float]:
        local = atan(tangent[0] - tangent[1] * (t - ignition))
        return local - sim.local_pitch_offset(x), 1.0

    def done(t: float, x: FloatArray) -> bool:
        return sim.inertial_speed(x) >= speed or x[6] < light

    arcs, last = {}, coast
    bare = coast.end.copy()
    if plan.vehicle.fairing is not None:
        arcs["shrouded"] = last = sim.fly(
            "vacuum", ignition, coast.end, inputs, steer,
            lambda t, x: sim.altitude(x) > _FAIRING_ALTITUDE or done(t, x), min(step, 4.0), 600.0,
        )  # fmt: skip
        bare = last.end.copy()
        bare[6] -= p["fairing.mass"]
    arcs["upper"] = last = sim.fly("vacuum", last.end_time, bare, inputs, steer, done, step, 1200.0)
    if plan.vehicle.stage3 is not None:
        arcs |= _third_stage(plan, sim, last, p, steer, step)
        last = arcs["stage3_burn"]
    if plan.two_burns and not coarse:
        arcs |= _later_burns(plan, sim, last.end_time, last.end, p, _last_stage_inputs(plan, p))
    return arcs


def _third_stage(
    plan: LaunchPlan, sim: Simulator, before: Arc, p: Named, steer: Steering, step: float
) -> dict[str, Arc]:
    """Return coast and first burn of the third stage after the second one has burned out."""
    _, speed = _injection(plan)
    start = before.end.copy()
    start[6] = float(vehicle_parameters.upper_stack_mass(p, "stage3"))
    light = 0.05 * start[6]
    off = vehicle_parameters.upper_inputs(0, "stage3")(p)
    coast = _idle(sim, "vacuum", before.end_time, start, off, 2.0, UPPER_STAGING_COAST)

    def done(t: float, x: FloatArray) -> bool:
        return sim.inertial_speed(x) >= speed or x[6] < light

    lit = _last_stage_inputs(plan, p)
    burn = sim.fly("vacuum", coast.end_time, coast.end, lit, steer, done, step, 1500.0)
    return {"staging_2": coast, "stage3_burn": burn}


def _later_burns(
    plan: LaunchPlan, sim: Simulator, begun: float, start: FloatArray, p: Named, inputs: Inputs
) -> dict[str, Arc]:
    """Return coast to apogee and burn there; for three burns a short coast and burn before them."""
    names = [
        n for n in plan.structure.upper[-1].names if n.startswith("orbit_coast") or n in ("second_burn", "third_burn")
    ]
    arcs: dict[str, Arc] = {}
    for coasting, burning in zip(names[::2], names[1::2], strict=True):
        arcs |= dict(zip((coasting, burning), _burn_at_apogee(plan, sim, begun, start, p, inputs), strict=True))
        begun, start = arcs[burning].end_time, arcs[burning].end
    return arcs


def _burn_at_apogee(
    plan: LaunchPlan, sim: Simulator, begun: float, start: FloatArray, p: Named, inputs: Inputs
) -> tuple[Arc, Arc]:
    off = vehicle_parameters.upper_inputs(0)(p)

    def at_apogee(t: float, x: FloatArray) -> bool:
        return t - begun > 600.0 and sim.climb_rate(x) < 0.0

    coast = sim.fly("vacuum", begun, start, off, lambda t, x: (0.0, 0.0), at_apogee, 20.0, 3200.0)

    def prograde(t: float, x: FloatArray) -> tuple[float, float]:
        v = sim.inertial_velocity(x)
        return float(np.arctan2(v[2], v[0])), 1.0

    circular = np.sqrt(EARTH_GRAVITATIONAL_PARAMETER / np.linalg.norm(coast.end[:3] + plan.frame.origin))
    done: Stop = lambda t, x: sim.inertial_speed(x) >= circular  # noqa: E731
    return coast, sim.fly("vacuum", coast.end_time, coast.end, inputs, prograde, done, 0.5, 120.0)


def _mass_in_orbit(plan: LaunchPlan, sim: Simulator, last: Arc, p: Named) -> float:
    """Return the mass (kg) after an instant burn from the end of the last arc to the orbit's speed (rocket equation)."""
    radius = np.linalg.norm(last.end[:3] + plan.frame.origin)
    _, wanted = _injection(plan)
    if plan.two_burns:
        wanted = np.sqrt(EARTH_GRAVITATIONAL_PARAMETER / radius)
    missing = wanted - sim.inertial_speed(last.end)
    impulse = p[f"{plan.structure.upper[-1].body}.isp_vacuum"]
    return float(last.end[6] * np.exp(-missing / (STANDARD_GRAVITY * impulse)))


# ---- booster ---------------------------------------------------------------------------------------------------------
def simulate_return(
    plan: LaunchPlan, sim: Simulator, time: float, staging: FloatArray, body: str = "stage1"
) -> dict[str, Arc]:
    """Return the arcs of a body from time (s) and state ``(7,)`` at its separation to touchdown.

    Repeated flights correct the mass at the start, the impact point that the boostback burn aims for and the height of
    ignition, so that the last flight ends near the target, near the ground and with the propellant that should be left.
    """
    p, home = Named(plan.values), plan.returner(body)
    target, required = home.target, float(home.least_mass(p))
    empty = p[home.dry[0]]
    aim = _Aim(mass=1.9 * empty, impact=0.0 if target is None else float(target[0]))
    if body == "upper_stage":
        aim.mass = 1.1 * empty
    arcs: dict[str, Arc] = {}
    for _ in range(6):
        start = np.concatenate([staging[:6], [aim.mass]])
        arcs = _fly_back(plan, sim, time, start, p, aim, home)
        end = list(arcs.values())[-1].end
        if not np.all(np.isfinite(end)):
            break
        aim.mass *= float(np.clip(required / end[6], 0.7, 1.3))
        aim.ignition = max(0.3 * aim.ignition, aim.ignition - sim.altitude(end))
        if target is not None:
            aim.impact += float(np.clip(target[0] - end[0], -2e4, 2e4))
    return arcs


@dataclass
class _Aim:
    """What the booster's simulation corrects: mass at cut-off (kg), impact point (m), height of ignition (m)."""

    mass: float
    impact: float
    ignition: float = 5e3


def _fly_back(
    plan: LaunchPlan, sim: Simulator, time: float, start: FloatArray, p: Named, aim: _Aim, body: Returner
) -> dict[str, Arc]:
    home, prefix = body.home, body.prefix
    branch = plan.structure.branch(body.body)
    assert branch is not None
    off, arcs, at = vehicle_parameters.descent_inputs(0, body.body)(p), {}, (time, start)
    if prefix + "flip" in branch.names:
        assert isinstance(home, Recovery)
        arcs[prefix + "flip"] = flip = _idle(sim, "vacuum", *at, off, 2.0, plan.flip)
        burning = vehicle_parameters.descent_inputs(home.boostback_engines or 1, body.body)(p)
        most = home.boostback_throttle_max.si if home.boostback_throttle_max else 1.0
        arcs[prefix + "boostback"] = boost = sim.fly(
            "vacuum", flip.end_time, flip.end, burning, lambda t, x: (_BOOSTBACK_PITCH, most),
            lambda t, x: _impact(sim, x) < aim.impact or x[6] < 0.5 * p[body.dry[0]] or sim.altitude(x) < 30e3,
            1.0, 150.0,
        )  # fmt: skip
        at = (boost.end_time, boost.end)
    if prefix + "deorbit" in branch.names:
        arcs[prefix + "deorbit"] = burn = _deorbit(plan, sim, at, p)
        at = (burn.end_time, burn.end)
    braked, high = prefix + "entry" in branch.names, body.body == "upper_stage"
    floor = _ENTRY_ALTITUDE if not high else _FAIRING_ALTITUDE
    arcs[prefix + "coast"] = coast = sim.fly(
        "descent", *at, off, lambda t, x: (0.0, 0.0), lambda t, x: sim.climb_rate(x) < 0 and sim.altitude(x) < floor,
        20.0 if high else 5.0, 3500.0 if high else 700.0,
    )  # fmt: skip
    return arcs | _descend(plan, sim, coast, p, aim, body, braked)


def _deorbit(plan: LaunchPlan, sim: Simulator, at: tuple[float, FloatArray], p: Named) -> Arc:
    """Return a burn against the flight that lowers the perigee to about 40 km."""
    lit = vehicle_parameters.deorbit_inputs(plan.vehicle.stage2.engine.count, "stage2")(p)  # type: ignore[union-attr]
    time, start = at
    altitude = sim.altitude(start)
    drop = vehicle_parameters.perigee_speed(altitude, altitude) - vehicle_parameters.perigee_speed(-altitude, altitude)
    slow = sim.inertial_speed(start) - min(max(drop, 60.0), 200.0)

    def retrograde(t: float, x: FloatArray) -> tuple[float, float]:
        v = sim.inertial_velocity(x)
        return float(np.arctan2(-v[2], -v[0])), 1.0

    done: Stop = lambda t, x: sim.inertial_speed(x) < slow  # noqa: E731
    return sim.fly("vacuum", time, start, lit, retrograde, done, 0.5, 120.0)


def _impact(sim: Simulator, x: FloatArray) -> float:
    """Return the downrange distance (m) at which a body in free fall over a flat Earth without air comes down."""
    height, climb = sim.altitude(x), sim.climb_rate(x)
    gravity = STANDARD_GRAVITY * (1.0 - 2.0 * height / 6.4e6)
    return float(x[0] + x[3] * (climb + sqrt(climb**2 + 2.0 * gravity * max(height, 0.0))) / gravity)


def _descend(
    plan: LaunchPlan, sim: Simulator, coast: Arc, p: Named, aim: _Aim, body: Returner, braked: bool
) -> dict[str, Arc]:
    home, prefix = body.home, body.prefix
    arcs = _brake(plan, sim, coast, p, aim, body) if braked else _glide(sim, coast, p, aim, body)
    throttle, lead = home.landing_throttle_max.si, max(home.ignition_lead_s.si, 0.5)
    landing = vehicle_parameters.descent_inputs(_landing_engines(body, p), body.body)(p)
    last = arcs[prefix + "glide"]
    arcs[prefix + "ignition"] = light = sim.fly(
        "descent", last.end_time, last.end, landing, lambda t, x: (0.0, throttle * (t - last.end_time) / lead),
        lambda t, x: False, lead / 4, lead,
    )  # fmt: skip
    burn = sim.fly(
        "descent", light.end_time, light.end, landing, lambda t, x: (0.0, throttle),
        lambda t, x: sim.climb_rate(x) > -3.0 or sim.altitude(x) < -2e3, 0.5, 60.0,
    )  # fmt: skip
    return arcs | {prefix + name: arc for name, arc in _split(burn, home.landing_engines, throttle).items()}


def _landing_engines(body: Returner, p: Named) -> int:
    """Return the smallest engine count of the landing that decelerates an almost empty body by half a g."""
    home = body.home
    for lit in sorted(home.landing_engines):
        thrust = lit * home.landing_throttle_max.si * p[f"{body.body}.thrust_sea_level"]
        if thrust > 1.5 * STANDARD_GRAVITY * 1.15 * p[body.dry[0]]:
            return lit
    return max(home.landing_engines)


def _slower_than(speed: float) -> Stop:
    """Return the condition that the speed is below a value (m/s)."""
    return lambda t, x: sqrt(x[3] * x[3] + x[4] * x[4] + x[5] * x[5]) < speed


def _glide(sim: Simulator, before: Arc, p: Named, aim: _Aim, body: Returner) -> dict[str, Arc]:
    """Return the flight without thrust to the height of ignition."""
    off = vehicle_parameters.descent_inputs(0, body.body)(p)
    down: Stop = lambda t, x: sim.altitude(x) < aim.ignition  # noqa: E731
    longest = 300.0 if body.body != "upper_stage" else 1200.0
    arc = sim.fly("descent", before.end_time, before.end, off, lambda t, x: (0.0, 0.0), down, 1.0, longest)
    return {f"{body.prefix}glide": arc}


def _brake(plan: LaunchPlan, sim: Simulator, coast: Arc, p: Named, aim: _Aim, body: Returner) -> dict[str, Arc]:
    """Return entry burn and glide, the burn just long enough for the glide to stay within pressure and heating limits."""
    home, prefix = body.home, body.prefix
    assert isinstance(home, Recovery)
    engines = vehicle_parameters.descent_inputs(home.entry_engines or 1, body.body)(p)
    throttle = home.entry_throttle_max.si if home.entry_throttle_max else 1.0
    begun = float(np.linalg.norm(coast.end[3:6]))
    hottest = home.heating_max_kW_m2.si if home.heating_max_kW_m2 else np.inf
    arcs: dict[str, Arc] = {}
    for share in (0.92, 0.82, 0.72, 0.62, 0.52):
        entry = sim.fly(
            "descent", coast.end_time, coast.end, engines, lambda t, x: (0.0, throttle),
            _slower_than(share * begun), 1.0, 60.0,
        )  # fmt: skip
        arcs = {prefix + "entry": entry} | _glide(sim, entry, p, aim, body)
        pressure, heating = sim.loads(arcs[prefix + "glide"].states, p[f"{body.body}.base_area"])
        if pressure < home.dynamic_pressure_max_kPa.si and heating < hottest:
            break
    return arcs


def _split(arc: Arc, engines: tuple[int, ...], throttle: float) -> dict[str, Arc]:
    """Return a landing burn cut into one arc for each engine count, the last one the longest."""
    if len(engines) == 1:
        return {f"landing_{engines[0]}": arc}
    count = len(arc.time)
    cuts = np.linspace(0, 0.6 * count, len(engines)).astype(int)
    arcs = {}
    for i, lit in enumerate(engines):
        first = cuts[i]
        last = cuts[i + 1] if i + 1 < len(engines) else count - 1
        last = max(last, first + 1)
        part = slice(first, last + 1)
        arcs[f"landing_{lit}"] = Arc(arc.time[part], arc.states[part], arc.angle[part], arc.throttle[part], arc.names)
    return arcs
