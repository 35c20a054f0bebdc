"""Whether a flown launch is valid: every phase flown again with the full physics, every physical limit checked along it.

The verification of the optimal-control solver shows that a flight solves the stated problem. This check starts from the
flown trajectory alone. It does not trust what the problem left out, and it applies the limits that hold for each body in
each phase, whether the problem stated them or not.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from hoverslam.flights.craft import vehicle_parameters
from hoverslam.flights.craft.limits import FlightLimits
from hoverslam.flights.launch.checked_limits import checked_limits, limits_at_separation
from hoverslam.flights.launch.flight_check import SHOWN_IN, Extreme, FlightCheck, OrbitReached, PhaseCheck
from hoverslam.flights.launch.full_physics import (
    AttitudeFlight,
    FlownAgain,
    fly_again,
    inputs_of,
    quantities,
    regime_of,
)
from hoverslam.flights.launch.limits import InputsAndParameters, LaunchLimit, limits_of_phase
from hoverslam.flights.launch.structure import Branch, Choice, Segment, Structure, structure_of
from hoverslam.ocp.statement.names import Named
from hoverslam.physics.constants import EARTH_EQUATORIAL_RADIUS, EARTH_GRAVITATIONAL_PARAMETER
from hoverslam.physics.earth import LaunchFrame
from hoverslam.physics.motion import Flight, Inputs
from hoverslam.vehicles.models import Vehicle
from hoverslam.vehicles.places import Orbit

if TYPE_CHECKING:
    import xarray as xr

LEAST_LENGTH, LEAST_SPEED = 1e3, 1e2  # m, m/s: scales of the errors of a short or slow phase


# ---- the check -------------------------------------------------------------------------------------------------------
def check_flight(
    trajectory: "xr.Dataset",
    vehicle: Vehicle,
    recovery: str,
    orbit: Orbit,
    constraints: Sequence[LaunchLimit] = (),
) -> FlightCheck:
    """Fly every phase of a launch again with the full physics, and check every limit along it.

    Args:
        trajectory: The flown launch, as ``LaunchResult.trajectory()`` gives it or as it was read from a file.
        vehicle: The vehicle.
        recovery: The recovery mode.
        orbit: The target orbit.
        constraints: Limits that a user adds to those that apply anyway.

    Returns:
        The check; look at ``passed``, and at ``failures`` for what is wrong.

    Raises:
        ValueError: If the phases of the trajectory are not those of a whole launch of the vehicle in that mode.
    """
    structure = structure_flown(vehicle, recovery, trajectory["phase"].values)
    flight = _CheckedLaunch(trajectory, vehicle, recovery, structure, tuple(constraints))
    phases = tuple(
        flight.phase(branch, place) for branch in structure.branches for place in range(len(branch.segments))
    )
    return FlightCheck(vehicle.name, recovery, flight.orbit(orbit), phases)


def structure_flown(vehicle: Vehicle, recovery: str, phases: Iterable[str]) -> Structure:
    """Return the structure of a flown launch from the names of its phases.

    Raises:
        ValueError: If no structure of the vehicle in that mode has these phases.
    """
    names = tuple(dict.fromkeys(str(name) for name in phases))
    burns = 1 + ("second_burn" in names) + ("third_burn" in names)
    structure = structure_of(vehicle, recovery, Choice(burns, "boostback" in names, "entry" in names))
    if set(structure.phases) != set(names):
        raise ValueError(
            f"{vehicle.name}, {recovery}: phases {', '.join(names)}: a launch has {', '.join(structure.phases)}"
        )
    return structure


class _CheckedLaunch:
    """One launch while it is checked: its samples, and what every phase needs."""

    def __init__(
        self,
        trajectory: "xr.Dataset",
        vehicle: Vehicle,
        recovery: str,
        structure: Structure,
        constraints: tuple[LaunchLimit, ...],
    ):
        names = np.asarray(trajectory["phase"].values).astype(str)
        place = [float(trajectory.attrs[f"pad_{name}"]) for name in ("latitude_deg", "longitude_deg", "altitude_m")]
        azimuth = np.radians(float(trajectory.attrs["launch_azimuth_deg"]))
        self.samples = {name: trajectory.isel(sample=names == name) for name in structure.phases}
        self.frame = LaunchFrame(np.radians(place[0]), np.radians(place[1]), place[2], float(azimuth))
        self.vehicle, self.structure = vehicle, structure
        self.values = vehicle_parameters.launch_parameters(vehicle, recovery)
        self.values["payload"] = float(trajectory.attrs["payload_kg"])
        self.limits = [*checked_limits(vehicle, structure), *constraints]
        self.ends: dict[str, NDArray[np.float64]] = {}

    def phase(self, branch: Branch, place: int) -> PhaseCheck:
        """Fly one phase again and return its check."""
        segment, samples = branch.segments[place], self.samples[branch.segments[place].name]
        before = branch.segments[place - 1].name if place else branch.after
        flight = AttitudeFlight(self.frame, regime_of(branch.body, segment.kind))
        inputs = inputs_of(self.vehicle, self.values, branch.body, segment)
        flown = fly_again(flight, inputs, samples)
        self.ends[segment.name] = flown.states[-1]
        error = np.abs(_states(samples)[-1] - flown.states[-1])
        length, speed = _scales(samples)
        return PhaseCheck(
            segment.name,
            branch.body,
            bool(flown.controls is not None and np.max(flown.controls[:, 2]) > 0.0),
            (float(samples["time"][0]), float(samples["time"][-1])),
            float(np.linalg.norm(error[:3])) / length,
            float(np.linalg.norm(error[3:6])) / speed,
            float(error[6] / flown.states[0, 6]),
            self._start_error(samples, before),
            flown.struck,
            tuple(self._extremes(segment, flight, inputs, flown)),
        )

    def _start_error(self, samples: "xr.Dataset", before: str) -> float:
        """Return by how much the start of a phase differs from the end of the one before, or from rest on the pad."""
        length, speed = _scales(samples)
        first, start = _states(samples)[0], float(samples["time"][0])
        last, end = np.zeros(7), 0.0
        if before:
            last, end = _states(self.samples[before])[-1], float(self.samples[before]["time"][-1])
        gained = max(first[6] / last[6] - 1.0, 0.0) if before else 0.0
        moved, faster = np.linalg.norm(first[:3] - last[:3]), np.linalg.norm(first[3:6] - last[3:6])
        return float(max(moved / length, faster / speed, abs(start - end) * speed / length, gained))

    def _extremes(
        self, segment: Segment, flight: AttitudeFlight, inputs: Inputs, flown: FlownAgain
    ) -> Iterator[Extreme]:
        """Yield the extremes of one phase, with the limits that apply."""
        along = quantities(flight, inputs, flown)
        stated = limits_of_phase(self.limits, segment.name)
        found: list[Extreme] = []
        for limit in stated:
            values = along.get(limit.quantity) if isinstance(limit.quantity, str) else None
            if values is None:
                values = _added(limit, flight, inputs, flown, Named(self.values))
            found += _sides(limit, flown.times, values)
        for name in along:
            lower = name == "altitude"
            if not any(extreme.quantity == name and extreme.lower == lower for extreme in found):
                found.append(_extreme(name, flown.times, along[name], None, lower, ""))
        order = list(SHOWN_IN)
        yield from sorted(found, key=lambda e: order.index(e.quantity) if e.quantity in order else len(order))
        for limit in limits_at_separation(self.vehicle, segment):
            assert isinstance(limit.quantity, str)
            value = float(along[limit.quantity][-1])
            yield Extreme(limit.quantity, value, float(flown.times[-1]), limit.upper, False, limit.unit, True)
        if segment.kind == "orbit_coast":
            floor = next(limit.lower for limit in stated if limit.quantity == "altitude")
            perigee = float(_elements(self.frame, flown.states[0])[0])
            yield Extreme("perigee", perigee, float(flown.times[0]), floor, True, "m")

    def orbit(self, target: Orbit) -> OrbitReached:
        """Return the orbit at the end of the injection, beside the target."""
        perigee, apogee, plane, argument = _elements(self.frame, self.ends[self.structure.injection])
        return OrbitReached(float(perigee), float(apogee), float(plane), float(argument), target)


# ---- numbers of one phase --------------------------------------------------------------------------------------------
def _states(samples: "xr.Dataset") -> NDArray[np.float64]:
    """Return position, velocity and mass ``(n, 7)`` of the samples of a phase."""
    mass = np.asarray(samples["mass"].values)[:, None]
    return np.concatenate([samples["position"].values, samples["velocity"].values, mass], axis=1)


def _scales(samples: "xr.Dataset") -> tuple[float, float]:
    """Return the length of the path (m) and the largest speed (m/s) of a phase, by which its errors are judged."""
    states = _states(samples)
    length = np.linalg.norm(np.diff(states[:, :3], axis=0), axis=1).sum()
    return max(float(length), LEAST_LENGTH), max(float(np.linalg.norm(states[:, 3:6], axis=1).max()), LEAST_SPEED)


def _elements(frame: LaunchFrame, state: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the orbit of a state without J2 ``(4,)``.

    These are the altitudes of perigee and apogee above the equatorial radius (m), the inclination and the argument of
    perigee (rad). The last one has no meaning for a circle or an equatorial orbit.
    """
    centre = np.asarray(frame.from_centre(jnp.asarray(state[:3])))
    velocity = np.asarray(frame.inertial_velocity(jnp.asarray(state[:3]), jnp.asarray(state[3:6])))
    mu, radius = EARTH_GRAVITATIONAL_PARAMETER, np.linalg.norm(centre)
    momentum = np.cross(centre, velocity)
    size = 1.0 / (2.0 / radius - velocity @ velocity / mu)  # semi-major axis
    eccentricity = np.sqrt(max(1.0 - momentum @ momentum / (mu * size), 0.0))
    apsides = size * np.array([1.0 - eccentricity, 1.0 + eccentricity]) - EARTH_EQUATORIAL_RADIUS
    node = np.cross(frame.axis, momentum)
    towards = np.cross(velocity, momentum) / mu - centre / radius  # the perigee
    argument = np.arctan2(towards @ np.cross(momentum, node) / np.linalg.norm(momentum), towards @ node)
    return np.array([*apsides, np.arccos(momentum @ frame.axis / np.linalg.norm(momentum)), argument % (2.0 * np.pi)])


