"""The comparison by cost: one row a flight, with intervals, reuse, reserve and target, as CSV, page and picture.

A row is made from numbers of the comparison alone (payload, the expendable twin's payload, two exchange ratios), so that a
table can be made again without flying again.
"""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hoverslam.reports import tables as grid
from hoverslam.reports.tables import View, markdown_table
from hoverslam.studies.comparison.tables import write_whole
from hoverslam.studies.outcome import Exchange
from hoverslam.studies.rows import Row, expendable_twin

if TYPE_CHECKING:
    from rich.table import Table

    from hoverslam.economics.questions.study import CostStudy
    from hoverslam.economics.questions.target import Requirement

SAMPLES = 4000


@dataclass(frozen=True)
class CostRow:
    """What a kilogram costs in one flight, and what that hangs on; blanks (None) do not exist. Money is CNY.

    Probabilities: that the reserve suffices, that nothing else goes wrong, of landing with its 5 and 95 %. ``basis`` is the
    status that most of the cost rests on. ``payload_per_*`` are exchange ratios (kg of payload for a kilogram more of landing
    reserve or of first-stage dry mass). ``needs_*`` is what the input would have to be, alone, for the target; blank where it
    cannot do it alone or has no part in this flight.
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


TEXTS = ("vehicle", "recovery", "orbit", "basis")
COLUMNS = tuple(field.name for field in fields(CostRow))


def cost_row(row: Row, rows: Iterable[Row], exchange: Exchange | None) -> CostRow | None:
    """The cost of a row of the comparison; None for a flight without payload or a vehicle without cost inputs."""
    from hoverslam.economics.inputs.errors import CostQuestionError
    from hoverslam.economics.inputs.loading import cost_vehicles
    from hoverslam.economics.questions.study import study_cost
    from hoverslam.margins.study.curve import load_margin_curve
    from hoverslam.vehicles.loading import load_vehicle

    if row.payload_kg is None or row.vehicle not in cost_vehicles():
        return None
    vehicle, twin = load_vehicle(row.vehicle), expendable_twin(row, rows)
    try:
        study = study_cost(
            vehicle, row.recovery, row.payload_kg, twin_payload_kg=None if twin is None else twin.payload_kg,
            payload_slopes=_slopes(row, vehicle, exchange), curve=load_margin_curve(row.vehicle, row.recovery),
            samples=SAMPLES,
        )  # fmt: skip
    except CostQuestionError:
        return None
    return _row_of(row, study, exchange)


def _slopes(row: Row, vehicle: Any, exchange: Exchange | None) -> dict[str, float]:
    from hoverslam.economics.questions.study import reserve_key

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
    alone = {one.what: one.needed for one in requirements if not one.given}
    at_best = [one.needed for one in requirements if one.given]
    return {
        "needs_launches_per_year": alone.get("launches_per_year"),
        "needs_max_flights": alone.get("max_flights"),
        "needs_landing_probability": alone.get("landing_probability"),
        "needs_dry_mass_t": alone.get("stage1.dry_mass_t"),
        "needs_launches_per_year_at_best_ends": at_best[0] if at_best else None,
    }


# ---- CSV -------------------------------------------------------------------------------------------------------------
def costs_csv(rows: Iterable[CostRow]) -> str:
    """The rows as CSV, numbers rounded to what they are worth."""
    return grid.csv_text(COLUMNS, ([_cell(name, getattr(row, name)) for name in COLUMNS] for row in rows))


def _cell(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if name in TEXTS:
        return str(value)
    if "probability" in name or name == "against_expendable":
        return f"{value:.4f}"
    exact = ("flights_per_booster", "needs_dry_mass_t", "payload_per_reserve", "payload_per_dry_mass")
    return f"{value:.4f}" if name in exact else f"{value:.1f}"


def read_costs(path: Path) -> list[CostRow]:
    """What :func:`costs_csv` wrote. Raises ValueError if the columns are not those of `COLUMNS`."""
    with path.open(encoding="utf-8", newline="") as file:
        lines = csv.DictReader(file)
        if tuple(lines.fieldnames or ()) != COLUMNS:
            raise ValueError(f"{path}: not a table of costs: its columns are not those of this version")
        return [CostRow(**{name: _value(name, text) for name, text in line.items()}) for line in lines]


def _value(name: str, text: str) -> Any:
    if name == "verified":
        return text == "true"
    if name in TEXTS:
        return text
    return None if text == "" else float(text)


# ---- for a person ----------------------------------------------------------------------------------------------------
def _band(row: CostRow, name: str, factor: float = 1.0) -> str:
    low, middle, high = (factor * getattr(row, f"{name}_{end}") for end in ("p10", "p50", "p90"))
    return f"{middle:,.0f} ({low:,.0f} to {high:,.0f})"


def _percent(value: float | None, how: str = ".0f") -> str:
    return "" if value is None else f"{100 * value:{how}}"


def _number(value: float | None, how: str = ",.0f") -> str:
    return "" if value is None else format(value, how)


def _lands(row: CostRow) -> str:
    if row.landing_probability is None:
        return ""
    low, high = _percent(row.landing_probability_p05), _percent(row.landing_probability_p95)
    return f"{_percent(row.landing_probability)} ({low} to {high})"


def _never(row: CostRow, value: float | None, how: str) -> str:
    return "" if row.against_expendable is None else "never" if value is None else format(value, how)


def _needed(row: CostRow, value: float | None, how: str = ",.0f", of_landing: bool = False) -> str:
    if row.target_per_kg is None or (of_landing and row.recovery == "expendable"):
        return ""
    if row.cost_per_kg_p50 <= row.target_per_kg:
        return "met"
    return "not enough" if value is None else format(value, how)


def _at_best_ends(row: CostRow) -> str:
    value = row.needs_launches_per_year_at_best_ends
    if row.target_per_kg is None:
        return ""
    if value is None:
        return "not enough"
    return f"{value:,.0f} (as now)" if value <= row.launches_per_year else f"{value:,.0f}"


_WHO = (
    View("vehicle", lambda r: r.vehicle, False),
    View("recovery", lambda r: r.recovery.replace("_", " "), False),
)
COST = (
    *_WHO,
    View("payload, kg", lambda r: _number(r.payload_kg)),
    View("booster lands, %", _lands),
    View("flights per booster", lambda r: _number(r.flights_per_booster, ".1f")),
    View("cost per launch, M CNY", lambda r: _band(r, "cost_per_launch", 1e-6)),
    View("cost per kg, CNY", lambda r: _band(r, "cost_per_kg")),
    View("cost per kg, USD", lambda r: _band(r, "cost_per_kg_usd")),
    View("TRANSCOST, CNY per kg", lambda r: _band(r, "transcost_per_kg")),
    View("basis", lambda r: r.basis),
    View("target, CNY per kg", lambda r: _number(r.target_per_kg)),
    View("market price, CNY per kg", lambda r: _number(r.market_price_per_kg)),
    View("verified", lambda r: "yes" if r.verified else "NO"),
)
REUSE = (
    *_WHO,
    View("reserve suffices, %", lambda r: _percent(r.margin_probability, ".1f")),
    View("nothing else fails, %", lambda r: _percent(r.other_probability)),
    View(
        "against expendable", lambda r: "" if r.against_expendable is None else f"{100 * r.against_expendable:+.0f} %"
    ),
    View("pays from uses", lambda r: _never(r, r.break_even_uses, ".0f")),
    View("pays from landings, %", lambda r: _never(r, _times(r.break_even_landing_probability), ".0f")),
    View("reserve kept, kg", lambda r: _number(r.reserve_kg)),
    View("cheapest reserve, kg", lambda r: _number(r.cheapest_reserve_kg)),
    View("one sigma less, %", lambda r: _number(r.one_sigma_less_percent, "+.1f")),
    View("one sigma more, %", lambda r: _number(r.one_sigma_more_percent, "+.1f")),
)
TARGET = (
    *_WHO,
    View("cost per kg, CNY", lambda r: _band(r, "cost_per_kg")),
    View("target, CNY per kg", lambda r: _number(r.target_per_kg)),
    View("launches a year now", lambda r: _number(r.launches_per_year)),
    View("launches a year", lambda r: _needed(r, r.needs_launches_per_year)),
    View("flights a booster", lambda r: _needed(r, r.needs_max_flights, of_landing=True)),
    View("landings, %", lambda r: _needed(r, _times(r.needs_landing_probability), of_landing=True)),
    View("dry mass, t", lambda r: _needed(r, r.needs_dry_mass_t, ".1f")),
    View("launches a year, all else at best ends", _at_best_ends),
)


def _times(value: float | None) -> float | None:
    return None if value is None else 100.0 * value


def costs_page(rows: Sequence[CostRow]) -> str:
    """The costs as a page: what a kilogram costs, whether reuse pays, what the promises ask for."""
    from hoverslam.economics.inputs.loading import load_exchange_rate

    rate = load_exchange_rate()
    promised = [row for row in rows if row.target_per_kg is not None]
    return f"""# What a kilogram costs

