"""Takes a cost estimate apart: each number beside the arithmetic that made it and the sources of its factors.

The formulas are the arithmetic itself, with the numbers filled in (M CNY, dollars multiplied out): put into any
calculator they give the value beside them. ``explain_inputs`` lists the bands behind those numbers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from hoverslam.data.figures import Band
from hoverslam.economics.evidence.reliability import BetaBelief, jeffreys
from hoverslam.economics.inputs.bands import Money
from hoverslam.economics.inputs.loading import landing_record, load_exchange_rate
from hoverslam.economics.inputs.models import CostInputs, Costs, ExchangeRate
from hoverslam.economics.model.explained import ExplainRow
from hoverslam.economics.model.factors import BoosterLife, booster_life, cost_factors, landing_belief
from hoverslam.economics.model.launch_cost import CostBreakdown

EXPENDED = "the booster is expended"
# Why a component has no band behind it.
IDLE = {
    "refurbishment": EXPENDED,
    "recovery_operations": EXPENDED,
    "development": "the inputs give no development cost",
}


class InputRow(NamedTuple):
    """One band that enters an estimate; of a landing record the 5 %, mean and 95 % of its Jeffreys posterior."""

    name: str
    low: float
    mode: float
    high: float
    unit: str
    status: str
    source: str


@dataclass(frozen=True, slots=True)
class PointCase:
    """The one case that is explained: every band at its mode, beliefs at their means, landing also as given.

    ``life`` is None when the booster is expended, ``other_probability`` (that nothing but the reserve prevents the
    landing) also where the landing probability was given. ``margin_source`` is where ``reserve_probability`` is from.
    """

    inputs: CostInputs
    recovery: str
    exchange: ExchangeRate
    payload_kg: float
    reserve_probability: float | BetaBelief
    margin_source: str
    other_probability: float | None
    life: BoosterLife | None
    breakdown: CostBreakdown
    cost_cny_per_kg: float

    @property
    def flights_per_booster(self) -> float:
        """The flights that each booster built makes: 1 when it is expended."""
        return 1.0 if self.life is None else float(self.life.flights)


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


UNITS = {
    "fairing_uses": "flights",
    "max_flights": "flights",
    "launches_per_year": "1/yr",
    "reference_units_per_year": "1/yr",
    "upper_stage_reference_units_per_year": "1/yr",
    "programme_years": "yr",
}


def explain_inputs(inputs: CostInputs, recovery: str) -> list[InputRow]:
    """Return every band that an estimate with this recovery samples, landing records and exchange rate included.

    The bands are those that the model asks for, in its order, so that none can be missing. Raises
    ``CostQuestionError`` as ``estimate_cost`` for the recovery.
    """
    exchange, bands = load_exchange_rate(), dict[str, Band]()

    def note(name: str, band: Band) -> float:
        bands[f"{name}_{recovery}" if name == "recovery_operations" else name] = band
        return band.mode

    cost_factors(inputs, recovery, exchange, note)
    returns = booster_life(inputs, recovery, 1.0, note) is not None
    if returns:
        del bands["recovery_hardware_fraction"]  # already in the stage's cost: only the expendable twin takes it off
    note("mission_success_probability", inputs.operations.mission_success_probability)
    note("load_factor", inputs.operations.load_factor)
    records = []
    if returns and inputs.landing is not None:
        landing_belief(inputs, note)
        keys = (inputs.landing.record, inputs.landing.prior_record)
        records = [_record_row(key) for key in keys if key is not None]
    return [*(_input_row(name, band) for name, band in bands.items()), *records]


def _input_row(name: str, band: Band) -> InputRow:
    unit = UNITS.get(name, "1")
    if isinstance(band, Money):
        unit = f"M {band.currency}{'/yr' if name.endswith('_per_year') else ''}"
    elif isinstance(band, ExchangeRate):
        unit = f"CNY/USD, {band.date}"
    return InputRow(name, band.low, band.mode, band.high, unit, band.status, band.source)


def _record_row(key: str) -> InputRow:
    record = landing_record(key)
    belief = jeffreys(record.successes, record.failures)
    low, high = belief.interval()
    unit = f"1, {record.successes} of {record.attempts} to {record.date}"
    return InputRow(f"landing_record.{key}", low, float(belief.mean), high, unit, record.status, record.source)


def _life_rows(case: PointCase) -> list[ExplainRow]:
    intact, most = case.inputs.operations.intact_probability, case.inputs.operations.max_flights
    life = case.life
    if life is None or intact is None or most is None:
        return [ExplainRow("flights_per_booster", 1.0, "1", (EXPENDED,))]
    landing, survival, age = (float(x) for x in (life.landing_probability, life.survival, life.refurbishment_age))
    cites = (_cite("max_flights", most),)
    return [
        *_landing_rows(case, landing),
        ExplainRow(
            "survival_probability",
            survival,
            f"{landing:.12g} × {_n(intact)}",
            (_cite("intact_probability", intact),),
        ),
        ExplainRow("refurbishment_age", age, _age_formula(survival, most.mode), cites),
        ExplainRow("flights_per_booster", case.flights_per_booster, _flights_formula(survival, most.mode), cites),
    ]


def _flights_formula(survival: float, max_flights: float) -> str:
    q, n = f"{survival:.12g}", f"{max_flights:.12g}"
    certain = max_flights * (1.0 - survival) < 1e-7  # the quotient would lose its digits in a calculator
    return n if certain else f"(1 - {q}^{n}) / (1 - {q})"


def _age_formula(survival: float, max_flights: float) -> str:
    if max_flights <= 2.0:
        return "0"
    q, m = f"{survival:.12g}", f"({max_flights:.12g} - 1)"
    x = abs(math.log(survival)) if survival > 0.0 else math.inf
    if (max_flights - 1.0) * x >= 0.2:
        return f"{q} / (1 - {q}) - {m} × {q}^{m} / (1 - {q}^{m})"
    # The quotients would lose their digits in a calculator; three terms in x = -ln q are good to 2e-8 here.
    return f"({m} - 1) / 2 - ({m}^2 - 1) × {x:.12g} / 12 + ({m}^4 - 1) × {x:.12g}^3 / 720"


def _landing_rows(case: PointCase, value: float) -> list[ExplainRow]:
    """Return p_margin, p_other and their product; the product alone where it was given."""
    if case.other_probability is None:
        return [ExplainRow("landing_probability", value, f"{value:.12g}", ("given by the caller",))]
    other = case.other_probability
    margin = case.reserve_probability
    mean, formula = (margin, f"{margin:.12g}") if not isinstance(margin, BetaBelief) else _belief_mean(margin)
    formula_of_other, cites = _record_mean(case)
    return [
        ExplainRow("margin_probability", mean, formula, (f"reserve_probability: {case.margin_source}",)),
        ExplainRow("other_probability", other, formula_of_other, cites),
        ExplainRow("landing_probability", value, f"{mean:.12g} × {other:.12g}", ("the two rows above",)),
    ]


def _belief_mean(belief: BetaBelief) -> tuple[float, str]:
    return float(belief.mean), f"{belief.alpha:.12g} / ({belief.alpha:.12g} + {belief.beta:.12g})"


def _record_mean(case: PointCase) -> tuple[str, tuple[str, ...]]:
    """Return the mean of the belief from the vehicle's landing record as arithmetic, and its sources."""
    landing = case.inputs.landing
    assert landing is not None  # a landing probability that was not given came from there
    own = landing_record(landing.record)
    alpha, beta = "0.5", "0.5"
    cites = [f"{landing.record} {own.date}, {own.successes} of {own.attempts}: {own.source} ({own.status})"]
    if landing.prior_record is not None and landing.prior_discount is not None:
        older, weight = landing_record(landing.prior_record), _n(landing.prior_discount)
        alpha, beta = f"{weight} × ({older.successes} + 0.5)", f"{weight} × ({older.failures} + 0.5)"
        cites.append(f"{landing.prior_record}, {older.successes} of {older.attempts}: {older.source} ({older.status})")
        cites.append(_cite("prior_discount", landing.prior_discount))
    return f"({alpha} + {own.successes}) / ({alpha} + {beta} + {own.attempts})", tuple(cites)


