"""What closed forms exclude before anything is solved: thrust to weight, speed to the orbit, range to the landing site.

The bounds are taken from the favourable side (no air, no losses, no payload), so that a flight that exists is never excluded.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from hoverslam.data.constants import STANDARD_GRAVITY
from hoverslam.data.errors import Mistake
from hoverslam.vehicles.closed_forms import (
    EARTH_TURN_RATE,
    ballistic_range,
    ground_distance,
    ideal_speed,
    least_speed_to,
    longest_rise_and_fall,
)
from hoverslam.vehicles.errors import VehicleError
from hoverslam.vehicles.models import Vehicle
from hoverslam.vehicles.places import Orbit, load_site
from hoverslam.vehicles.recovery import FREE, Recovery
from hoverslam.vehicles.recovery_modes import ModeOfFlight, load_mode
from hoverslam.vehicles.stages import SideBoosters, Stage, UpperStage

_ROUNDING = 0.98
"""Factor on the least speed to an orbit: three burns gain up to 2 % on two to the highest orbits that can be stated."""
_POWERED_RANGE = 5e5
"""Distance (m) beyond the ballistic range that a stage may cover under thrust and in the air."""
_FIRST = ("strap_ons", "side_boosters", "stage1")
_SLOW = 1.0
"""Acceleration (m/s2) of an empty stage below which the time aloft bounds the speed that it gives."""


@dataclass(frozen=True)
class _Burn:
    """One part of the flight as closed forms see it.

    Attributes:
        name: What burns, as the key of its section.
        impulse: Specific impulse in vacuum (s).
        propellant: Propellant that can be burned (kg).
        left: Mass that is dropped after the burn (kg).
        thrust: Thrust in vacuum at the highest throttle (N).
    """

    name: str
    impulse: float
    propellant: float
    left: float
    thrust: float


def refuse_impossible(vehicle: Vehicle, recovery: str, orbit: Orbit, payload: float = 0.0) -> None:
    """Raise an error if closed forms show that a vehicle cannot fly to an orbit in a recovery mode.

    Raises:
        VehicleError: With one line for each reason, which states the numbers.
    """
    if found := impossibilities(vehicle, recovery, orbit, payload):
        raise VehicleError([mistake.line(vehicle.name) for mistake in found])


def impossibilities(vehicle: Vehicle, recovery: str, orbit: Orbit, payload: float = 0.0) -> list[Mistake]:
    """Return why a vehicle cannot fly to an orbit in a recovery mode; empty where closed forms exclude nothing.

    Args:
        vehicle: A vehicle that flies to orbit.
        recovery: One of its recovery modes.
        orbit: The orbit, with its inclination.
        payload: Payload that has to be carried (kg).
    """
    mode = load_mode(recovery)
    burns = _burns(vehicle, mode, recovery)
    return [
        *_lift_off(vehicle),
        *_speed(vehicle, burns, orbit, payload),
        *_returns(vehicle, mode, recovery, burns, payload),
        *_landing_from_orbit(vehicle, mode, orbit),
    ]


def _lift_off(vehicle: Vehicle) -> Iterator[Mistake]:
    first = vehicle.stage1.engine
    thrust = vehicle.liftoff_thrust + first.count * first.thrust_sea_level * (first.throttle_max.value - 1.0)
    if vehicle.side_boosters is not None:
        own, count = vehicle.side_boosters.engine, vehicle.side_boosters.count
        thrust += count * own.count * own.thrust_sea_level * (own.throttle_max.value - 1.0)
    ratio = thrust / (vehicle.liftoff_mass() * STANDARD_GRAVITY)
    if ratio <= 1.0:
        mass = vehicle.liftoff_mass() / 1e3
        fix = f"{thrust / 1e3:,.0f} kN lift {ratio:.2f} times the {mass:,.0f} t on the pad, must be more than 1"
        yield Mistake("cannot lift off", "", fix)


def _burns(vehicle: Vehicle, mode: ModeOfFlight, recovery: str) -> list[_Burn]:
    """Return the burns of a flight in a favourable order: boosters first, each part dropped when it is empty."""
    found = []
    if vehicle.strap_ons is not None:
        motor, count = vehicle.strap_ons, vehicle.strap_ons.count
        impulse = max(motor.specific_impulse_vacuum_s.value, vehicle.stage1.engine.specific_impulse_vacuum_s.value)
        found.append(
            _Burn("strap_ons", impulse, count * motor.propellant_t.si, count * motor.dry_mass_t.si,
                  count * motor.thrust_vacuum)
        )  # fmt: skip
    boosters = vehicle.side_boosters
    if boosters is not None:
        kept = _kept(boosters.recovery, mode.side_boosters, recovery)
        dry = _dry(boosters, boosters.recovery, mode.side_boosters)
        burn, count = _burn_of("side_boosters", boosters, dry, kept), boosters.count
        impulse = max(burn.impulse, vehicle.stage1.engine.specific_impulse_vacuum_s.value)
        found.append(_Burn(burn.name, impulse, count * burn.propellant, count * burn.left, count * burn.thrust))
    kept = _kept(vehicle.recovery, mode.core, recovery)
    found.append(_burn_of("stage1", vehicle.stage1, _dry(vehicle.stage1, vehicle.recovery, mode.core), kept))
    for name, stage in (("stage2", vehicle.stage2), ("stage3", vehicle.stage3)):
        if stage is not None:
            found.append(_burn_of(name, stage, stage.dry_mass, stage.performance_reserve))
    return found


def _burn_of(name: str, stage: Stage | UpperStage | SideBoosters, dry: float, kept: float) -> _Burn:
    """Return the burn of a stage that is ``dry`` (kg) when empty and keeps propellant (kg) beside its residual."""
    engine = stage.engine
    thrust = engine.count * engine.thrust_vacuum * engine.throttle_max.value
    usable = max(stage.usable_propellant - kept, 0.0)
    return _Burn(name, engine.specific_impulse_vacuum_s.value, usable, dry + stage.propellant - usable, thrust)


def _kept(home: Recovery | None, recipe: str | None, recovery: str) -> float:
    """Return the landing reserve (kg) of a body that returns; zero for one that is expended."""
    return 0.0 if home is None or recipe is None else home.reserve(recovery)[0].si


def _dry(stage: Stage | SideBoosters, home: Recovery | None, recipe: str | None) -> float:
    """Return the dry mass (kg) of a body, without the recovery hardware where it is expended."""
    saving = home.expendable_dry_mass_saving_t if home is not None and recipe is None else None
    return stage.dry_mass - (saving.si if saving is not None else 0.0)


def _ideal_speeds(burns: list[_Burn], payload: float) -> list[float]:
    """Return the ideal speed (m/s) that each burn gives; the fairing is left out, since it is dropped on the way."""
    above, speeds = payload, []
    for burn in reversed(burns):
        after = above + burn.left
        speeds.append(ideal_speed(burn.impulse, after + burn.propellant, after))
        above = after + burn.propellant
    return speeds[::-1]


def _speed(vehicle: Vehicle, burns: list[_Burn], orbit: Orbit, payload: float) -> Iterator[Mistake]:
    """Yield a mistake if the stages cannot give the speed to the orbit, or not before they fall back."""
    adapter = vehicle.payload.adapter_kg.si if vehicle.payload is not None else 0.0
    speeds = _ideal_speeds(burns, payload + adapter)
    latitude = vehicle.launch_site.latitude
    needed, total = _ROUNDING * least_speed_to(orbit, latitude), sum(speeds)
    carrying = f"with {payload:,.0f} kg" if payload else "without payload"
    if total < needed:
        parts = " + ".join(f"{speed:,.0f}" for speed in speeds)
        fix = (
            f"the stages give at most {total:,.0f} m/s {carrying} ({parts}), the orbit needs at least {needed:,.0f} m/s"
        )
        yield Mistake(f"cannot reach orbit {orbit.name}", "", fix)
        return
    gained = 0.0
    for burn, speed in zip(burns, speeds, strict=True):
        aloft = 1.5 * longest_rise_and_fall(gained + EARTH_TURN_RATE * 6.4e6) + 600.0
        acceleration = burn.thrust / burn.left
        if burn.name in ("stage2", "stage3") and acceleration < _SLOW and gained + acceleration * aloft < needed:
            hours = burn.propellant * burn.impulse * STANDARD_GRAVITY / burn.thrust / 3600.0
            fix = (
                f"{burn.name} accelerates at {acceleration:.2g} m/s2 when it is empty and burns for {hours:,.1f} h; it falls "
                f"back after {aloft / 3600.0:.1f} h at most: check its thrust ({burn.thrust / 1e3:,.3g} kN)"
            )
            yield Mistake(f"cannot reach orbit {orbit.name}", "", fix)
            return
        gained += speed


def _returns(
    vehicle: Vehicle, mode: ModeOfFlight, recovery: str, burns: list[_Burn], payload: float
) -> Iterator[Mistake]:
    """Yield landing sites out of range, and landings whose engines do not lift the stage."""
    speeds = dict(zip([burn.name for burn in burns], _ideal_speeds(burns, payload), strict=True))
    boosters = vehicle.side_boosters
    bodies: list[tuple[str, str, Recovery | None, Stage | SideBoosters | None, float]] = [
        ("core", "stage1", vehicle.recovery, vehicle.stage1, sum(speeds.get(name, 0.0) for name in _FIRST)),
        ("side_boosters", "side_boosters", boosters.recovery if boosters else None, boosters,
         speeds.get("side_boosters", 0.0)),
    ]  # fmt: skip
    for body, name, home, stage, speed in bodies:
        recipe = mode.recipe(body)  # type: ignore[arg-type]
        if recipe is None or home is None or stage is None:
            continue
        lift = home.landing_engines[-1] * stage.engine.thrust_sea_level * home.landing_throttle_max.value
        mass = stage.dry_mass + stage.residual + home.reserve(recovery)[0].si
        if lift <= mass * STANDARD_GRAVITY:
            fix = f"{lift / 1e3:,.0f} kN lift {lift / (mass * STANDARD_GRAVITY):.2f} times its {mass / 1e3:,.1f} t"
            yield Mistake(f"{name} cannot land", "", f"{fix} at touchdown, must be more than 1")
        place = getattr(home, recipe.target)
        if place in (None, FREE):
            continue
        site = load_site(place)
        away = ground_distance(vehicle.launch_site, site)
        reach = ballistic_range(speed + EARTH_TURN_RATE * 6.4e6) + _POWERED_RANGE
        if away > reach:
            fix = (
                f"{site.name} is {away / 1e3:,.0f} km from {vehicle.launch_site.name}; with {speed:,.0f} m/s, all that its "
                f"engines give, {name} comes down within {reach / 1e3:,.0f} km"
            )
            yield Mistake(f"{name} cannot reach {recipe.target}", "", fix)


def _landing_from_orbit(vehicle: Vehicle, mode: ModeOfFlight, orbit: Orbit) -> Iterator[Mistake]:
    """Yield a landing site of the upper stage that the orbit does not pass over."""
    home = vehicle.upper_recovery
    if mode.upper_stage is None or home is None or home.landing_site is None or orbit.inclination_deg is None:
        return
    site, inclination = load_site(home.landing_site), orbit.inclination_deg.value
    highest = min(inclination, 180.0 - inclination)
    if abs(site.latitude_deg.value) > highest + 5.0:
        fix = f"{site.name} lies at {site.latitude_deg.value:.1f} deg, the orbit passes over {highest:.1f} deg at most"
        yield Mistake("the upper stage cannot reach its landing_site", "", fix)
