"""First guesses by simulation: a gravity-turn ascent, a linear-tangent upper stage, a booster that brakes within limits.

Nothing here is set per vehicle. The kick angle of the ascent is searched for the path angle at staging, the two steering
coefficients of the upper stage for level flight at the injection altitude, and the payload so that the upper stage's
propellant is just used up.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq, least_squares

from hoverslam.flights.craft import vehicle_parameters
from hoverslam.flights.launch.plan import LaunchPlan
from hoverslam.flights.launch.simulation import Arc, Simulator, Stop
from hoverslam.ocp.statement.names import Named
from hoverslam.ocp.statement.phase import Guess
from hoverslam.physics.constants import EARTH_GRAVITATIONAL_PARAMETER, STANDARD_GRAVITY
from hoverslam.physics.motion import Inputs

FloatArray = NDArray[np.float64]

# Typical staging of each recovery mode: flight-path angle (rad), and the share of the first stage's propellant kept back,
# which is where the search for it begins.
_STAGING = {"expendable": (0.42, 0.0), "downrange": (0.52, 0.08), "return_to_launch_site": (0.80, 0.16)}
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


def simulate_launch(plan: LaunchPlan, sim: Simulator) -> LaunchGuess:
    """Return a guess of the whole launch by simulation."""
    rough = 0.03 * float(vehicle_parameters.liftoff_mass(Named(plan.values, payload=0.0)))
    kept = _propellant_kept(plan, sim, rough)

    def excess(payload: float) -> float:
        _, left, _ = _to_orbit(plan, sim, payload, kept)
        return left - float(vehicle_parameters.injected_mass(Named(plan.values, payload=payload)))

    payload = _find_payload(excess, rough)
    arcs, _, staged = _to_orbit(plan, sim, payload, kept)
    if plan.recovery != "expendable":
        arcs |= simulate_return(plan, sim, staged.end_time, staged.end)
    return LaunchGuess(_as_guesses(arcs), payload)


def _propellant_kept(plan: LaunchPlan, sim: Simulator, payload: float) -> float:
    """Return the propellant (kg) kept at cut-off that just suffices for the return from the resulting staging state."""
    if plan.recovery == "expendable":
        return 0.0
    empty = plan.values["stage1.dry_mass"] + plan.values["stage1.residual"]
    kept = _STAGING[plan.recovery][1] * plan.values["stage1.propellant"]
    for _ in range(4):
        staged = list(_climb(plan, sim, payload, kept).values())[-1]
        home = simulate_return(plan, sim, staged.end_time, staged.end)
        needed = float(next(iter(home.values())).states[0, 6]) - empty
        kept += 0.6 * (float(np.clip(needed, 0.6 * kept, 1.5 * kept)) - kept)
    return kept


def fly_home(plan: LaunchPlan, sim: Simulator, time: float, staging: FloatArray) -> dict[str, Guess]:
    """Return guesses of the booster's phases from the time (s) and state ``(7,)`` at cut-off."""
    return _as_guesses(simulate_return(plan, sim, time, staging))


def circularise(plan: LaunchPlan, sim: Simulator, time: float, injected: FloatArray) -> dict[str, Guess]:
    """Return guesses of the coast to apogee and the second burn from time (s) and state ``(7,)`` after the first burn."""
    p = Named(plan.values)
    inputs = vehicle_parameters.upper_inputs(plan.vehicle.stage2.engine.count)(p)  # type: ignore[union-attr]
    return _as_guesses(_second_burn(plan, sim, time, injected, p, inputs))


def _as_guesses(arcs: dict[str, Arc]) -> dict[str, Guess]:
    coasting = {"staging", "orbit_coast", "coast", "flip"}
    return {name: arc.guess(name not in coasting) for name, arc in arcs.items()}


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
def _climb(plan: LaunchPlan, sim: Simulator, payload: float, kept: float) -> dict[str, Arc]:
    """Return the first stage's arcs to cut-off with ``kept`` kg of propellant left, at the path angle of the mode."""
    angle = _STAGING[plan.recovery][0]
    p = Named(plan.values, payload=payload)
    cutoff = float(vehicle_parameters.upper_stack_mass(p)) + p["stage1.dry_mass"] + p["stage1.residual"] + kept

    def path_angle(kick: float) -> float:
        end = list(_ascent(plan, sim, payload, kick, cutoff, coarse=True).values())[-1].end
        return float(np.arcsin(np.clip(sim.climb_rate(end) / np.linalg.norm(end[3:6]), -1, 1))) - angle

    kick = _first_crossing(path_angle, np.radians([0.05, 0.4, 1.2, 2.5, 4.5, 8.0, 15.0]))
    return _ascent(plan, sim, payload, kick, cutoff)


