"""A stored launch and its file: a solved flight in physical units with its meshes and multipliers, some 50 kB compressed.

A file is a NumPy archive (``.npz``): a JSON text ``about`` with names, values and meshes, and four flat arrays. Variables
are kept in double precision, so that a file gives back the same numbers; multipliers in single precision.
"""

import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hoverslam.data.writing import write_whole
from hoverslam.flights.launch.case_key import case_key, digest, merits, rest_key
from hoverslam.flights.launch.plan import LaunchPlan
from hoverslam.flights.launch.result import LaunchResult
from hoverslam.flights.launch.structure import Choice
from hoverslam.ocp.solving.known import KnownPoint
from hoverslam.ocp.statement.mesh import Mesh, Pin
from hoverslam.ocp.statement.phase import Guess

VERSION = 2  # of the layout
UNREADABLE = (
    OSError,
    ValueError,
    KeyError,
    TypeError,
    IndexError,
    AttributeError,
    EOFError,
    zipfile.BadZipFile,
    zlib.error,
)
"""What reading a damaged file can raise."""


@dataclass(frozen=True)
class StoredFlight:
    """A launch solved earlier.

    Attributes:
        vehicle: Name of the vehicle.
        mode: Recovery mode.
        orbit: Perigee and apogee altitude (m), inclination (rad).
        choice: What was chosen where the launch can be flown in several ways.
        phases: Names of its phases.
        values: Given parameters of the plan (SI).
        key: Key of the case, from :func:`hoverslam.flights.launch.case_key.case_key`.
        rest: Its key without the figures in ``merits``, from :func:`hoverslam.flights.launch.case_key.rest_key`.
        merits: Figures of the vehicle that can only help, from :func:`hoverslam.flights.launch.case_key.merits`.
        payload: Payload (kg).
        objective: Value of the objective.
        maximised: Whether the objective is maximised.
        point: Meshes, variables and multipliers.
        verified: Whether its verification passed.
        version: Version of the layout of its file.
    """

    vehicle: str
    mode: str
    orbit: tuple[float, float, float]
    choice: Choice
    phases: tuple[str, ...]
    values: dict[str, float]
    key: str
    rest: str
    merits: dict[str, float]
    payload: float
    objective: float
    maximised: bool
    point: KnownPoint
    verified: bool
    version: int = VERSION

    @classmethod
    def of(cls, result: LaunchResult) -> "StoredFlight":
        """Return the stored form of a result. Multipliers are rounded to single precision."""
        plan, solution = result.plan, result.solution
        point = KnownPoint.of(solution)
        assert point.rows is not None
        assert point.bounds is not None
        rounded = KnownPoint(
            point.meshes, point.guesses, point.free, _single(point.rows), _single(point.bounds), point.shape
        )
        return cls(
            vehicle=plan.vehicle.name,
            mode=plan.recovery,
            orbit=orbit_of(plan),
            choice=plan.structure.choice,
            phases=tuple(plan.phases),
            values={name: float(value) for name, value in plan.values.items()},
            key=case_key(plan),
            rest=rest_key(plan),
            merits=merits(plan),
            payload=float(result.payload),
            objective=float(solution.objective),
            maximised=solution.problem.sense < 0.0,
            point=rounded,
            verified=bool(result.verified),
        )

    @property
    def structure(self) -> str:
        """Names of all phases, joined."""
        return joined(self.phases)

    @property
    def label(self) -> str:
        """Vehicle, mode and orbit as text."""
        perigee, apogee, inclination = self.orbit
        orbit = f"{perigee / 1e3:.0f}x{apogee / 1e3:.0f}x{np.degrees(inclination):.1f}"
        return f"{self.vehicle} {self.mode} {orbit}"

    def better_than(self, other: "StoredFlight") -> bool:
        """Return whether the objective is better than that of another flight of the same case."""
        return self.objective > other.objective if self.maximised else self.objective < other.objective

    def file_start(self) -> str:
        """Return the beginning of the names of all files of this case."""
        return file_start(self.vehicle, self.structure, self.key)


def orbit_of(plan: LaunchPlan) -> tuple[float, float, float]:
    """Return perigee and apogee altitude (m) and inclination (rad) of a plan's orbit."""
    orbit = plan.orbit
    return float(orbit.perigee_altitude), float(orbit.apogee_altitude), float(orbit.inclination)


def joined(phases: tuple[str, ...]) -> str:
    """Return the names of phases as one text."""
    return " ".join(phases)


def structure_part(structure: str) -> str:
    """Return the part of a file's name that stands for the structure."""
    return f"-{digest(structure)[:8]}-"


def file_start(vehicle: str, structure: str, key: str) -> str:
    """Return the beginning of the names of all files of a case; the vehicle's name is for readers."""
    name = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in vehicle)[:40]
    return f"{name}{structure_part(structure)}{key}"


