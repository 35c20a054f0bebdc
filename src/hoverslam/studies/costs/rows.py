"""Rows of the costs: what a kilogram costs in one flight, with intervals, reuse, reserve and target.

A row is made from numbers of the comparison alone: the payload, the expendable twin's payload and two exchange ratios. A
table of costs can therefore be made again without solving a flight.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from hoverslam.studies.outcome import Exchange
from hoverslam.studies.rows import Row, expendable_twin

if TYPE_CHECKING:
    from hoverslam.economics.questions.target import Requirement
    from hoverslam.economics.study import CostStudy
    from hoverslam.vehicles.models import Vehicle

SAMPLES = 4000  # of the uncertain inputs


@dataclass(frozen=True)
class CostRow:
    """The cost of a kilogram in one flight, and what it depends on. A value that does not exist is None. Money is in CNY.

    Attributes:
        payload_per_reserve, payload_per_dry_mass: Exchange ratios: kg of payload for a kilogram more of landing reserve or of
            first-stage dry mass.
        basis: Status of the inputs that make most of the cost.
        margin_probability, other_probability: Probability that the reserve suffices, and that no other failure occurs.
        landing_probability: Probability of landing, with its 5 and 95 % as ``_p05`` and ``_p95``.
        against_expendable: Median cost per kilogram over that of the expendable twin, less one.
        break_even_uses, break_even_landing_probability: Flights per booster and landing probability from which a kilogram
            costs less with reuse.
        one_sigma_less_percent, one_sigma_more_percent: Cost increase (%) if the reserve is one standard deviation of the
            need below or above the cheapest.
        needs_launches_per_year, ...: Value of this one input with which the cost meets the target; None if no value does, or
            if the flight does not depend on the input.
    """

    vehicle: str
    recovery: str
    orbit: str
    payload_kg: float
    payload_per_reserve: float | None
    payload_per_dry_mass: float | None
    basis: str
    margin_probability: float | None
    other_probability: float | None
    landing_probability: float | None
    landing_probability_p05: float | None
    landing_probability_p95: float | None
    flights_per_booster: float
    launches_per_year: float
    cost_per_launch_p10: float
    cost_per_launch_p50: float
    cost_per_launch_p90: float
    cost_per_kg_p10: float
    cost_per_kg_p50: float
    cost_per_kg_p90: float
    cost_per_kg_usd_p10: float
    cost_per_kg_usd_p50: float
    cost_per_kg_usd_p90: float
    transcost_per_kg_p10: float
    transcost_per_kg_p50: float
    transcost_per_kg_p90: float
    market_price_per_kg: float
    target_per_kg: float | None
    against_expendable: float | None
    break_even_uses: float | None
    break_even_landing_probability: float | None
    reserve_kg: float | None
    cheapest_reserve_kg: float | None
    one_sigma_less_percent: float | None
    one_sigma_more_percent: float | None
    needs_launches_per_year: float | None
    needs_max_flights: float | None
    needs_landing_probability: float | None
    needs_dry_mass_t: float | None
    needs_launches_per_year_at_best_ends: float | None
    verified: bool


COLUMNS = tuple(field.name for field in fields(CostRow))


def cost_row(row: Row, rows: Iterable[Row], exchange: Exchange | None, vehicle: "Vehicle") -> CostRow | None:
    """Return the cost of a row of the comparison; None for a flight without payload or a vehicle without cost inputs.

    Args:
        row: The row.
        rows: All rows of the comparison; the expendable twin is looked up in them.
        exchange: Exchange ratios of the flight; without them there is no cheapest reserve.
        vehicle: The vehicle that was flown, with its changed figures.
    """
    from hoverslam.economics.inputs.errors import CostQuestionError
    from hoverslam.economics.inputs.loading import cost_vehicles
    from hoverslam.economics.study import study_given_payload
    from hoverslam.margins.study.curve import load_margin_curve

    if row.payload_kg is None or row.vehicle not in cost_vehicles():
        return None
    twin = expendable_twin(row, rows)
    try:
        study = study_given_payload(
            vehicle, row.recovery, row.payload_kg, twin_payload_kg=None if twin is None else twin.payload_kg,
            payload_slopes=_slopes(row, vehicle, exchange), curve=load_margin_curve(row.vehicle, row.recovery),
            samples=SAMPLES,
        )  # fmt: skip
    except CostQuestionError:
        return None
    return _row_of(row, study, exchange)


def _slopes(row: Row, vehicle: "Vehicle", exchange: Exchange | None) -> dict[str, float]:
    from hoverslam.economics.study import reserve_key

    if exchange is None:
        return {}
    slopes = {"stage1.dry_mass_t": 1e3 * exchange.per_dry_mass}
    if row.recovery != "expendable":
        slopes[reserve_key(row.recovery, vehicle)] = 1e3 * exchange.per_reserve
    return slopes


def _row_of(row: Row, study: "CostStudy", exchange: Exchange | None) -> CostRow:
    cost, reuse, best = study.estimate, study.reuse, study.reserve
    low, high = cost.landing_interval or (None, None)
    bands = {
        "cost_per_launch": cost.cost_per_launch_cny,
        "cost_per_kg": cost.cost_cny_per_kg,
        "cost_per_kg_usd": cost.cost_usd_per_kg,
        "transcost_per_kg": study.transcost.cost_cny_per_kg,
    }
    quantiles: dict[str, Any] = {
        f"{name}_{end}": getattr(band, end) for name, band in bands.items() for end in ("p10", "p50", "p90")
    }
    interior = best is not None and best.interior
    return CostRow(
        row.vehicle, row.recovery, row.orbit, row.payload_kg or 0.0,
        None if exchange is None or row.recovery == "expendable" else exchange.per_reserve,
        None if exchange is None else exchange.per_dry_mass,
        study.basis,
        margin_probability=cost.margin_probability,
        other_probability=cost.other_probability,
        landing_probability=cost.landing_probability,
        landing_probability_p05=low,
        landing_probability_p95=high,
        flights_per_booster=cost.flights_per_booster_mean,
        launches_per_year=cost.at_modes.inputs.operations.launches_per_year.mode,
        **quantiles,
        market_price_per_kg=cost.market_price_cny_per_kg,
        target_per_kg=cost.target_cny_per_kg,
        against_expendable=study.against_twin,
        break_even_uses=None if reuse is None or reuse.uses is None else float(reuse.uses),
        break_even_landing_probability=None if reuse is None else reuse.landing,
        reserve_kg=row.landing_reserve_kg,
        cheapest_reserve_kg=best.best.reserve_kg if best is not None and interior else None,
        one_sigma_less_percent=100.0 * best.penalty_thinner if best is not None and interior else None,
        one_sigma_more_percent=100.0 * best.penalty_fatter if best is not None and interior else None,
        **_needs(study.requirements),
        verified=row.verified,
    )  # fmt: skip


def _needs(requirements: "Sequence[Requirement]") -> dict[str, Any]:
    """Return the columns of the requirements: one input changed alone, and all other inputs at their better ends."""
    alone = {one.what: one.needed for one in requirements if not one.given}
    at_best = [one.needed for one in requirements if one.given]
    return {
        "needs_launches_per_year": alone.get("launches_per_year"),
        "needs_max_flights": alone.get("max_flights"),
        "needs_landing_probability": alone.get("landing_probability"),
        "needs_dry_mass_t": alone.get("stage1.dry_mass_t"),
        "needs_launches_per_year_at_best_ends": at_best[0] if at_best else None,
    }
