"""From an optimal recovery and a vehicle's figures to what guidance is given before the flight."""

import jax
import jax.numpy as jnp
import numpy as np

from hoverslam.flights.craft import vehicle_parameters
from hoverslam.margins.disturbances.booster import Booster, BoosterFlight
from hoverslam.margins.guidance.powered_landing import TOUCHDOWN_SPEED, LandingGuidance, predicted_stop
from hoverslam.margins.guidance.recovery import Boostback, Entry, Plan
from hoverslam.margins.guidance.reference import Leg, Reference
from hoverslam.margins.guidance.steering import descent_of, energy, impact
from hoverslam.ocp.statement.names import Named
from hoverslam.vehicles.models import Vehicle

THROTTLE_LAG, ATTITUDE_LAG = 0.15, 0.4  # s, estimates: gas-generator engines; a stage on gimbals and grid fins
IGNITION_MARGIN = 0.03  # of the reference's ignition height: lit so much sooner, for thrust that turns out low
LEVEL = 50.0  # m/s: what falls more slowly is near the top of its way, where its height does not tell the time
WATCH = 3.0  # s of fall above the reference's ignition where its prediction begins
ENTRY_WINDOW = (
    0.03,
    0.35,
)  # of the squared speed at the end of the entry burn: energy more and less than the reference's
AXES = 65  # samples of the boostback attitude


def booster_of(vehicle: Vehicle, reference: Reference) -> Booster:
    """Nominal figures of the returning stage.

    Guidance may use what the plan left: throttle up to the engine's rating, angle of attack up to the high end of the
    vehicle's band, where the optimum was held to its value.
    """
    home, engine, p = vehicle.recovery, vehicle.stage1.engine, Named(reference.values)
    assert home is not None
    one = vehicle_parameters.descent_inputs(1)(p)
    alpha = home.angle_of_attack_max_deg
    return Booster(
        thrust_vacuum=one.engines.thrust_vacuum,
        mass_flow=one.engines.mass_flow,
        exit_area=one.engines.exit_area,
        throttle_floor=engine.throttle_min.si,
        throttle_most=engine.throttle_max.si,
        start_ramp=home.ignition_lead_s.si,
        throttle_lag=THROTTLE_LAG,
        attitude_lag=ATTITUDE_LAG,
        turn_rate=vehicle_parameters.flip_rate(vehicle),
        angle_of_attack=float(np.tan(alpha.high_si)),
        base_area=one.shape.base_area,
        axial_factor=one.shape.axial_factor,
        side_area_ratio=one.shape.side_area_ratio,
        preserved_drag=one.shape.preserved_drag,
        empty_mass=p["stage1.dry_mass"] + p["stage1.residual"],
    )


def flights_of(reference: Reference) -> tuple[BoosterFlight, BoosterFlight]:
    """Equations of motion of boostback, which the optimum flies without air, and of all that follows."""
    return BoosterFlight(reference.frame, "vacuum"), BoosterFlight(reference.frame, "descent")


def plan_of(vehicle: Vehicle, reference: Reference, booster: Booster) -> Plan:
    """What guidance follows."""
    first = next(iter(reference.legs.values()))
    boostback = _boostback(vehicle, reference) if "boostback" in reference.legs else None
    plan = Plan(
        first.position[0],
        first.velocity[0],
        first.mass[0],
        boostback,
        _entry(vehicle, reference),
        descent_of(reference, booster),
        _landing(vehicle, reference, booster),
    )
    return jax.tree.map(jnp.asarray, plan)