def _to_orbit(plan: LaunchPlan, sim: Simulator, payload: float, kept: float) -> tuple[dict[str, Arc], float, Arc]:
    """Return all arcs to orbit, the mass that would reach the orbit (kg), and the arc that ends at staging."""
    p = Named(plan.values, payload=payload)
    arcs = _climb(plan, sim, payload, kept)
    staged = list(arcs.values())[-1]
    start = staged.end.copy()
    start[6] = float(vehicle_parameters.upper_stack_mass(p))
    inputs = vehicle_parameters.upper_inputs(plan.vehicle.stage2.engine.count)(p)  # type: ignore[union-attr]
    off = vehicle_parameters.upper_inputs(0)(p)
    coast = sim.fly(
        "vacuum", staged.end_time, start, off, lambda t, x: (0.0, 0.0), lambda t, x: False, 2.0, plan.staging_coast
    )
    steer = _steering_to_orbit(plan, sim, coast, p, inputs)
    arcs["staging"] = coast
    arcs |= _upper(plan, sim, coast, p, inputs, steer)
    final = list(arcs.values())[-1]
    return arcs, _mass_in_orbit(plan, sim, final, p), staged


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
    plan: LaunchPlan, sim: Simulator, payload: float, kick: float, cutoff: float, coarse: bool = False
) -> dict[str, Arc]:
    vehicle, p = plan.vehicle, Named(plan.values, payload=payload)
    step, count = (4.0 if coarse else 2.0), vehicle.stage1.engine.count
    limit = vehicle.limits.axial_acceleration_max_g.si
    start = np.array([0.0, 0, 0, 0, 0, 0, float(vehicle_parameters.liftoff_mass(p))])
    solids = vehicle.strap_ons is not None
    inputs = vehicle_parameters.ascent_inputs(count, solids)(p)

    most = vehicle.stage1.engine.throttle_max.si

    def steer(t: float, x: FloatArray) -> tuple[float, float]:
        # The turn starts at a speed, not at a time: a vehicle that climbs slowly would turn too far.
        turning = t >= rise - 1e-9 and np.hypot(x[3], x[5]) > _KICK_SPEED
        pitch = min(np.arctan2(x[5], x[3]), np.pi / 2 - kick) if turning else np.pi / 2
        return float(pitch), float(min(most, limit * x[6] / inputs.engines.thrust_vacuum))

    rise = vehicle.limits.vertical_rise_s.si
    arcs = {"rise": sim.fly("ascent", 0.0, start, inputs, steer, lambda t, x: False, step, rise)}
    last = arcs["rise"]
    if solids:
        burn = vehicle.strap_ons.burn_time_s.si - rise  # type: ignore[union-attr]
        arcs["solids"] = sim.fly("ascent", last.end_time, last.end, inputs, steer, lambda t, x: False, step, burn)
        last = arcs["solids"]
        inputs = vehicle_parameters.ascent_inputs(count, False)(p)
    begin = last.end.copy()
    if solids:
        begin[6] -= p["strap_ons.dry_mass"]
    empty = max((begin[6] - cutoff) / inputs.engines.mass_flow, 5.0)
    arcs["ascent"] = sim.fly(
        "ascent", last.end_time, begin, inputs, steer, lambda t, x: x[6] <= cutoff, step, 2.0 * empty
    )
    return arcs


def _injection(plan: LaunchPlan) -> tuple[float, float]:
    """Return altitude (m) and inertial speed (m/s) at the end of the upper stage's first burn."""
    orbit = plan.orbit
    if plan.two_burns:
        return _PARKING_ALTITUDE, vehicle_parameters.perigee_speed(_PARKING_ALTITUDE, orbit.perigee_altitude)
    return orbit.perigee_altitude, vehicle_parameters.perigee_speed(orbit.perigee_altitude, orbit.apogee_altitude)