def _extreme(
    name: str, times: NDArray[np.float64], values: NDArray[np.float64], limit: float | None, lower: bool, unit: str
) -> Extreme:
    where = int(np.argmin(values) if lower else np.argmax(values))
    return Extreme(name, float(values[where]), float(times[where]), limit, lower, unit)


def _sides(limit: LaunchLimit, times: NDArray[np.float64], values: NDArray[np.float64]) -> Iterator[Extreme]:
    """Yield the extreme on each side on which a limit has a bound."""
    standard = isinstance(limit.quantity, str) and limit.quantity in SHOWN_IN
    name = str(limit.quantity) if standard else limit.label
    for bound, lower in ((limit.lower, True), (limit.upper, False)):
        if np.isfinite(bound):
            yield _extreme(name, times, values, bound, lower, limit.unit)


def _added(
    limit: LaunchLimit, flight: AttitudeFlight, inputs: Inputs, flown: FlownAgain, parameters: Named
) -> NDArray[np.float64]:
    """Return the values along a phase of a limit whose quantity is not one of the standard ones."""
    path = limit.path_constraint(FlightLimits(flight))
    given = InputsAndParameters(*inputs, parameters)

    def one(y: Array, u: Array) -> Array:
        state = Named(position=y[:3], velocity=y[3:6], mass=y[6])
        control = Named(pitch=u[0], yaw=u[1], throttle=u[2])
        if flight.regime == "descent":
            control |= _from_the_flow(flight, state, control)
        return path.function(state, control if flown.controls is not None else Named(), given)

    controls = np.zeros((len(flown.times), 3)) if flown.controls is None else flown.controls
    return np.asarray(jax.vmap(one)(jnp.asarray(flown.states), jnp.asarray(controls)))


def _from_the_flow(flight: AttitudeFlight, state: Named, control: Named) -> Mapping[str, Array]:
    """Return ``alpha`` and ``beta`` of a descent, the tangents of the angles between the nose and the oncoming air."""
    axis, zero = flight.body_axis(state, control), jnp.zeros(())
    plain = Flight(flight.frame, "descent", flight.wind)
    oncoming = plain.body_axis(state, Named(alpha=zero, beta=zero))
    in_plane = jnp.stack([-oncoming[2], zero, oncoming[0]])
    in_plane = in_plane / jnp.sqrt(in_plane @ in_plane)
    along = axis @ oncoming
    return {"alpha": axis @ in_plane / along, "beta": axis @ jnp.cross(oncoming, in_plane) / along}
