"""One row of the comparison: a vehicle flown in one recovery mode, with its flight and its cost side by side.

A value that does not exist is None and becomes a blank cell: an expended booster burns no landing propellant, which is
not the same as burning none. The order of the fields is the order of the columns in every file.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields, replace
from math import isfinite
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hoverslam.economics.questions.estimate import CostEstimate
    from hoverslam.flights.launch.solve import LaunchResult
    from hoverslam.vehicles.models import PublishedPayload


@dataclass(frozen=True)
class Row:
    """One vehicle, orbit and recovery mode. Units are in the names; ``verified`` is the verdict of the re-flight.

    A flight whose solver did not converge has its errors and its time only: its payload is not a result.
    """

    vehicle: str
    recovery: str
    orbit: str
    payload_kg: float | None = None
    payload_published_kg: float | None = None
    payload_published_status: str | None = None
    payload_penalty_percent: float | None = None
    staging_time_s: float | None = None
    staging_speed_m_s: float | None = None
    staging_altitude_km: float | None = None
    boostback_propellant_kg: float | None = None
    entry_propellant_kg: float | None = None
    landing_propellant_kg: float | None = None
    landing_reserve_kg: float | None = None
    landing_probability: float | None = None
    flights_per_booster: float | None = None
    cost_per_launch_cny: float | None = None
    cost_per_kg_cny_p10: float | None = None
    cost_per_kg_cny_p50: float | None = None
    cost_per_kg_cny_p90: float | None = None
    cost_per_kg_usd_p50: float | None = None
    target_cny_per_kg: float | None = None
    refly_error: float | None = None
    path_violation: float | None = None
    verified: bool = False
    solve_s: float | None = None

    def as_json(self) -> dict[str, Any]:
        """The row as JSON knows it: blanks are null, and so is what is not finite."""
        return {name: _finite(value) for name, value in asdict(self).items()}


COLUMNS: tuple[str, ...] = tuple(field.name for field in fields(Row))
TEXTS = frozenset({"vehicle", "recovery", "orbit", "payload_published_status"})


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not isfinite(value) else value


def published_columns(published: "PublishedPayload | None", target_cny_per_kg: float | None) -> dict[str, Any]:
    """The columns that hold whether or not the flight was solved."""
    columns: dict[str, Any] = {"target_cny_per_kg": target_cny_per_kg}
    if published is not None:
        columns["payload_published_kg"] = published.payload_t.si
        columns["payload_published_status"] = published.payload_t.status
    return columns


def row_of(flight: "LaunchResult", cost: "CostEstimate | None", published: dict[str, Any], solve_s: float) -> Row:
    """Join a flight with its cost estimate. ``published`` comes from `published_columns`, ``solve_s`` is wall time."""
    row = Row(
        vehicle=flight.vehicle,
        recovery=flight.recovery,
        orbit=flight.orbit,
        refly_error=flight.refly_error,
        path_violation=flight.path_violation,
        verified=flight.verified,
        solve_s=solve_s,
        **published,
    )
    if not flight.converged:
        return row
    row = replace(
        row,
        payload_kg=flight.payload,
        staging_time_s=flight.staging_time,
        staging_speed_m_s=flight.staging_speed,
        staging_altitude_km=flight.staging_altitude / 1e3,
        # A mode without a boostback burn has no such propellant; the flight reports zero.
        boostback_propellant_kg=flight.boostback_propellant if "boostback" in flight.propellant else None,
        entry_propellant_kg=flight.entry_propellant,
        landing_propellant_kg=flight.landing_propellant,
        landing_reserve_kg=flight.landing_reserve,
    )
    return row if cost is None else _with_cost(row, cost)


def _with_cost(row: Row, cost: "CostEstimate") -> Row:
    return replace(
        row,
        landing_probability=cost.landing_probability,
        flights_per_booster=cost.flights_per_booster_mean,
        cost_per_launch_cny=cost.cost_per_launch_cny.p50,
        cost_per_kg_cny_p10=cost.cost_cny_per_kg.p10,
        cost_per_kg_cny_p50=cost.cost_cny_per_kg.p50,
        cost_per_kg_cny_p90=cost.cost_cny_per_kg.p90,
        cost_per_kg_usd_p50=cost.cost_usd_per_kg.p50,
        target_cny_per_kg=cost.target_cny_per_kg,
    )


def expendable_twin(row: Row, rows: Iterable[Row]) -> Row | None:
    """The same vehicle flown to the same orbit without recovery; None for an expendable row or where it is missing."""
    if row.recovery == "expendable":
        return None
    twins = (r for r in rows if (r.vehicle, r.orbit, r.recovery) == (row.vehicle, row.orbit, "expendable"))
    return next(twins, None)


def with_penalties(rows: Iterable[Row]) -> list[Row]:
    """The rows with the payload each loses (%) against the same vehicle's expendable row; blank without that row."""
    rows = list(rows)
    return [replace(row, payload_penalty_percent=_penalty(row, expendable_twin(row, rows))) for row in rows]


def _penalty(row: Row, twin: Row | None) -> float | None:
    if twin is None or row.payload_kg is None or not twin.payload_kg:
        return None
    return 100.0 * (1.0 - row.payload_kg / twin.payload_kg)