def _component_rows(case: PointCase) -> list[ExplainRow]:
    cost, rate, n = case.inputs.cost, case.exchange.mode, f"{case.flights_per_booster:.12g}"
    reused = case.recovery != "expendable"
    stage1, launches = _m(cost.stage1_unit_cost, rate), case.inputs.operations.launches_per_year
    hardware = cost.recovery_hardware_fraction
    built = f"{stage1} / (1 + {_n(hardware)})" if hardware is not None and not reused else stage1
    learned = f"(({_n(launches)} / {n}) / {_n(cost.reference_units_per_year)})^log2({_n(cost.learning_slope)})"
    recovery = getattr(cost, f"recovery_operations_{case.recovery}", None)
    fraction, growth = cost.refurbishment_fraction, cost.refurbishment_growth
    age = 0.0 if case.life is None else float(case.life.refurbishment_age)
    older = "" if growth is None else f" × (1 + {_n(growth)} × {age:.12g})"
    stage1_bands: dict[str, Band | None] = {
        "stage1_unit_cost": cost.stage1_unit_cost,
        "recovery_hardware_fraction": None if reused else hardware,
        "launches_per_year": launches,
        "reference_units_per_year": cost.reference_units_per_year,
        "learning_slope": cost.learning_slope,
    }
    uninsured = case.breakdown.insurance + case.breakdown.development
    insured = f"{float(case.breakdown.total - uninsured) / 1e6:.12g}"
    made: dict[str, tuple[str, dict[str, Band | None]]] = {
        "stage1": (f"{built} × {learned} / {n}", stage1_bands),
        "fairing": (
            f"{_m(cost.fairing_cost, rate)} / {_n(cost.fairing_uses)}",
            {"fairing_cost": cost.fairing_cost, "fairing_uses": cost.fairing_uses},
        ),
        "refurbishment": (
            f"{_n(fraction)} × {stage1} × (1 - 1 / {n}){older}" if reused and fraction is not None else "0",
            {
                "refurbishment_fraction": fraction if reused else None,
                "refurbishment_growth": growth if reused else None,
                "stage1_unit_cost": cost.stage1_unit_cost if reused else None,
            },
        ),
        "recovery_operations": ("0" if recovery is None else _m(recovery, rate), {"recovery_operations": recovery}),
        "fixed_cost": (
            f"{_m(cost.fixed_cost_per_year, rate)} / {_n(launches)}",
            {"fixed_cost_per_year": cost.fixed_cost_per_year, "launches_per_year": launches},
        ),
        "development": _development(cost, launches, rate),
        "upper_stage": _upper_stage(cost, launches, rate),
        "insurance": (f"{_n(cost.insurance_rate)} × {insured}", {"insurance_rate": cost.insurance_rate}),
    }
    plain = {"pad_and_range": cost.pad_and_range}
    plain |= {"mission_operations": cost.mission_operations, "propellant": cost.propellant}
    made |= {name: (_m(band, rate), {name: band}) for name, band in plain.items()}
    return [
        ExplainRow(f"{name}_MCNY", float(value) / 1e6, made[name][0], _cites(made[name][1]) or (IDLE[name],))
        for name, value in case.breakdown.components().items()
    ]


