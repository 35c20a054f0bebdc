"""The bodies of a launch that fall, or stay in orbit, after they separate.

:func:`bodies_of` derives them from the phases of a solved launch: a body separates where the mass of the stack drops
between two phases, and its mass is that drop. A vehicle with further bodies needs further entries there.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from hoverslam.flights.craft.osculating import orbit_of
from hoverslam.flights.launch.falling.figures import BodyFigures, fall_figures
from hoverslam.flights.launch.plan import LaunchPlan
from hoverslam.ocp.solved import Solved
from hoverslam.physics.earth import FlatGround, LaunchFrame
from hoverslam.vehicles.stages import SideBoosters, Stage, UpperStage

FloatArray = NDArray[np.float64]

WAY_UP = (
    "rise", "solids", "boosted", "ascent", "staging", "shrouded", "upper", "staging_2", "stage3_burn", "orbit_coast",
    "second_burn", "orbit_coast_2", "third_burn",
)  # fmt: skip
"""Phases from lift-off to orbit, in order; a launch has some of them."""


@dataclass(frozen=True)
class FallingBody:
    """A body at separation.

    Attributes:
        name: What it is, for a person.
        time: Time of separation from lift-off (s).
        position: Position ``(3,)`` in the launch frame (m).
        velocity: Velocity ``(3,)`` relative to the Earth, in the launch frame (m/s).
        mass: Mass (kg).
        drag_area: Drag area: drag coefficient times mean projected area (m2).
        radius: Radius of the stagnation region, for heating (m).
        drag_sigma: Standard deviation of the drag area over its value.
        velocity_sigma: Standard deviations of the velocity (m/s) along the horizontal velocity, to its left, and up.
        count: Number of such bodies, which separate together.
    """

    name: str
    time: float
    position: FloatArray
    velocity: FloatArray
    mass: float
    drag_area: float
    radius: float
    drag_sigma: float
    velocity_sigma: tuple[float, float, float]
    count: int = 1


def bodies_of(plan: LaunchPlan, solution: Solved) -> tuple[FallingBody, ...]:
    """Return the bodies of a launch that are not recovered, in the order of their separation; the last stage among them.

    Args:
        plan: The plan of the launch.
        solution: Its solution.
    """
    flown = [name for name in WAY_UP if name in solution.phases]
    pairs = set(pairwise(flown))
    return tuple(_separated(plan, solution, pairs, flown[-1]))


def _separated(plan: LaunchPlan, solution: Solved, pairs: set[tuple[str, str]], last: str) -> Iterator[FallingBody]:
    """Yield the bodies that separate between pairs of phases, and the stage that ends in orbit with phase ``last``."""
    vehicle, figures = plan.vehicle, fall_figures()
    if vehicle.strap_ons is not None and ("solids", "ascent") in pairs:
        count, width = vehicle.strap_ons.count, vehicle.strap_ons.diameter_m.si
        mass, length = dropped(solution, "solids", "ascent") / count, width * figures.booster.length_per_diameter.value
        body = _body("strap-on", solution, "solids", mass, figures.booster, (length, width), count)
        yield replace(body, drag_sigma=figures.booster.drag_sigma_with_length)
    if vehicle.side_boosters is not None and ("boosted", "ascent") in pairs and "side_ignition" not in solution.phases:
        count, mass = vehicle.side_boosters.count, dropped(solution, "boosted", "ascent")
        size = _size(vehicle.side_boosters)
        yield _body("side booster", solution, "boosted", mass / count, figures.booster, size, count)
    if ("ascent", "staging") in pairs and "ignition" not in solution.phases:
        mass = dropped(solution, "ascent", "staging")
        yield _body("first stage", solution, "ascent", mass, figures.stage, _size(vehicle.stage1))
    if vehicle.fairing is not None and ("shrouded", "upper") in pairs:
        yield from _fairing_halves(plan, solution, vehicle.fairing.diameter_m.si)
    if vehicle.stage2 is not None and ("upper", "staging_2") in pairs:
        mass = dropped(solution, "upper", "staging_2")
        yield _body("second stage", solution, "upper", mass, figures.stage, _size(vehicle.stage2))
    stage = vehicle.stage3 or vehicle.stage2
    if stage is not None and "upper_ignition" not in solution.phases:
        mass = float(solution[last].final.mass - solution.parameters.payload) - plan.values["payload.adapter"]
        name = "upper stage" if vehicle.stage3 is None else "third stage"
        yield _body(name, solution, last, mass, figures.stage, _size(stage))


def _size(stage: Stage | UpperStage | SideBoosters) -> tuple[float, float]:
    """Return length and diameter of a stage (m)."""
    return stage.length_m.si, stage.diameter_m.si


def dropped(solution: Solved, before: str, after: str) -> float:
    """Return the mass that separates between two phases (kg)."""
    return float(solution[before].final.mass - solution[after].initial.mass)


def _fairing_halves(plan: LaunchPlan, solution: Solved, width: float) -> Iterator[FallingBody]:
    """Yield both halves of the fairing, which move to the left and to the right of the flight path."""
    figures = fall_figures().fairing_half
    mass, size = 0.5 * dropped(solution, "shrouded", "upper"), (width * figures.length_per_diameter.value, width)
    for side, sign in (("left", 1.0), ("right", -1.0)):
        body = _body(f"fairing half, {side}", solution, "shrouded", mass, figures, size)
        left = local_axes(plan.frame, body.position, body.velocity)[1]
        velocity = body.velocity + sign * figures.separation_speed_m_s.si * left
        yield replace(body, velocity=velocity, drag_sigma=figures.drag_sigma_with_length)


def _body(
    name: str,
    solution: Solved,
    phase: str,
    mass: float,
    figures: BodyFigures,
    size: tuple[float, float],
    count: int = 1,
) -> FallingBody:
    """Return a body that separates at the end of a phase.

    Args:
        name: What it is.
        solution: The solved launch.
        phase: The phase.
        mass: Mass (kg).
        figures: Drag and errors of its kind.
        size: Length and diameter (m).
        count: Number of such bodies.
    """
    end, (length, width) = solution[phase].final, size
    return FallingBody(
        name=name,
        time=float(solution[phase].time[1]),
        position=np.asarray(end.position, dtype=float),
        velocity=np.asarray(end.velocity, dtype=float),
        mass=mass,
        drag_area=figures.drag_per_side_area * length * width,
        radius=0.5 * width,
        drag_sigma=figures.drag_sigma,
        velocity_sigma=figures.velocity_sigma,
        count=count,
    )


def local_axes(frame: LaunchFrame | FlatGround, position: FloatArray, velocity: FloatArray) -> FloatArray:
    """Return the axes ``(3, 3)`` at a position, one a row: along the horizontal velocity, to its left, up.

    Args:
        frame: The launch frame.
        position: Position ``(3,)`` in it (m).
        velocity: Velocity ``(3,)`` in it (m/s); not vertical.
    """
    up = np.asarray(frame.up(jnp.asarray(position)))
    along = velocity - (velocity @ up) * up
    along = along / np.linalg.norm(along)
    return np.stack([along, np.cross(up, along), up])


def apsides(frame: LaunchFrame, body: FallingBody) -> tuple[float, float]:
    """Return the altitudes (m) of perigee and apogee of a body's orbit above the equatorial radius; inf if it escapes.

    Args:
        frame: The launch frame.
        body: The body at separation.
    """
    found = orbit_of(frame, np.asarray(body.position), np.asarray(body.velocity))
    return found.perigee, found.apogee
