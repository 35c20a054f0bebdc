"""The outcome of one case: its row, its events, limits and propellant, the arithmetic of its cost, and its trajectory.

A ``LaunchResult`` holds the whole optimisation problem and cannot be sent between processes. An :class:`Outcome` holds
plain numbers and a labelled dataset, so that a worker process can return it and a program can read it as JSON.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from hoverslam.reports.json_text import Json, record
from hoverslam.reports.results import Result
from hoverslam.studies.events import FlightEvent, events_of
from hoverslam.studies.rows import Published, Row, published_columns, row_of

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from matplotlib.figure import Figure
    from rich.console import RenderableType

    from hoverslam.economics.model.explained import ExplainRow
    from hoverslam.economics.questions.estimate import CostEstimate
    from hoverslam.flights.launch.flight_check import FlightCheck
    from hoverslam.flights.launch.result import LaunchResult
    from hoverslam.flights.outcome.limits_reached import LimitReached
    from hoverslam.vehicles.models import Vehicle


class Exchange(NamedTuple):
    """Derivatives of the greatest payload: kg of payload per kg of landing reserve, and per kg of first-stage dry mass."""

    per_reserve: float
    per_dry_mass: float


@dataclass(frozen=True)
class Outcome(Result):
    """One case, solved or not.

    Attributes:
        row: Its line in the comparison.
        title: The vehicle's name for a person.
        status: The solver's status, or the error because of which there is no flight.
        converged: Whether the solver converged.
        iterations: Iterations of the solver; None where it never ran.
        inclination_deg: Inclination of the orbit (deg).
        events: Staging, burns, injection and touchdown, in the order of time.
        limits: Limits of the flight, and what it reached of each.
        budget: First-stage propellant (kg) by use; only uses that the flight has.
        cost: The arithmetic of the cost at the modes of its inputs; empty where the cost model has no figures.
        exchange: Payload per kilogram of reserve and dry mass; None where there was no flight.
        trajectory: Labelled time histories; None where there was no flight.
        validity: The flight with the full physics and every limit that applies; None where there was no flight.
    """

    row: Row
    title: str
    status: str
    converged: bool = False
    iterations: int | None = None
    inclination_deg: float | None = None
    events: tuple[FlightEvent, ...] = ()
    limits: "tuple[LimitReached, ...]" = ()
    budget: dict[str, float] | None = None
    cost: "tuple[ExplainRow, ...]" = ()
    exchange: Exchange | None = None
    trajectory: "xr.Dataset | None" = None
    validity: "FlightCheck | None" = None

    @property
    def verified(self) -> bool:
        """Whether the independent re-flight confirms the flight."""
        return self.row.verified

    def tables(self, explain: bool = False) -> "list[RenderableType]":
        """Return the outcome as tables and lines for a terminal; ``explain`` adds the arithmetic of the cost."""
        from hoverslam.studies.launch_tables import (
            cost_table,
            events_table,
            heading,
            limits_table,
            numbers_table,
            verdict_line,
        )

        parts = heading(self.row, self.title, self.inclination_deg, stopped=self.iterations and not self.converged)
        parts.append(numbers_table(self.row, self.budget or {}))
        parts += [events_table(self.events)] if self.events else []
        parts += [limits_table(self.limits)] if self.limits else []
        parts += [cost_table(self.cost)] if explain and self.cost else []
        return [*parts, verdict_line(self.row, self.status, self.iterations, self.converged)]

    def report(self, explain: bool = False) -> str:
        """Return the tables as text; ``explain`` adds the arithmetic of the cost."""
        from hoverslam.reports.console import text_of

        return text_of(self.tables(explain))

    def as_json(self) -> dict[str, Json]:
        """Return the columns of the row, and the details behind them, as JSON types."""
        return self.row.as_json() | record(
            {
                "title": self.title,
                "inclination_deg": self.inclination_deg,
                "converged": self.converged,
                "status": self.status,
                "iterations": self.iterations,
                "events": [event._asdict() for event in self.events],
                "first_stage_propellant_kg": self.budget or {},
                "limits": [limit.as_json() for limit in self.limits],
                "cost": [row._asdict() for row in self.cost],
            }
        )

    def to_frame(self) -> "pd.DataFrame":
        """Return the row as a data frame of one row."""
        from hoverslam.reports.tables import frame_of

        return frame_of([self.row], Row)

    def plot(self) -> "Figure":
        """Return the picture of the flight: path, speed, dynamic pressure and first-stage propellant.

        Raises:
            ValueError: Without a flight.
        """
        from hoverslam.studies.vehicle_picture import draw_vehicle

        return draw_vehicle([self.flight_data()], self.title)

    def flight_data(self) -> "xr.Dataset":
        """Return the trajectory with the first stage's propellant by use (kg).

        Raises:
            ValueError: Without a flight.
        """
        from hoverslam.studies.trajectory_files import with_budget

        if self.trajectory is None:
            raise ValueError(f"{self.row.vehicle} {self.row.recovery}: no flight: {self.status}")
        return with_budget(self.trajectory, self.budget or {})

    def _writers(self) -> Mapping[str, Callable[[Path], None]]:
        from hoverslam.studies.trajectory_files import save_trajectory

        return {**super()._writers(), ".nc": lambda path: save_trajectory(self.flight_data(), path)}


def outcome_of(flight: "LaunchResult", solve_s: float | None = None, validity: "FlightCheck | None" = None) -> Outcome:
    """Join a solved launch with its cost.

    Args:
        flight: The launch, from :func:`hoverslam.flights.launch.solve.solve_launch`.
        solve_s: Wall time of the case (s); the solver's own seconds if left out.
        validity: The flight flown again with the full physics; the row is verified only if it passes.
    """
    vehicle = flight.plan.vehicle
    cost = _cost_of(vehicle, flight.recovery, flight.payload) if flight.converged else None
    published = _published(vehicle, flight.orbit, flight.recovery)
    trajectory = flight.trajectory()
    row = row_of(flight, cost, published, flight.seconds if solve_s is None else solve_s)
    return Outcome(
        row=row if validity is None else replace(row, verified=row.verified and validity.passed),
        title=flight.title,
        status=flight.status,
        converged=flight.converged,
        iterations=flight.iterations,
        inclination_deg=flight.inclination_deg,
        events=events_of(trajectory),
        limits=tuple(flight.limits),
        budget=_budget(flight),
        cost=tuple(cost.explain()) if cost is not None else (),
        exchange=Exchange(*flight.exchange_ratios()) if flight.converged else None,
        trajectory=trajectory,
        validity=validity,
    )


def failed_outcome(vehicle: "Vehicle", recovery: str, orbit: str, reason: str, solve_s: float | None = None) -> Outcome:
    """Return the outcome of a case without a flight: what is published about it, and the reason.

    Args:
        vehicle: The vehicle.
        recovery: Recovery mode.
        orbit: Id of the orbit.
        reason: Why there is no flight.
        solve_s: Wall time of the attempt (s).
    """
    published = _published(vehicle, orbit, recovery)
    return Outcome(Row(vehicle.name, recovery, orbit, solve_s=solve_s, **published), vehicle.title, reason)


def _published(vehicle: "Vehicle", orbit: str, recovery: str) -> Published:
    from hoverslam.economics.inputs.loading import cost_vehicles, load_cost_inputs

    target = load_cost_inputs(vehicle.name).price.target_cny_per_kg if vehicle.name in cost_vehicles() else None
    return published_columns(vehicle.published_payload(orbit, recovery), target.mode if target else None)


def _cost_of(vehicle: "Vehicle", recovery: str, payload_kg: float) -> "CostEstimate | None":
    """Return the estimate; None for a vehicle, a mode or a payload for which the cost model has no figures."""
    from hoverslam.economics.inputs.errors import CostQuestionError
    from hoverslam.economics.questions.estimate import estimate_cost
    from hoverslam.economics.study import margin_belief
    from hoverslam.margins.study.curve import load_margin_curve

    margin, source = margin_belief(vehicle, recovery, load_margin_curve(vehicle.name, recovery))
    try:
        return estimate_cost(vehicle.name, recovery, payload_kg, reserve_probability=margin, margin_source=source)
    except CostQuestionError:
        return None


def _budget(flight: "LaunchResult") -> dict[str, float]:
    """Return first-stage propellant (kg) by use; the ascent burns what no other use needs."""
    load, residual = flight.plan.values["stage1.propellant"], flight.plan.values["stage1.residual"]
    home = {
        "boostback": flight.boostback_propellant,
        "entry": flight.entry_propellant,
        "landing": flight.landing_propellant,
        "reserve": flight.landing_reserve,
        "residual": residual,
    }
    kept = {use: mass for use, mass in home.items() if mass}
    return {"ascent": load - sum(kept.values()), **kept}