def _steering_to_orbit(plan: LaunchPlan, sim: Simulator, coast: Arc, p: Named, inputs: Inputs) -> tuple[float, float]:
    """Return (a, b) of tan(local pitch) = a - b t with which the first burn ends in level flight at its altitude."""
    altitude, _ = _injection(plan)

    def miss(ab: FloatArray) -> FloatArray:
        end = _upper(plan, sim, coast, p, inputs, (ab[0], ab[1]), coarse=True)["upper"].end
        return np.array([(sim.altitude(end) - altitude) / 5e4, sim.climb_rate(end) / 500.0])

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
    inputs: Inputs,
    tangent: tuple[float, float],
    coarse: bool = False,
) -> dict[str, Arc]:
    """Return the upper-stage arcs: shrouded, upper, and for two burns the coast and the second burn."""
    _, speed = _injection(plan)
    step, ignition = (10.0 if coarse else 4.0), coast.end_time
    light = 0.05 * coast.end[6]

    def steer(t: float, x: FloatArray) -> tuple[float, float]:
        local = np.arctan(tangent[0] - tangent[1] * (t - ignition))
        return local - sim.local_pitch_offset(x), 1.0

    def done(t: float, x: FloatArray) -> bool:
        return sim.inertial_speed(x) >= speed or x[6] < light

    shrouded = sim.fly(
        "vacuum", ignition, coast.end, inputs, steer,
        lambda t, x: sim.altitude(x) > _FAIRING_ALTITUDE or done(t, x), min(step, 4.0), 600.0,
    )  # fmt: skip
    bare = shrouded.end.copy()
    bare[6] -= p["fairing.mass"]
    arcs = {
        "shrouded": shrouded,
        "upper": sim.fly("vacuum", shrouded.end_time, bare, inputs, steer, done, step, 1200.0),
    }
    if plan.two_burns and not coarse:
        arcs |= _second_burn(plan, sim, arcs["upper"].end_time, arcs["upper"].end, p, inputs)
    return arcs


def _second_burn(
    plan: LaunchPlan, sim: Simulator, begun: float, start: FloatArray, p: Named, inputs: Inputs
) -> dict[str, Arc]:
    off = vehicle_parameters.upper_inputs(0)(p)

    def at_apogee(t: float, x: FloatArray) -> bool:
        return t - begun > 600.0 and sim.climb_rate(x) < 0.0

    coast = sim.fly("vacuum", begun, start, off, lambda t, x: (0.0, 0.0), at_apogee, 20.0, 3200.0)

    def prograde(t: float, x: FloatArray) -> tuple[float, float]:
        v = sim.inertial_velocity(x)
        return float(np.arctan2(v[2], v[0])), 1.0

    circular = np.sqrt(EARTH_GRAVITATIONAL_PARAMETER / np.linalg.norm(coast.end[:3] + plan.frame.origin))
    second = sim.fly(
        "vacuum",
        coast.end_time,
        coast.end,
        inputs,
        prograde,
        lambda t, x: sim.inertial_speed(x) >= circular,
        0.5,
        120.0,
    )
    return {"orbit_coast": coast, "second_burn": second}


def _mass_in_orbit(plan: LaunchPlan, sim: Simulator, last: Arc, p: Named) -> float:
    """Return the mass (kg) after an instant burn from the end of the last arc to the orbit's speed (rocket equation)."""
    radius = np.linalg.norm(last.end[:3] + plan.frame.origin)
    _, wanted = _injection(plan)
    if plan.two_burns:
        wanted = np.sqrt(EARTH_GRAVITATIONAL_PARAMETER / radius)
    missing = wanted - sim.inertial_speed(last.end)
    return float(last.end[6] * np.exp(-missing / (STANDARD_GRAVITY * p["stage2.isp_vacuum"])))


# ---- booster ---------------------------------------------------------------------------------------------------------
def simulate_return(plan: LaunchPlan, sim: Simulator, time: float, staging: FloatArray) -> dict[str, Arc]:
    """Return the booster's arcs from time (s) and state ``(7,)`` at cut-off to touchdown.

    Repeated flights correct the mass at the start, the impact point that the boostback burn aims for and the height of
    ignition, so that the last flight ends near the target, near the ground and with the propellant that should be left.
    """
    p = Named(plan.values)
    aim = _Aim(mass=1.9 * p["stage1.dry_mass"], impact=0.0 if plan.target is None else float(plan.target[0]))
    required = p["stage1.dry_mass"] + p["stage1.residual"] + p["landing.reserve"]
    arcs: dict[str, Arc] = {}
    for _ in range(6):
        start = np.concatenate([staging[:6], [aim.mass]])
        arcs = _fly_back(plan, sim, time, start, p, aim)
        end = list(arcs.values())[-1].end
        if not np.all(np.isfinite(end)):
            break
        aim.mass *= float(np.clip(required / end[6], 0.7, 1.3))
        aim.ignition = max(0.3 * aim.ignition, aim.ignition - sim.altitude(end))
        if plan.target is not None:
            aim.impact += float(np.clip(plan.target[0] - end[0], -2e4, 2e4))
    return arcs


@dataclass
class _Aim:
    """What the booster's simulation corrects: mass at cut-off (kg), impact point (m), height of ignition (m)."""

    mass: float
    impact: float
    ignition: float = 5e3