def write_flight(flight: StoredFlight, path: Path) -> None:
    """Write a flight to a file that appears as a whole.

    Raises:
        NotWritten: If the file cannot be written; a store is no result, so the content is not kept elsewhere.
    """
    point, phases, numbers, edges = flight.point, {}, [], []
    for name, guess in point.guesses.items():
        mesh = point.meshes[name]
        at = _control_nodes(mesh)
        phases[name] = {
            "states": _sizes(guess.states),
            "controls": _sizes(guess.controls),
            "points": mesh.counts.tolist(),
            "degree": mesh.control_degree,
            "knots": list(mesh.knots),
            "pins": [[p.kind, p.index, p.arc, p.upper] for p in mesh.pins],
            "spare": mesh.spare,
        }
        numbers += [guess.time, *(_columns(values) for values in guess.states.values())]
        numbers += [_columns(np.asarray(values)[at]) for values in guess.controls.values()]
        edges.append(np.asarray(mesh.edges))
    about = {field: value for field, value in vars(flight).items() if field != "point"}
    about |= {"choice": asdict(flight.choice), "free": point.free, "shape": point.shape, "layout": phases}
    arrays: dict[str, Any] = {
        "about": np.frombuffer(json.dumps(about).encode(), dtype=np.uint8),
        "numbers": np.concatenate([np.ravel(part) for part in numbers]),
        "edges": np.concatenate(edges),
        "rows": np.asarray(point.rows, dtype=np.float32),
        "bounds": np.asarray(point.bounds, dtype=np.float32),
    }
    content = BytesIO()
    np.savez_compressed(content, **arrays)
    write_whole(path, content.getvalue(), keep=False)


def read_about(path: Path) -> dict[str, Any]:
    """Return what a file says about its flight, without the arrays.

    Raises:
        ValueError: If the file has another layout.
        Exception: One of ``UNREADABLE`` if the file is damaged.
    """
    with np.load(path, allow_pickle=False) as archive:
        return _about(archive)


def read_flight(path: Path) -> StoredFlight:
    """Return the flight of a file.

    Raises:
        ValueError: If the file has another layout.
        Exception: One of ``UNREADABLE`` if the file is damaged.
    """
    with np.load(path, allow_pickle=False) as archive:
        about = _about(archive)
        numbers, edges = _Reader(archive["numbers"]), _Reader(archive["edges"])
        rows, bounds = archive["rows"], archive["bounds"]
    meshes, guesses = {}, {}
    for name, layout in about["layout"].items():
        meshes[name] = _read_mesh(layout, edges)
        guesses[name] = _read_guess(layout, meshes[name], numbers)
    numbers.check_end()
    edges.check_end()
    point = KnownPoint(meshes, guesses, about["free"], _single(rows), _single(bounds), about["shape"])
    perigee, apogee, inclination = about["orbit"]
    return StoredFlight(
        vehicle=about["vehicle"],
        mode=about["mode"],
        orbit=(perigee, apogee, inclination),
        choice=Choice(**about["choice"]),
        phases=tuple(about["phases"]),
        values=about["values"],
        key=about["key"],
        rest=about["rest"],
        merits=about["merits"],
        payload=about["payload"],
        objective=about["objective"],
        maximised=about["maximised"],
        point=point,
        verified=about["verified"],
        version=about["version"],
    )


def _read_mesh(layout: Mapping[str, Any], edges: "_Reader") -> Mesh:
    counts = tuple(layout["points"])
    fractions = tuple(edges.take(len(counts) + 1).tolist())
    pins = tuple(Pin(kind, index, arc, upper) for kind, index, arc, upper in layout["pins"])
    return Mesh(fractions, counts, layout["degree"], tuple(layout["knots"]), pins, layout["spare"])


def _read_guess(layout: Mapping[str, Any], mesh: Mesh, numbers: "_Reader") -> Guess:
    """Return states and controls at the state nodes; the file has controls at their own nodes only."""
    length, at = len(mesh.state_nodes), _control_nodes(mesh)
    time = numbers.take(length)
    states = {variable: numbers.columns(length, size) for variable, size in layout["states"].items()}
    controls = {}
    for variable, size in layout["controls"].items():
        known = np.atleast_2d(numbers.columns(len(at), size).T)
        spread = np.array([np.interp(time, time[at], row) for row in known])
        controls[variable] = spread[0] if size is None else spread.T
    return Guess(time, states, controls)


class _Reader:
    """A flat array that is read from its beginning to its end."""

    def __init__(self, values: NDArray[np.float64]):
        self.values, self.at = values, 0

    def take(self, count: int) -> NDArray[np.float64]:
        """Return the next ``count`` numbers, which must be finite."""
        part = self.values[self.at : self.at + count]
        if len(part) != count or not np.all(np.isfinite(part)):
            raise ValueError("the arrays do not match the meshes")
        self.at += count
        return part

    def columns(self, length: int, size: int | None) -> NDArray[np.float64]:
        """Return the next variable: ``(length,)``, or ``(length, size)`` for a vector."""
        return self.take(length) if size is None else self.take(length * size).reshape(size, length).T

    def check_end(self) -> None:
        """Raise ``ValueError`` unless all numbers were read."""
        if self.at != len(self.values):
            raise ValueError("the arrays do not match the meshes")


def _about(archive: Mapping[str, Any]) -> dict[str, Any]:
    about: dict[str, Any] = json.loads(archive["about"].tobytes().decode())
    if about["version"] != VERSION:
        raise ValueError(f"layout version {about['version']}, expected {VERSION}")
    return about


def _single(values: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    return values.astype(np.float32).astype(np.float64)


def _sizes(samples: Mapping[str, Any]) -> dict[str, int | None]:
    return {name: None if np.ndim(values) == 1 else np.shape(values)[1] for name, values in samples.items()}


def _columns(values: Any) -> NDArray[np.float64]:
    """Return samples ``(n,)`` or ``(n, size)`` flat, one variable after the other."""
    return np.ravel(np.asarray(values, dtype=float).T)


def _control_nodes(mesh: Mesh) -> NDArray[np.intp]:
    """Return the state nodes at which the controls have nodes."""
    return mesh.starts if mesh.control_degree == 1 else np.arange(1, len(mesh.state_nodes))