Every vehicle in every recovery mode. The same numbers for a program: [costs.csv](costs.csv). How they are made:
[docs/cost.md](../docs/cost.md); one vehicle to its last factor: `hoverslam cost VEHICLE --explain`.

![Cost of a kilogram, 10 to 90 %, beside target and market price](figures/cost_per_kg.png)

{markdown_table(rows, COST)}
- **Cost** is what the operator spends, **price** what a customer pays: they are never mixed. Costs are medians, in brackets
  the 10th and 90th percentile over the uncertain inputs; of landings the mean belief, and its 5th and 95th.
- **TRANSCOST** is a second opinion from dry masses and work-years, made without a single price of the vehicle.
- **Basis** is how well known the inputs are that make most of the cost. Where it says estimate, nobody outside has seen a
  bill.
- Dollars at {rate.mode:g} CNY ({rate.date}). A blank does not exist; it is not zero.

## Does reuse pay?

{markdown_table([row for row in rows if row.recovery != "expendable"], REUSE)}
- **Reserve suffices** comes from thousands of guided landings, **nothing else fails** from landing records; their product is
  the probability of landing. **Against expendable** compares the median cost of a kilogram with that of the same vehicle
  flown without recovery; uses and landings are those from which it would be less, every input at its mode.
- **Cheapest reserve** weighs boosters lost against payload lost; one sigma of the propellant a landing needs, less or more.