def _fly_back(plan: LaunchPlan, sim: Simulator, time: float, start: FloatArray, p: Named, aim: _Aim) -> dict[str, Arc]:
    home = plan.vehicle.recovery
    assert home is not None
    off, arcs, at = vehicle_parameters.descent_inputs(0)(p), {}, (time, start)
    never, idle = (lambda t, x: False), (lambda t, x: (0.0, 0.0))
    if plan.recovery == "return_to_launch_site":
        arcs["flip"] = sim.fly("vacuum", *at, off, idle, never, 2.0, plan.flip)
        burning = vehicle_parameters.descent_inputs(home.boostback_engines or 1)(p)
        most = home.boostback_throttle_max.si if home.boostback_throttle_max else 1.0
        arcs["boostback"] = sim.fly(
            "vacuum", arcs["flip"].end_time, arcs["flip"].end, burning, lambda t, x: (_BOOSTBACK_PITCH, most),
            lambda t, x: _impact(sim, x) < aim.impact or x[6] < 0.5 * p["stage1.dry_mass"] or sim.altitude(x) < 30e3,
            1.0, 150.0,
        )  # fmt: skip
        at = (arcs["boostback"].end_time, arcs["boostback"].end)
    arcs["coast"] = sim.fly(
        "descent", *at, off, idle, lambda t, x: sim.climb_rate(x) < 0 and sim.altitude(x) < _ENTRY_ALTITUDE, 5.0, 700.0
    )
    return arcs | _descend(plan, sim, arcs["coast"], p, aim)


def _impact(sim: Simulator, x: FloatArray) -> float:
    """Return the downrange distance (m) at which a body in free fall over a flat Earth without air comes down."""
    height, climb = sim.altitude(x), sim.climb_rate(x)
    gravity = STANDARD_GRAVITY * (1.0 - 2.0 * height / 6.4e6)
    return float(x[0] + x[3] * (climb + np.sqrt(climb**2 + 2.0 * gravity * max(height, 0.0))) / gravity)


def _descend(plan: LaunchPlan, sim: Simulator, coast: Arc, p: Named, aim: _Aim) -> dict[str, Arc]:
    home = plan.vehicle.recovery
    assert home is not None
    arcs = _brake(plan, sim, coast, p, aim)
    throttle, lead = home.landing_throttle_max.si, max(home.ignition_lead_s.si, 0.5)
    landing = vehicle_parameters.descent_inputs(_landing_engines(plan, p))(p)
    last = arcs["glide"]
    arcs["ignition"] = sim.fly(
        "descent", last.end_time, last.end, landing, lambda t, x: (0.0, throttle * (t - last.end_time) / lead),
        lambda t, x: False, lead / 4, lead,
    )  # fmt: skip
    last = arcs["ignition"]
    burn = sim.fly(
        "descent", last.end_time, last.end, landing, lambda t, x: (0.0, throttle),
        lambda t, x: sim.climb_rate(x) > -3.0 or sim.altitude(x) < -2e3, 0.5, 60.0,
    )  # fmt: skip
    return arcs | _split(burn, home.landing_engines, throttle)


def _landing_engines(plan: LaunchPlan, p: Named) -> int:
    """Return the smallest engine count of the landing that decelerates an almost empty stage by half a g."""
    home = plan.vehicle.recovery
    assert home is not None
    for lit in sorted(home.landing_engines):
        thrust = lit * home.landing_throttle_max.si * p["stage1.thrust_sea_level"]
        if thrust > 1.5 * STANDARD_GRAVITY * 1.15 * p["stage1.dry_mass"]:
            return lit
    return max(home.landing_engines)


def _slower_than(speed: float) -> Stop:
    """Return the condition that the speed is below a value (m/s)."""
    return lambda t, x: float(np.linalg.norm(x[3:6])) < speed


def _brake(plan: LaunchPlan, sim: Simulator, coast: Arc, p: Named, aim: _Aim) -> dict[str, Arc]:
    """Return entry burn and glide, the burn just long enough for the glide to stay within pressure and heating limits."""
    home = plan.vehicle.recovery
    assert home is not None
    engines = vehicle_parameters.descent_inputs(home.entry_engines or 1)(p)
    throttle = home.entry_throttle_max.si if home.entry_throttle_max else 1.0
    begun = float(np.linalg.norm(coast.end[3:6]))
    hottest = home.heating_max_kW_m2.si if home.heating_max_kW_m2 else np.inf
    arcs: dict[str, Arc] = {}
    for share in (0.92, 0.82, 0.72, 0.62, 0.52):
        entry = sim.fly(
            "descent", coast.end_time, coast.end, engines, lambda t, x: (0.0, throttle),
            _slower_than(share * begun), 1.0, 60.0,
        )  # fmt: skip
        glide = sim.fly(
            "descent", entry.end_time, entry.end, vehicle_parameters.descent_inputs(0)(p), lambda t, x: (0.0, 0.0),
            lambda t, x: sim.altitude(x) < aim.ignition, 1.0, 300.0,
        )  # fmt: skip
        arcs = {"entry": entry, "glide": glide}
        pressure, heating = sim.loads(glide.states, p["stage1.base_area"])
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