def _boostback(vehicle: Vehicle, reference: Reference) -> Boostback:
    home, leg, frame = vehicle.recovery, reference.legs["boostback"], reference.frame
    assert home is not None
    radius = float(np.linalg.norm(frame.from_centre(reference.legs["entry"].position[0])))
    times = np.linspace(0.0, leg.duration, AXES)
    at = lambda rows: np.stack([np.interp(times, leg.time - leg.time[0], c) for c in rows.T], axis=1)  # noqa: E731
    points = np.array([impact(frame, r, v, radius)[0] for r, v in zip(at(leg.position), at(leg.velocity), strict=True)])
    target = points[-1]
    along = (target - points[0]) * np.array([1.0, 1.0, 0.0])
    towards = along / np.linalg.norm(along)
    side = np.cross([0.0, 0.0, 1.0], towards)
    return Boostback(
        engines=float(home.boostback_engines or 1),
        throttle=float(leg.throttle[0]),
        wait=reference.legs["flip"].duration - 0.5 * home.ignition_lead_s.si,
        duration=leg.duration,
        step=times[1],
        axes=at(leg.axis),
        across=points @ side,
        target=target,
        towards=towards,
        side=side,
        radius=radius,
    )


def _entry(vehicle: Vehicle, reference: Reference) -> Entry:
    home, leg = vehicle.recovery, reference.legs["entry"]
    assert home is not None
    after, frame = reference.legs["glide"], reference.frame
    energies = [float(energy(after.position[i], after.velocity[i])) for i in (0, 2)]
    slope = (energies[0] - energies[1]) / (after.position[0, 2] - after.position[2, 2])
    radius = float(np.linalg.norm(frame.from_centre(after.position[-1])))
    target = np.asarray(impact(frame, after.position[0], after.velocity[0], radius)[0])
    level = after.velocity[0] * np.array([1.0, 1.0, 0.0])
    speed, aimed = float(np.linalg.norm(after.velocity[0])), "boostback" in reference.legs  # which has set the impact
    return Entry(
        engines=float(home.entry_engines or 1),
        throttle=float(leg.throttle[0]),
        height=leg.position[0, 2],
        after=reference.legs["coast"].duration if leg.velocity[0, 2] > -LEVEL else np.inf,
        duration=leg.duration,
        radius=radius,
        target=target,
        towards=level / np.linalg.norm(level),
        end_energy=energies[0],
        end_height=after.position[0, 2],
        drag=slope,
        above=0.0 if aimed else ENTRY_WINDOW[0] * speed**2,
        below=0.0 if aimed else ENTRY_WINDOW[1] * speed**2,
    )


def _landing(vehicle: Vehicle, reference: Reference, booster: Booster) -> LandingGuidance:
    home, legs = vehicle.recovery, [reference.legs[name] for name in reference.landing]
    assert home is not None
    lit, ignition = reference.legs["ignition"], BoosterFlight(reference.frame, "descent")
    counts = [float(n) for n in home.landing_engines]
    sinks = [-float(leg.velocity[0, 2]) for leg in legs[1:]]
    duration = sum(leg.duration for leg in [lit, *legs])
    guidance = LandingGuidance(
        engines=np.array((counts + counts[-1:] * 2)[:3]),
        sinks=np.array((sinks + [-1e3] * 2)[:2]),
        gates=_gates(legs),
        throttle=home.landing_throttle_max.si,
        ignition_height=lit.position[0, 2],
        watch=WATCH * -lit.velocity[0, 2],
        stop_height=0.0,
        tilt=_tilt([lit, *legs]) + np.radians(5.0),
        duration=duration,
        step=min(0.1, duration / 200.0),
    )
    guidance = jax.tree.map(jnp.asarray, guidance)
    stop = predicted_stop(
        ignition, booster, guidance, jnp.asarray(lit.position[0]), jnp.asarray(lit.velocity[0]), lit.mass[0]
    )
    return guidance._replace(stop_height=stop + IGNITION_MARGIN * guidance.ignition_height)


def _gates(legs: list[Leg]) -> np.ndarray:
    """Where each engine count hands over to the next, the last to the ground; what is not used repeats the ground."""
    end = legs[-1].time[-1]
    handovers = [(leg.position[0, 2], -leg.velocity[0, 2], end - leg.time[0]) for leg in legs[1:]]
    return np.array(([*handovers, *[(0.0, TOUCHDOWN_SPEED, 0.0)] * 3])[:3])


def _tilt(legs: list[Leg]) -> float:
    return float(max(np.arccos(np.clip(leg.axis[:, 2], -1.0, 1.0)).max() for leg in legs))
