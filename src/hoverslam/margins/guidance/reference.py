"""The optimal recovery that guidance follows, in the frame of the pad on which the booster lands."""

import zipfile
import zlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np

from hoverslam.data.writing import write_whole
from hoverslam.ocp.statement.names import Named
from hoverslam.physics.earth import LaunchFrame
from hoverslam.physics.motion import Flight

if TYPE_CHECKING:
    from hoverslam.flights.launch.result import LaunchResult

SAMPLE_STEP = 0.25  # s between the samples of a leg: a control step of entry and glide
_ARRAYS = ("time", "position", "velocity", "mass", "axis", "throttle")


@dataclass(frozen=True)
class Leg:
    """Samples of one phase: time, mass, throttle ``(n,)``; position, velocity and body axis ``(n, 3)``; SI."""

    time: np.ndarray
    position: np.ndarray
    velocity: np.ndarray
    mass: np.ndarray
    axis: np.ndarray
    throttle: np.ndarray

    @property
    def duration(self) -> float:
        """Duration (s)."""
        return float(self.time[-1] - self.time[0])

    @property
    def propellant(self) -> float:
        """Propellant burned (kg)."""
        return float(self.mass[0] - self.mass[-1])


@dataclass(frozen=True)
class Reference:
    """An optimal recovery from cut-off to touchdown.

    Attributes:
        vehicle: Name of the vehicle.
        recovery: Recovery mode.
        orbit: Name of the orbit.
        pad: Geodetic latitude and longitude (rad) and altitude (m) of the touchdown point, and azimuth (rad) of the first
            axis there.
        legs: Phases in order, by their names in the launch problem, in the frame of the pad.
        values: Given parameters of the launch problem (SI).
        payload: Payload (kg).
        per_reserve: Payload lost per kilogram of additional landing reserve, from the multipliers of the optimum (kg/kg).
    """

    vehicle: str
    recovery: str
    orbit: str
    pad: tuple[float, float, float, float]
    legs: dict[str, Leg]
    values: dict[str, float]
    payload: float
    per_reserve: float

    @property
    def frame(self) -> LaunchFrame:
        """The frame of the pad."""
        return LaunchFrame(*self.pad)

    @property
    def propellant(self) -> float:
        """Propellant burned from cut-off to touchdown (kg)."""
        return sum(leg.propellant for leg in self.legs.values())

    @property
    def landing(self) -> list[str]:
        """Names of the phases of the landing burn."""
        return [name for name in self.legs if name.startswith("landing_")]

    def save(self, path: Path) -> None:
        """Write the reference to an ``.npz`` file, which :meth:`load` reads."""
        arrays = {f"{name}/{key}": getattr(leg, key) for name, leg in self.legs.items() for key in _ARRAYS}
        words = np.array([self.vehicle, self.recovery, self.orbit])
        figures = {f"values/{key}": np.float64(value) for key, value in self.values.items()}
        ends = np.array([*self.pad, self.payload, self.per_reserve])
        content = BytesIO()
        np.savez(content, words=words, ends=ends, order=np.array(list(self.legs)), **arrays, **figures)  # type: ignore[arg-type]
        write_whole(path, content.getvalue())

    @classmethod
    def load(cls, path: Path) -> "Reference":
        """Return the reference that :meth:`save` wrote.

        Raises:
            ValueError: If the file is damaged or no reference, with one line.
        """
        try:
            with np.load(path, allow_pickle=False) as file:
                legs = {str(n): Leg(*(file[f"{n}/{key}"] for key in _ARRAYS)) for n in file["order"]}
                values = {key[7:]: float(file[key]) for key in file.files if key.startswith("values/")}
                words, ends = [str(w) for w in file["words"]], [float(x) for x in file["ends"]]
            vehicle, recovery, orbit, pad = *words[:3], (ends[0], ends[1], ends[2], ends[3])
            return cls(vehicle, recovery, orbit, pad, legs, values, ends[4], ends[5])
        except (ValueError, KeyError, IndexError, EOFError, TypeError, zipfile.BadZipFile, zlib.error) as error:
            raise ValueError(f"{path}: damaged, or no optimum: {' '.join(str(error).split())}") from error


def reference_of(result: "LaunchResult") -> Reference:
    """Return the recovery of a solved launch.

    Raises:
        ValueError: If the launch expends its booster or was not verified.
    """
    if result.recovery == "expendable":
        raise ValueError(f"{result.title}: recovery: 'expendable' has no way home: choose one of the other modes")
    if not result.verified:
        raise ValueError(
            f"{result.title} {result.recovery}: the optimum is not verified ({result.status}): no reference"
        )
    frame, phases = result.plan.frame, list(result.solution.phases)
    names = phases[phases.index("flip" if "flip" in phases else "coast") :]
    touchdown = result.solution[names[-1]].final.position
    latitude, longitude, altitude = frame.geodetic(touchdown)
    pad = (latitude, longitude, altitude, _azimuth_at(frame, touchdown))
    there = LaunchFrame(*pad)
    turn = there.rotation @ frame.rotation.T
    shift = turn @ frame.origin - there.origin
    legs = {name: _leg(result, name, turn, shift) for name in names}
    price = -result.solution.sensitivities()["landing.reserve"]
    return Reference(
        result.vehicle, result.recovery, result.orbit, pad, legs, dict(result.plan.values), result.payload, price
    )


def _azimuth_at(frame: LaunchFrame, position: np.ndarray) -> float:
    """Return the azimuth (rad) of the launch frame's first axis, projected on the horizontal plane at ``position``."""
    east, north = (np.asarray(v) for v in frame.east_north(jnp.asarray(position)))
    return float(np.arctan2(east[0], north[0]))


def _leg(result: "LaunchResult", name: str, turn: np.ndarray, shift: np.ndarray) -> Leg:
    """Return the samples of one phase, rotated by ``turn`` ``(3, 3)`` and moved by ``shift`` ``(3,)`` to the pad's frame."""
    part = result.solution[name]
    times = np.linspace(part.time[0], part.time[1], max(9, int(np.ceil(part.duration / SAMPLE_STEP)) + 1))
    x, u = part.sample_flat(times)
    if u.shape[1]:
        flight: Flight = part.phase.dynamics.__self__  # type: ignore[attr-defined]
        names = [variable.name for variable in part.phase.controls.variables]
        axis = jax.vmap(
            lambda x, u: flight.body_axis(Named(position=x[:3], velocity=x[3:6]), Named(zip(names, u, strict=True)))
        )(x, u)
        throttle = u[:, names.index("throttle")]
    else:
        against = -x[:, 3:6]
        axis, throttle = against / np.linalg.norm(against, axis=1, keepdims=True), np.zeros(len(times))
    return Leg(
        times, x[:, :3] @ turn.T + shift, x[:, 3:6] @ turn.T, x[:, 6], np.asarray(axis) @ turn.T, throttle
    )  # fmt: skip