def _upper_stage(cost: Costs, launches: Band, rate: float) -> tuple[str, dict[str, Band | None]]:
    reference, bands = cost.upper_stage_reference_units_per_year, {"upper_stage_unit_cost": cost.upper_stage_unit_cost}
    if reference is None:
        return _m(cost.upper_stage_unit_cost, rate), dict(bands)
    learned = f"({_n(launches)} / {_n(reference)})^log2({_n(cost.learning_slope)})"
    more = {
        "launches_per_year": launches,
        "upper_stage_reference_units_per_year": reference,
        "learning_slope": cost.learning_slope,
    }
    return f"{_m(cost.upper_stage_unit_cost, rate)} × {learned}", {**bands, **more}


def _development(cost: Costs, launches: Band, rate: float) -> tuple[str, dict[str, Band | None]]:
    whole, share, years = cost.development_cost, cost.development_share, cost.programme_years
    if whole is None or share is None or years is None:
        return "0", {}
    bands = {"development_cost": whole, "development_share": share}
    bands |= {"launches_per_year": launches, "programme_years": years}
    return f"{_m(whole, rate)} × {_n(share)} / ({_n(launches)} × {_n(years)})", {**bands}


def _n(band: Band) -> str:
    return f"{band.mode:.12g}"


def _m(band: Money, rate: float) -> str:
    return _n(band) if band.currency == "CNY" else f"({_n(band)} × {rate:.12g})"


def _cite(name: str, band: Band) -> str:
    return f"{name} {band.low:g} to {band.high:g}: {band.source} ({band.status})"


def _cites(bands: dict[str, Band | None]) -> tuple[str, ...]:
    return tuple(_cite(name, band) for name, band in bands.items() if band is not None)
