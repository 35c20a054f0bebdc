"""Derivatives of the payload of a solved launch by every figure of the vehicle file; nothing is solved again.

Masses, thrusts and impulses enter the launch problem as given parameters, limits and throttles as literals of its
statement. Both are varied in the same way: the launch is stated again with the figure moved a little either way, and the
Lagrangians of both statements are taken at the solution. To first order their difference is that of the optima (the
envelope theorem; Fiacco 1983). Active and inactive limits are told apart by their multipliers.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hoverslam.data.figures import Figure
from hoverslam.flights.launch.result import LaunchResult
from hoverslam.flights.launch.solve import solve_launch
from hoverslam.reports.json_text import Json, record
from hoverslam.reports.results import Result
from hoverslam.vehicles.models import PUBLISHED, Vehicle
from hoverslam.vehicles.places import OrbitLike

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure as Picture

OF_A_PLACE = "site."  # in the key of a coordinate of a launch or landing site, which is no parameter of the problem
SHOWN = 20  # figures in the picture


@dataclass(frozen=True, eq=False)
class PayloadSlopes(Result, Mapping[str, float]):
    """Derivatives of the optimal payload by figures of the vehicle file: a mapping from key to kg per unit of the key.

    Attributes:
        title: Vehicle and recovery mode for a person.
        payload: The optimal payload (kg).
        slopes: Derivatives by key (kg per unit of the key).
        figures: The figures by key.
    """

    title: str
    payload: float
    slopes: Mapping[str, float]
    figures: Mapping[str, Figure]

    def __getitem__(self, key: str) -> float:
        return self.slopes[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.slopes)

    def __len__(self) -> int:
        return len(self.slopes)

    def per_percent(self, key: str) -> float:
        """Return the change of the payload (kg) when a figure grows by one per cent of its value, to first order."""
        return 0.01 * self.slopes[key] * self.figures[key].value

    def ranked(self) -> list[str]:
        """Return the keys, the one with the largest effect of one per cent first."""
        return sorted(self.slopes, key=lambda key: -abs(self.per_percent(key)))

    def report(self) -> str:
        """Return one line for each figure, the largest effect first."""
        lines = [
            f"{self.title}: payload {self.payload:,.1f} kg",
            f"{'figure':58s} {'kg per unit':>14s} {'kg per 1 %':>12s}",
        ]
        for key in self.ranked():
            figure = self.figures[key]
            name = f"{key} = {figure.value:g} {figure.unit}".rstrip()
            lines.append(f"{name:58s} {self.slopes[key]:14.6g} {self.per_percent(key):12.4g}")
        return "\n".join(lines)

    def as_json(self) -> dict[str, Json]:
        """Return payload, and value, unit, derivative and effect of one per cent of each figure."""
        rows = self.to_frame().to_dict("records")
        return record({"title": self.title, "payload_kg": self.payload, "slopes": rows})

    def to_frame(self) -> "pd.DataFrame":
        """Return one row for each figure, in the order of the keys."""
        import pandas as pd  # slow to import

        rows = []
        for key, slope in self.slopes.items():
            figure = self.figures[key]
            band = {"low": figure.low, "high": figure.high, "unit": figure.unit}
            effect = {"payload_kg_per_unit": slope, "payload_kg_per_percent": self.per_percent(key)}
            rows.append({"key": key, "value": figure.value, **band, **effect})
        return pd.DataFrame(rows)

    def plot(self) -> "Picture":
        """Return bars of the change of payload when each figure grows by one per cent, the largest effects on top."""
        from matplotlib.figure import Figure as Picture  # matplotlib is slow to import

        from hoverslam.reports.pictures import COLOURS, plain_axis

        keys = self.ranked()[:SHOWN]
        effects = [self.per_percent(key) for key in keys]
        picture = Picture(figsize=(9.0, 1.5 + 0.28 * len(keys)), layout="constrained")
        axis = plain_axis(picture.subplots())
        axis.barh(keys, effects, color=[COLOURS[0] if effect > 0.0 else COLOURS[1] for effect in effects])
        axis.invert_yaxis()
        axis.set(xlabel="change of payload when the figure grows by 1 %, kg", title=self.title)
        return picture


def payload_slopes(
    launch: LaunchResult | Vehicle | str | os.PathLike[str],
    keys: Iterable[str] | None = None,
    report: Callable[[str], None] | None = None,
    *,
    recovery: str = "expendable",
    orbit: OrbitLike | None = None,
) -> PayloadSlopes:
    """Return the derivatives of the optimal payload (kg) by figures of the vehicle file, per unit of each figure's key.

    Args:
        launch: A solved launch; or a vehicle, the name of a known one, or the path of a vehicle file, which is solved
            first.
        keys: Figures by their keys, such as ``stage1.dry_mass_t``; all that enter the problem if left out.
        report: Receives one line for each figure.
        recovery: Recovery mode of a launch that is solved first.
        orbit: Orbit of a launch that is solved first; the vehicle's default if left out.

    Returns:
        Derivatives in the order of the keys; without ``keys``, figures that do not move the payload are left out.

    Raises:
        KeyError: For a key that is no figure of the vehicle.
        ValueError: If the launch did not converge.
    """
    flight = launch if isinstance(launch, LaunchResult) else solve_launch(launch, recovery, orbit, report=report)
    known = dict(flight.plan.vehicle.figures())
    movable = [key for key in known if not key.startswith(PUBLISHED) and OF_A_PLACE not in key]
    wanted = movable if keys is None else list(keys)
    slopes = {}
    for key in wanted:
        if report is not None:
            report(f"payload by {key}")
        slopes[key] = flight.slope(key)
    if keys is None:
        slopes = {key: slope for key, slope in slopes.items() if slope != 0.0}
    title = f"{flight.title}, {flight.recovery.replace('_', ' ')}, to {flight.orbit}"
    return PayloadSlopes(title, flight.payload, slopes, {key: known[key] for key in slopes})
