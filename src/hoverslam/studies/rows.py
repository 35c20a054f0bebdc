"""Rows of the comparison: a vehicle flown in one recovery mode, with its flight and its cost side by side.

A value that does not exist is None and becomes a blank cell. An expended booster burns no landing propellant, for example,
and its cell is blank, not zero. The order of the fields is the order of the columns in every file.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, TypedDict

from hoverslam.reports.json_text import Json, record

if TYPE_CHECKING:
    from hoverslam.economics.questions.estimate import CostEstimate
    from hoverslam.flights.launch.result import LaunchResult
    from hoverslam.vehicles.models import PublishedPayload


@dataclass(frozen=True)
class Row:
    """One vehicle, orbit and recovery mode. The names carry the units.

    ``verified`` is the verdict of the independent re-flight. A flight whose solver did not converge has its errors and its
    time only, since its payload is not a result.
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

    def as_json(self) -> dict[str, Json]:
        """Return the row as JSON types; a blank and a number that is not finite are null."""
        return record(asdict(self))


COLUMNS: tuple[str, ...] = tuple(field.name for field in fields(Row))


class Published(TypedDict, total=False):
    """The columns that are known without solving a flight."""

    payload_published_kg: float
    payload_published_status: str
    target_cny_per_kg: float | None


def published_columns(published: "PublishedPayload | None", target_cny_per_kg: float | None) -> Published:
    """Return the columns that are known without solving a flight.

    Args:
        published: Payload that the operator or others have published for this orbit and recovery.
        target_cny_per_kg: Price per kilogram that the operator aims at (CNY/kg).
    """
    columns: Published = {"target_cny_per_kg": target_cny_per_kg}
    if published is not None:
        columns["payload_published_kg"] = published.payload_t.si
        columns["payload_published_status"] = published.payload_t.status
    return columns


def row_of(flight: "LaunchResult", cost: "CostEstimate | None", published: Published, solve_s: float) -> Row:
    """Return the row of a solved launch.

    Args:
        flight: The launch, from :func:`hoverslam.flights.launch.solve.solve_launch`.
        cost: What it costs; None where the cost model has no figures.
        published: From :func:`published_columns`.
        solve_s: Wall time of the case (s).
    """
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
    """Return the row of the same vehicle flown to the same orbit without recovery.

    None for a row that is expendable itself, and where there is no such row.

    Args:
        row: The row.
        rows: Rows of the comparison.
    """
    if row.recovery == "expendable":
        return None
    twins = (r for r in rows if (r.vehicle, r.orbit, r.recovery) == (row.vehicle, row.orbit, "expendable"))
    return next(twins, None)


def with_penalties(rows: Iterable[Row]) -> list[Row]:
    """Return the rows with the payload lost (%) against the expendable row of the same vehicle.

    Blank without that row, and where one of the two is not verified.
    """
    rows = list(rows)
    return [replace(row, payload_penalty_percent=_penalty(row, expendable_twin(row, rows))) for row in rows]


def _penalty(row: Row, twin: Row | None) -> float | None:
    if twin is None or not (row.verified and twin.verified) or row.payload_kg is None or not twin.payload_kg:
        return None
    return 100.0 * (1.0 - row.payload_kg / twin.payload_kg)
