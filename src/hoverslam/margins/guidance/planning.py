"""The plan of guidance before the flight, made from an optimal recovery and the figures of the vehicle."""

import jax
import jax.numpy as jnp
import numpy as np

from hoverslam.flights.craft import vehicle_parameters
from hoverslam.margins.disturbances.booster import Booster, BoosterFlight
from hoverslam.margins.disturbances.dispersions import ENGINES_DRAWN
from hoverslam.margins.guidance.figures import FIGURES
from hoverslam.margins.guidance.powered_landing import TOUCHDOWN_SPEED, LandingGuidance, predicted_stop
from hoverslam.margins.guidance.recovery import BoostbackPlan, EntryPlan, GuidancePlan
from hoverslam.margins.guidance.reference import Leg, Reference
from hoverslam.margins.guidance.steering import descent_table_of, energy, impact
from hoverslam.ocp.statement.names import Named
from hoverslam.vehicles.models import Vehicle

LEVEL_FLIGHT = 50.0  # m/s of sink rate, below which height does not determine the time: the booster is near its apex
WATCH_TIME = 3.0  # s of descent above the reference's ignition, in which the landing burn is predicted at every step
AXES = 65  # samples of the boostback attitude: at most a second apart
NEVER = -1e3  # m/s: a sink rate that is never reached, so that the next stage does not begin
CONTROL_STEP = 0.1  # s, below the lag of the throttle
LEAST_CONTROL_STEPS = 200  # of a landing burn


