"""The guess of an upper stage's fit: a simulated flight whose steering is fitted to the display.

The axis is steered in the local vertical plane by a parabola over time in the first burn and a constant angle in the second,
which may also turn out of the plane. These few numbers, the times of cut-off and a factor on the thrust are found by least
squares; where the display shows nothing of a burn, what comes after it decides.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from scipy.optimize import least_squares

from hoverslam.flights.observed.samples import Samples
from hoverslam.flights.observed.segments import Segment
from hoverslam.flights.observed.trace_files import Floats
from hoverslam.flights.observed.upper_segments import FAIRING_DROPPED, REDUCED, UPPER_COASTS
from hoverslam.ocp.statement.phase import Guess
from hoverslam.physics.constants import (
    EARTH_EQUATORIAL_RADIUS,
    EARTH_GRAVITATIONAL_PARAMETER,
    EARTH_ROTATION_RATE,
    STANDARD_GRAVITY,
)
from hoverslam.physics.earth import LaunchFrame
from hoverslam.vehicles.missions import Mission
from hoverslam.vehicles.models import Vehicle

BURN_STEP, COAST_STEP = 8.0, 60.0  # s of the simulation
SPEED_ERROR, ALTITUDE_ERROR = 10.0, 1000.0  # m/s, m: weights of the display
FEWEST = 40  # samples of the display a segment that are compared
ANGLE_ERROR, THRUST_ERROR, INCLINATION_ERROR = 0.4, 0.03, 3e-3  # rad, ratio, rad: weights of what is not measured
FIRST_ANGLE, ANGLE_CHANGE = 0.35, -0.5  # rad: axis above the horizontal at ignition, and its change over the burn
LONGEST_MOVE = 40.0  # s by which a time may move
SLOWEST_REDUCED = 0.1  # least throttle of the guess


class OrbitReached(NamedTuple):
    """Altitudes of perigee and apogee above the equatorial radius (m), and inclination (rad)."""

    perigee: float
    apogee: float
    inclination: float


class UpperGuess(NamedTuple):
    """States and controls of the segments by name, and the orbit at their end."""

    segments: dict[str, Guess]
    orbit: OrbitReached


class _Steering(NamedTuple):
    """What is found: angles (rad), moves of cut-offs (s), and the thrust over that of the vehicle file."""

    angle: float
    change: float
    bend: float
    second_angle: float
    second_turn: float
    first_end: float
    second_end: float
    thrust: float


def orbit_of(frame: LaunchFrame, position: Floats, velocity: Floats) -> OrbitReached:
    """Return the osculating orbit of a state ``(3,)``, ``(3,)`` in the rotating launch frame; apogee infinite on escape."""
    centre = position + frame.origin
    inertial = velocity + EARTH_ROTATION_RATE * np.cross(frame.axis, centre)
    radius, momentum = float(np.linalg.norm(centre)), np.cross(centre, inertial)
    energy = 0.5 * float(inertial @ inertial) - EARTH_GRAVITATIONAL_PARAMETER / radius
    parameter = float(momentum @ momentum) / EARTH_GRAVITATIONAL_PARAMETER
    eccentricity = np.sqrt(max(1.0 + 2.0 * energy * parameter / EARTH_GRAVITATIONAL_PARAMETER, 0.0))
    low = parameter / (1.0 + eccentricity)
    high = parameter / (1.0 - eccentricity) if eccentricity < 1.0 else np.inf
    tilt = float(np.arccos(np.clip(momentum @ frame.axis / np.linalg.norm(momentum), -1.0, 1.0)))
    return OrbitReached(low - EARTH_EQUATORIAL_RADIUS, float(high) - EARTH_EQUATORIAL_RADIUS, tilt)


class _Simulation:
    """Flights of an upper stage over the segments, from a state at cut-off."""

    def __init__(
        self,
        mission: Mission,
        vehicle: Vehicle,
        frame: LaunchFrame,
        segments: Sequence[Segment],
        levels: Mapping[str, float],
        state: Floats,
    ):
        upper = vehicle.stage2
        assert upper is not None
        self.frame, self.segments, self.levels, self.state = frame, segments, levels, state
        self.thrust = upper.engine.thrust_vacuum
        self.exhaust = STANDARD_GRAVITY * upper.engine.specific_impulse_vacuum_s.si
        adapter = vehicle.payload.adapter_kg.si if vehicle.payload else 0.0
        self.fairing = vehicle.fairing.mass_t.si if mission.fairing and vehicle.fairing else 0.0
        self.empty = upper.dry_mass + mission.payload_kg.si + adapter
        self.mass = self.empty + upper.propellant + self.fairing

    def times(self, steering: _Steering) -> list[tuple[float, float]]:
        """Return start and end of each segment with the moved cut-offs."""
        moves = {"parking": steering.first_end, "transfer": steering.second_end}
        starts = [s.start + moves.get(s.name, 0.0) for s in self.segments]
        return list(zip(starts, [*starts[1:], self.segments[-1].end], strict=True))

    def axis(self, steering: _Steering, segment: Segment, at: float, position: Floats, velocity: Floats) -> Floats:
        """Return the unit vector ``(3,)`` along the nose."""
        centre = position + self.frame.origin
        up = centre / np.linalg.norm(centre)
        along = velocity - (velocity @ up) * up
        along /= np.linalg.norm(along)
        angle, turn = steering.second_angle, steering.second_turn
        if not segment.name.startswith("second"):
            begun = self.segments[1].start
            ended = next((s.start for s in self.segments if s.name == "parking"), self.segments[-1].end)
            share = (at - begun) / (ended - begun)
            angle, turn = steering.angle + steering.change * share + steering.bend * share * (1.0 - share), 0.0
        level = np.cos(turn) * along + np.sin(turn) * np.cross(up, along)
        pointing: Floats = np.cos(angle) * level + np.sin(angle) * up
        return pointing

    def fly(self, steering: _Steering) -> list[tuple[Floats, Floats, Floats]]:
        """Return times ``(n,)``, states ``(n, 7)`` and controls ``(n, 4)``, the axis and the throttle, of each segment."""
        state, mass, parts = self.state.copy(), self.mass, []
        full = steering.thrust * self.thrust
        for segment, (start, end) in zip(self.segments, self.times(steering), strict=True):
            if segment.name == FAIRING_DROPPED:
                mass -= self.fairing
            coasting = segment.name in UPPER_COASTS
            count = max(2, int(np.ceil((end - start) / (COAST_STEP if coasting else BURN_STEP))))
            times, states, controls = np.linspace(start, end, count + 1), [], []
            step = (end - start) / count
            for at in times:
                throttle = 0.0 if coasting else 1.0
                if segment.name in REDUCED:
                    throttle = float(np.clip(self.levels[segment.name] * mass / full, SLOWEST_REDUCED, 1.0))
                axis = self.axis(steering, segment, at, state[:3], state[3:])
                states.append([*state, mass])
                controls.append([*axis, throttle])
                if at == times[-1]:
                    break
                force = throttle * full
                state = self._step(
                    state, force * axis / mass, force * axis / (mass - step * force / self.exhaust), step
                )
                mass -= step * force / self.exhaust
            parts.append((times, np.array(states), np.array(controls)))
        return parts

    def _step(self, state: Floats, first: Floats, last: Floats, step: float) -> Floats:
        """Return the state after one Runge-Kutta step in which the acceleration of thrust changes linearly."""
        middle = 0.5 * (first + last)
        a = self._rate(state, first)
        b = self._rate(state + 0.5 * step * a, middle)
        c = self._rate(state + 0.5 * step * b, middle)
        d = self._rate(state + step * c, last)
        after: Floats = state + step / 6.0 * (a + 2.0 * b + 2.0 * c + d)
        return after

    def _rate(self, state: Floats, thrust: Floats) -> Floats:
        """Return the rate of position and velocity ``(6,)`` about a spherical Earth in the rotating frame."""
        centre, velocity, axis = state[:3] + self.frame.origin, state[3:], self.frame.axis
        pull = -EARTH_GRAVITATIONAL_PARAMETER / (centre @ centre) ** 1.5 * centre
        turning = 2.0 * velocity + EARTH_ROTATION_RATE * _cross(axis, centre)
        return np.concatenate([velocity, pull - EARTH_ROTATION_RATE * _cross(axis, turning) + thrust])


def _cross(a: Floats, b: Floats) -> Floats:
    """Return the cross product of two vectors ``(3,)``; that of numpy takes ten times as long."""
    return np.array([a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]])


def guess_upper_stage(
    mission: Mission,
    vehicle: Vehicle,
    frame: LaunchFrame,
    segments: Sequence[Segment],
    levels: Mapping[str, float],
    cutoff: Floats,
    speed: Mapping[str, Samples],
    altitude: Mapping[str, Samples],
) -> UpperGuess:
    """Return states and controls of every segment of the upper stage.

    Args:
        mission: Payload and plane of the orbit.
        vehicle: Masses and engine.
        frame: Launch frame at the pad.
        segments: Of the upper stage, in order of time.
        levels: Specific force (m/s2) in segments of reduced thrust, by name.
        cutoff: Position and velocity at cut-off ``(6,)`` in the launch frame.
        speed, altitude: Measurements by segment.
    """
    simulation = _Simulation(mission, vehicle, frame, segments, levels, cutoff)
    shown = [(s.name, _few(speed[s.name]), _few(altitude[s.name])) for s in segments]
    ground = float(_altitudes(frame, np.zeros((1, 3)))[0])
    plane = float(mission.inclination_deg.si)
    second = any(s.name == "second_burn" for s in segments)

    def misfit(x: Floats) -> Floats:
        steering = _Steering(*x)
        parts = simulation.fly(steering)
        found = []
        for (_, fast, high), (times, states, _) in zip(shown, parts, strict=True):
            speeds = np.linalg.norm(states[:, 3:6], axis=1)
            found.append((np.interp(fast.time, times, speeds) - fast.value) / SPEED_ERROR)
            heights = _altitudes(frame, states[:, :3]) - ground
            found.append((np.interp(high.time, times, heights) - high.value) / ALTITUDE_ERROR)
        last = parts[-1][1][-1]
        tilt = orbit_of(frame, last[:3], last[3:6]).inclination - plane
        unmeasured = [
            *((x[:5] - start[:5]) / ANGLE_ERROR),
            x[5] / LONGEST_MOVE,
            x[6] / LONGEST_MOVE,
            (x[7] - 1.0) / THRUST_ERROR,
            tilt / INCLINATION_ERROR if second else 0.0,
        ]
        return np.concatenate([*found, unmeasured])

    turn = 0.2 if second else 0.0
    start = np.array([FIRST_ANGLE, ANGLE_CHANGE, 0.0, 0.0, turn, 0.0, 0.0, 1.0])
    limit = np.array([1.2, 2.0, 2.0, 1.0, 1.0, LONGEST_MOVE, 10.0, 0.1])
    middle = np.array([*start[:4], 0.0, *start[5:]])
    scale = np.array([0.1, 0.1, 0.1, 0.1, 0.1, 5.0, 2.0, 0.02])
    fit = least_squares(
        misfit, start, bounds=(middle - limit, middle + limit), x_scale=scale, loss="soft_l1", max_nfev=25
    )
    parts = simulation.fly(_Steering(*fit.x))
    guesses = {s.name: _guess(s, *part) for s, part in zip(segments, parts, strict=True)}
    last = parts[-1][1][-1]
    return UpperGuess(_continuous(guesses), orbit_of(frame, last[:3], last[3:6]))


def _few(samples: Samples) -> Samples:
    """Return every so many of the samples, so that a segment has a few tens."""
    every = max(1, len(samples.time) // FEWEST)
    return Samples(samples.time[::every], samples.value[::every], samples.sigma[::every])


def _altitudes(frame: LaunchFrame, positions: Floats) -> Floats:
    """Return the altitudes ``(n,)`` (m) of positions ``(n, 3)``, as the equations of motion define them."""
    centre = positions + frame.origin
    radius = np.linalg.norm(centre, axis=1)
    sine = (centre @ frame.axis) / radius
    polar = EARTH_EQUATORIAL_RADIUS * (1.0 - 1.0 / 298.257223563)
    flattened = 1.0 + ((EARTH_EQUATORIAL_RADIUS / polar) ** 2 - 1.0) * sine**2
    heights: Floats = radius - EARTH_EQUATORIAL_RADIUS / np.sqrt(flattened)
    return heights


def _guess(segment: Segment, times: Floats, states: Floats, controls: Floats) -> Guess:
    named = {"position": states[:, :3], "velocity": states[:, 3:6], "mass": states[:, 6]}
    if segment.name in UPPER_COASTS:
        return Guess(times, named)
    pitch = np.unwrap(np.arctan2(controls[:, 2], controls[:, 0]))
    yaw = np.arcsin(np.clip(controls[:, 1], -1.0, 1.0))
    return Guess(times, named, {"pitch": pitch, "yaw": yaw, "throttle": controls[:, 3]})


def _continuous(guesses: dict[str, Guess]) -> dict[str, Guess]:
    """Return the guesses with a pitch below the upright one: the vehicle turns forward around the Earth."""
    for guess in guesses.values():
        if "pitch" in guess.controls and guess.controls["pitch"][0] > np.pi / 2:
            guess.controls["pitch"][:] -= 2.0 * np.pi
    return guesses
