"""What is kept of one case: its row, the events, limits and propellant behind it, and the trajectory.

A `LaunchResult` holds the whole optimisation problem and cannot travel between processes. An `Outcome` holds plain
numbers and a labelled dataset, so a worker can send it home and a program can read it as JSON.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from hoverslam.studies.rows import Row, published_columns, row_of

if TYPE_CHECKING:
    import xarray as xr

    from hoverslam.economics.questions.estimate import CostEstimate
    from hoverslam.economics.questions.explain import ExplainRow
    from hoverslam.flights.launch.solve import LaunchResult
    from hoverslam.vehicles.models import Vehicle


# Phases whose end is an event, and its name.
_ENDS = {
    "ascent": "staging",
    "boostback": "boostback burn ends",
    "coast": "entry burn begins",
    "entry": "entry burn ends",
    "glide": "landing burn begins",
    "shrouded": "fairing off",
    "upper": "injection",
    "second_burn": "injection",
}


class Event(NamedTuple):
    """A moment of the flight: speed over the rotating Earth, altitude, distance over the ground from the pad."""

    name: str
    time_s: float
    speed_m_s: float
    altitude_km: float
    downrange_km: float


class LimitReached(NamedTuple):
    """A limit of one phase and the most the flight made of it, in SI ``unit``."""

    name: str
    phase: str
    limit: float
    reached: float
    time_s: float
    unit: str


class Exchange(NamedTuple):
    """Payload (kg) that a kilogram of landing reserve, and of the first stage's dry mass, makes of an optimum."""

    per_reserve: float
    per_dry_mass: float


@dataclass(frozen=True)
class Outcome:
    """One case, solved or not.

    Attributes:
        row: its line in the comparison.
        title, inclination_deg: the vehicle's name in words; the orbit's plane.
        status: the solver's word, or the error that kept it from being solved.
        converged, iterations: of the solver; no iterations where it never ran.
        events, limits: of the flight.
        budget: first-stage propellant (kg) by use; only what the flight uses.
        cost: the arithmetic of the cost at the modes of its bands, empty where nothing is known of the cost.
        exchange: what reserve and dry mass cost in payload; None where there was no flight.
        trajectory: labelled time histories; None where there was no flight.
    """

    row: Row
    title: str
    status: str
    converged: bool = False
    iterations: int | None = None
    inclination_deg: float | None = None
    events: tuple[Event, ...] = ()
    limits: tuple[LimitReached, ...] = ()
    budget: dict[str, float] | None = None
    cost: "tuple[ExplainRow, ...]" = ()
    exchange: Exchange | None = None
    trajectory: "xr.Dataset | None" = None


def outcome_of(flight: "LaunchResult", solve_s: float | None = None) -> Outcome:
    """Join a solved launch with what it costs.

    Args:
        flight: from `hoverslam.flights.solve_launch`.
        solve_s: wall time of the case; the solver's own seconds if left out.
    """
    vehicle = flight.plan.vehicle
    cost = _cost_of(vehicle, flight.recovery, flight.payload) if flight.converged else None
    published = _published(vehicle, flight.orbit, flight.recovery)
    trajectory = flight.trajectory()
    return Outcome(
        row=row_of(flight, cost, published, flight.seconds if solve_s is None else solve_s),
        title=flight.title,
        status=flight.status,
        converged=flight.converged,
        iterations=flight.iterations,
        inclination_deg=flight.inclination_deg,
        events=_events(trajectory),
        limits=tuple(LimitReached(r.name, r.phase, r.limit, r.reached, r.time, r.unit) for r in flight.limits),
        budget=_budget(flight),
        cost=tuple(cost.explain()) if cost is not None else (),
        exchange=Exchange(*flight.exchange_ratios()) if flight.converged else None,
        trajectory=trajectory,
    )


def failed_outcome(vehicle: "Vehicle", recovery: str, orbit: str, reason: str, solve_s: float | None = None) -> Outcome:
    """The outcome of a case that gave no flight at all: what is published about it, and the reason."""
    published = _published(vehicle, orbit, recovery)
    return Outcome(Row(vehicle.name, recovery, orbit, solve_s=solve_s, **published), vehicle.title, reason)


def _published(vehicle: "Vehicle", orbit: str, recovery: str) -> dict[str, Any]:
    from hoverslam.economics.inputs.loading import cost_vehicles, load_cost_inputs

    target = load_cost_inputs(vehicle.name).price.target_cny_per_kg if vehicle.name in cost_vehicles() else None
    return published_columns(vehicle.published_payload(orbit, recovery), target.mode if target else None)


def _cost_of(vehicle: "Vehicle", recovery: str, payload_kg: float) -> "CostEstimate | None":
    """The estimate, or None for a vehicle, a mode or a payload that the cost model has no figures for."""
    from hoverslam.economics.inputs.errors import CostQuestionError
    from hoverslam.economics.questions.estimate import estimate_cost
    from hoverslam.economics.questions.study import margin_belief
    from hoverslam.margins.study.curve import load_margin_curve

    margin, source = margin_belief(vehicle, recovery, load_margin_curve(vehicle.name, recovery))
    try:
        return estimate_cost(vehicle.name, recovery, payload_kg, reserve_probability=margin, margin_source=source)
    except CostQuestionError:
        return None


def _events(flight: "xr.Dataset") -> tuple[Event, ...]:
    """The ends of the phases a reader asks for, in the order of time."""
    phases = flight["phase"].values
    known = set(phases.tolist())
    ends = {phase: name for phase, name in _ENDS.items() if phase in known}
    if "second_burn" in ends:
        ends["upper"] = "parking orbit"
    down = max((phase for phase in known if phase.startswith("landing")), key=phases.tolist().index, default=None)
    if down is not None:
        ends[down] = "touchdown"
    events = []
    for phase, name in ends.items():
        end = flight.isel(sample=np.flatnonzero(phases == phase)[-1])
        altitude, downrange = float(end["altitude"]) / 1e3, float(end["downrange"]) / 1e3
        events.append(Event(name, float(end["time"]), float(end["speed"]), altitude, downrange))
    return tuple(sorted(events, key=lambda event: event.time_s))


def _budget(flight: "LaunchResult") -> dict[str, float]:
    """First-stage propellant (kg) by use; what is not kept, burned on the way home or stranded lifted the payload."""
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