def booster_of(vehicle: Vehicle, reference: Reference) -> Booster:
    """Return the nominal figures of the returning stage.

    The limits of guidance are wider than those of the optimum: throttle up to the rating of the engine instead of the planned
    throttle, and angle of attack up to the high end of its band instead of its value.
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
        throttle_lag=FIGURES.actuators.throttle_lag_s.si,
        attitude_lag=FIGURES.actuators.attitude_lag_s.si,
        turn_rate=vehicle_parameters.flip_rate(vehicle),
        angle_of_attack=float(np.tan(alpha.high_si)),
        base_area=one.shape.base_area,
        axial_factor=one.shape.axial_factor,
        side_area_ratio=one.shape.side_area_ratio,
        preserved_drag=one.shape.preserved_drag,
        empty_mass=p["stage1.dry_mass"] + p["stage1.residual"],
    )


def flights_of(reference: Reference) -> tuple[BoosterFlight, BoosterFlight]:
    """Return the equations of motion of boostback, without air as in the optimum, and of all later parts."""
    return BoosterFlight(reference.frame, "vacuum"), BoosterFlight(reference.frame, "descent")


def plan_of(vehicle: Vehicle, reference: Reference, booster: Booster) -> GuidancePlan:
    """Return the plan of guidance.

    Raises:
        ValueError: If a burn uses more engines than a sample has thrusts for.
    """
    _check_engines(vehicle)
    first = next(iter(reference.legs.values()))
    boostback = _boostback(vehicle, reference) if "boostback" in reference.legs else None
    plan = GuidancePlan(
        position=jnp.asarray(first.position[0]),
        velocity=jnp.asarray(first.velocity[0]),
        mass=jnp.asarray(first.mass[0]),
        boostback=boostback,
        entry=_entry(vehicle, reference),
        descent=descent_table_of(reference, booster),
        landing=_landing(vehicle, reference, booster),
    )
    return jax.tree.map(jnp.asarray, plan)


def _check_engines(vehicle: Vehicle) -> None:
    home = vehicle.recovery
    assert home is not None
    most = max(home.boostback_engines or 1, home.entry_engines or 1, *home.landing_engines)
    if most > ENGINES_DRAWN:
        raise ValueError(f"{vehicle.name}: a burn of {most} engines: dispersions are drawn for at most {ENGINES_DRAWN}")


def _boostback(vehicle: Vehicle, reference: Reference) -> BoostbackPlan:
    home, leg, frame = vehicle.recovery, reference.legs["boostback"], reference.frame
    assert home is not None
    radius = float(np.linalg.norm(frame.from_centre(reference.legs["entry"].position[0])))
    times = np.linspace(0.0, leg.duration, AXES)

    def at(rows: np.ndarray) -> np.ndarray:
        """Return rows ``(n, 3)`` of the leg interpolated to ``times``."""
        return np.stack([np.interp(times, leg.time - leg.time[0], c) for c in rows.T], axis=1)

    points = np.array([impact(frame, r, v, radius)[0] for r, v in zip(at(leg.position), at(leg.velocity), strict=True)])
    target = points[-1]
    along = (target - points[0]) * np.array([1.0, 1.0, 0.0])
    towards = along / np.linalg.norm(along)
    side = np.cross([0.0, 0.0, 1.0], towards)
    return BoostbackPlan(
        engines=jnp.asarray(float(home.boostback_engines or 1)),
        throttle=jnp.asarray(float(leg.throttle[0])),
        wait=jnp.asarray(reference.legs["flip"].duration - 0.5 * home.ignition_lead_s.si),
        duration=jnp.asarray(leg.duration),
        step=jnp.asarray(times[1]),
        axes=jnp.asarray(at(leg.axis)),
        across=jnp.asarray(points @ side),
        target=jnp.asarray(target),
        towards=jnp.asarray(towards),
        side=jnp.asarray(side),
        radius=jnp.asarray(radius),
    )


def _entry(vehicle: Vehicle, reference: Reference) -> EntryPlan:
    home, leg = vehicle.recovery, reference.legs["entry"]
    assert home is not None
    after, frame = reference.legs["glide"], reference.frame
    energies = [float(energy(after.position[i], after.velocity[i])) for i in (0, 2)]
    slope = (energies[0] - energies[1]) / (after.position[0, 2] - after.position[2, 2])
    radius = float(np.linalg.norm(frame.from_centre(after.position[-1])))
    target = np.asarray(impact(frame, after.position[0], after.velocity[0], radius)[0])
    level = after.velocity[0] * np.array([1.0, 1.0, 0.0])
    speed = float(np.linalg.norm(after.velocity[0]))
    aimed = "boostback" in reference.legs  # boostback has already set the impact point
    return EntryPlan(
        engines=jnp.asarray(float(home.entry_engines or 1)),
        throttle=jnp.asarray(float(leg.throttle[0])),
        height=jnp.asarray(leg.position[0, 2]),
        after=jnp.asarray(reference.legs["coast"].duration if leg.velocity[0, 2] > -LEVEL_FLIGHT else np.inf),
        duration=jnp.asarray(leg.duration),
        radius=jnp.asarray(radius),
        target=jnp.asarray(target),
        towards=jnp.asarray(level / np.linalg.norm(level)),
        end_energy=jnp.asarray(energies[0]),
        end_height=jnp.asarray(after.position[0, 2]),
        drag=jnp.asarray(slope),
        above=jnp.asarray(0.0 if aimed else FIGURES.entry_burn.energy_above.si * speed**2),
        below=jnp.asarray(0.0 if aimed else FIGURES.entry_burn.energy_below.si * speed**2),
    )


def _landing(vehicle: Vehicle, reference: Reference, booster: Booster) -> LandingGuidance:
    home, legs = vehicle.recovery, [reference.legs[name] for name in reference.landing]
    assert home is not None
    start, flight = reference.legs["ignition"], BoosterFlight(reference.frame, "descent")
    counts = [float(n) for n in home.landing_engines]
    sinks = [-float(leg.velocity[0, 2]) for leg in legs[1:]]
    duration = sum(leg.duration for leg in [start, *legs])
    guidance = LandingGuidance(
        engines=jnp.asarray(np.array((counts + counts[-1:] * 2)[:3])),
        sinks=jnp.asarray(np.array((sinks + [NEVER] * 2)[:2])),
        gates=jnp.asarray(_gates(legs)),
        throttle=jnp.asarray(home.landing_throttle_max.si),
        ignition_height=jnp.asarray(start.position[0, 2]),
        watch=jnp.asarray(WATCH_TIME * -start.velocity[0, 2]),
        stop_height=jnp.asarray(0.0),
        tilt=jnp.asarray(_tilt([start, *legs]) + FIGURES.landing_burn.tilt_margin_deg.si),
        duration=jnp.asarray(duration),
        step=jnp.asarray(min(CONTROL_STEP, duration / LEAST_CONTROL_STEPS)),
    )
    guidance = jax.tree.map(jnp.asarray, guidance)
    stop = predicted_stop(
        flight, booster, guidance, jnp.asarray(start.position[0]), jnp.asarray(start.velocity[0]), start.mass[0]
    )
    return guidance._replace(stop_height=stop + FIGURES.landing_burn.ignition_margin.si * guidance.ignition_height)


def _gates(legs: list[Leg]) -> np.ndarray:
    """Return where each stage of the burn ends ``(3, 3)``; the last one, and stages that are not used, at the ground."""
    end = legs[-1].time[-1]
    handovers = [(leg.position[0, 2], -leg.velocity[0, 2], end - leg.time[0]) for leg in legs[1:]]
    return np.array(([*handovers, *[(0.0, TOUCHDOWN_SPEED, 0.0)] * 3])[:3])


def _tilt(legs: list[Leg]) -> float:
    """Return the largest angle between the body axis and the vertical (rad)."""
    return float(max(np.arccos(np.clip(leg.axis[:, 2], -1.0, 1.0)).max() for leg in legs))