## What would have to be true for the promise

{markdown_table(promised, TARGET) if promised else "No vehicle here has a published target."}
- What the one input would have to be, all others in their bands, for the median cost to meet the target. Where it cannot
  alone, "not enough". Last column: the launch rate needed with every other input at the better end of its band; "as now" is
  the likeliest rate, which then suffices.
- A promise of price is compared with a cost: whoever sells at the target with this cost earns nothing.
"""


_LEFT_OUT = (
    "payload, kg",
    "cost per kg, USD",
    "market price, CNY per kg",
    "verified",
)  # in the table above or the page


def rich_costs(rows: Sequence[CostRow]) -> "Table":
    """The costs for a terminal, a rule between vehicles."""
    shown = [view for view in COST if view.heading not in _LEFT_OUT]
    return grid.rich_table(rows, shown, "What a kilogram costs: median, 10 to 90 %", no_wrap=3)


def write_costs(rows: Sequence[CostRow], out: Path) -> list[Path]:
    """Write costs.csv, costs.md and figures/cost_per_kg.png; returns their paths."""
    from hoverslam.studies.costs.pictures import save_costs

    paths = [out / "costs.csv", out / "costs.md", out / "figures" / "cost_per_kg.png"]
    write_whole(paths[0], costs_csv(rows))
    write_whole(paths[1], costs_page(rows))
    save_costs(rows, paths[2])
    return paths
