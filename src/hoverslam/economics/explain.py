"""Takes a cost estimate apart: each number beside the arithmetic that made it and the sources of its factors.

The formulas are the arithmetic itself, with the numbers filled in (M CNY, dollars multiplied out): put into any
calculator they give the value beside them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from hoverslam.economics.inputs import Band, CostInputs, ExchangeRate, Money
from hoverslam.economics.launch_cost import CostBreakdown
from hoverslam.economics.load import landing_record


class ExplainRow(NamedTuple):
    """One number: what it is (its unit ends the name), its value, how it was made, and where its factors come from."""

    component: str
    value: float
    formula: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PointCase:
    """The one case that is explained: every band at its mode, the landing probability at its mean or as given."""

    inputs: CostInputs
    recovery: str
    exchange: ExchangeRate
    payload_kg: float
    landing_probability: float | None
    landing_given: bool
    reserve_probability: float
    flights_per_booster: float
    breakdown: CostBreakdown
    cost_cny_per_kg: float


def explain_rows(case: PointCase) -> list[ExplainRow]:
    """Return the rows for landing, booster life, each component of the launch cost, the launch, and the kilogram."""
    rows = [*_life_rows(case), *_component_rows(case)]
    total = float(case.breakdown.total)
    parts = [f"{row.value:.8g}" for row in rows if row.component.endswith("_MCNY")]
    rows.append(ExplainRow("launch_MCNY", total / 1e6, " + ".join(parts), ("the components above",)))
    operations = case.inputs.operations
    success, load = operations.mission_success_probability, operations.load_factor
    per_kg = f"{total:.8g} / ({case.payload_kg:.8g} × {_n(success)} × {_n(load)})"
    cites = (
        "payload_kg: given by the caller",
        _cite("mission_success_probability", success),
        _cite("load_factor", load),
    )
    rows.append(ExplainRow("cost_CNY_per_kg", case.cost_cny_per_kg, per_kg, cites))
    usd = f"{case.cost_cny_per_kg:.8g} / {_n(case.exchange)}"
    rate = f"cny_per_usd {case.exchange.date}: {case.exchange.source} ({case.exchange.status})"
    rows.append(ExplainRow("cost_USD_per_kg", case.cost_cny_per_kg / case.exchange.mode, usd, (rate,)))
    return rows


def _life_rows(case: PointCase) -> list[ExplainRow]:
    intact, most = case.inputs.operations.intact_probability, case.inputs.operations.max_flights
    landing = case.landing_probability
    if landing is None or intact is None or most is None:
        return [ExplainRow("flights_per_booster", 1.0, "1", ("the booster is expended",))]
    q = f"({landing:.12g} × {_n(intact)})"
    certain = landing * intact.mode == 1.0
    formula = _n(most) if certain else f"(1 - {q}^{_n(most)}) / (1 - {q})"
    cites = (_cite("intact_probability", intact), _cite("max_flights", most))
    return [_landing_row(case, landing), ExplainRow("flights_per_booster", case.flights_per_booster, formula, cites)]


def _landing_row(case: PointCase, value: float) -> ExplainRow:
    landing = case.inputs.landing
    if case.landing_given or landing is None:
        return ExplainRow("landing_probability", value, f"{value:.12g}", ("given by the caller",))
    own = landing_record(landing.record)
    alpha, beta = "0.5", "0.5"
    cites = [f"{landing.record} {own.date}, {own.successes} of {own.attempts}: {own.source} ({own.status})"]
    if landing.prior_record is not None and landing.prior_discount is not None:
        older, weight = landing_record(landing.prior_record), _n(landing.prior_discount)
        alpha, beta = f"{weight} × ({older.successes} + 0.5)", f"{weight} × ({older.failures} + 0.5)"
        cites.append(f"{landing.prior_record}, {older.successes} of {older.attempts}: {older.source} ({older.status})")
        cites.append(_cite("prior_discount", landing.prior_discount))
    formula = f"({alpha} + {own.successes}) / ({alpha} + {beta} + {own.attempts})"
    if case.reserve_probability < 1.0:
        formula = f"{case.reserve_probability:.12g} × {formula}"
        cites.append(f"reserve suffices with {case.reserve_probability:.12g}: margin study of this recovery")
    return ExplainRow("landing_probability", value, formula, tuple(cites))


def _component_rows(case: PointCase) -> list[ExplainRow]:
    cost, rate, n = case.inputs.cost, case.exchange.mode, f"{case.flights_per_booster:.12g}"
    reused = case.recovery != "expendable"
    stage1, launches = _m(cost.stage1_unit_cost, rate), case.inputs.operations.launches_per_year
    hardware = cost.recovery_hardware_fraction
    built = f"{stage1} / (1 + {_n(hardware)})" if hardware is not None and not reused else stage1
    learned = f"(({_n(launches)} / {n}) / {_n(cost.reference_units_per_year)})^log2({_n(cost.learning_slope)})"
    recovery = getattr(cost, f"recovery_operations_{case.recovery}", None)
    fraction = cost.refurbishment_fraction
    stage1_bands: dict[str, Band | None] = {
        "stage1_unit_cost": cost.stage1_unit_cost,
        "recovery_hardware_fraction": None if reused else hardware,
        "launches_per_year": launches,
        "reference_units_per_year": cost.reference_units_per_year,
        "learning_slope": cost.learning_slope,
    }
    insured = f"{float(case.breakdown.total - case.breakdown.insurance) / 1e6:.12g}"
    made: dict[str, tuple[str, dict[str, Band | None]]] = {
        "stage1": (f"{built} × {learned} / {n}", stage1_bands),
        "fairing": (
            f"{_m(cost.fairing_cost, rate)} / {_n(cost.fairing_uses)}",
            {"fairing_cost": cost.fairing_cost, "fairing_uses": cost.fairing_uses},
        ),
        "refurbishment": (
            f"{_n(fraction)} × {stage1} × (1 - 1 / {n})" if reused and fraction is not None else "0",
            {
                "refurbishment_fraction": fraction if reused else None,
                "stage1_unit_cost": cost.stage1_unit_cost if reused else None,
            },
        ),
        "recovery_operations": ("0" if recovery is None else _m(recovery, rate), {"recovery_operations": recovery}),
        "fixed_cost": (
            f"{_m(cost.fixed_cost_per_year, rate)} / {_n(launches)}",
            {"fixed_cost_per_year": cost.fixed_cost_per_year, "launches_per_year": launches},
        ),
        "insurance": (f"{_n(cost.insurance_rate)} × {insured}", {"insurance_rate": cost.insurance_rate}),
    }
    plain = {"upper_stage": cost.upper_stage_unit_cost, "pad_and_range": cost.pad_and_range}
    plain |= {"mission_operations": cost.mission_operations, "propellant": cost.propellant}
    made |= {name: (_m(band, rate), {name: band}) for name, band in plain.items()}
    return [
        ExplainRow(f"{name}_MCNY", float(value) / 1e6, made[name][0], _cites(made[name][1]))
        for name, value in case.breakdown.components().items()
    ]


def _n(band: Band) -> str:
    return f"{band.mode:g}"


def _m(band: Money, rate: float) -> str:
    return f"{band.mode:g}" if band.currency == "CNY" else f"({band.mode:g} × {rate:g})"


def _cite(name: str, band: Band) -> str:
    return f"{name} {band.low:g} to {band.high:g}: {band.source} ({band.status})"


def _cites(bands: dict[str, Band | None]) -> tuple[str, ...]:
    return tuple(_cite(name, band) for name, band in bands.items() if band is not None) or ("the booster is expended",)
