"""The arithmetic of a cost estimate: each number with its formula and the sources of its factors.

A formula is written with its numbers filled in (M CNY; amounts in dollars are multiplied by the exchange rate). Evaluated in
any calculator, it gives the value beside it. ``explain_inputs`` lists the bands behind those numbers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from hoverslam.data.figures import Band
from hoverslam.economics.evidence.reliability import BetaBelief, jeffreys
from hoverslam.economics.inputs.bands import Money, unit_of_input
from hoverslam.economics.inputs.loading import landing_record, load_exchange_rate
from hoverslam.economics.inputs.models import CostInputs, ExchangeRate
from hoverslam.economics.model.explained import ExplainRow
from hoverslam.economics.model.factors import BoosterLife, bands_in_use, factor_bands, field_of
from hoverslam.economics.model.launch_cost import COMPONENTS, EXPENDED, CostBreakdown, numbers_in


class InputRow(NamedTuple):
    """One band that enters an estimate. For a landing record: 5 %, mean and 95 % of its Jeffreys posterior."""

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

    ``life`` is None if the booster is expended. ``other_probability`` is the probability that nothing other than the reserve
    prevents the landing; it is None if the booster is expended or the landing probability was given. ``margin_source`` is
    the source of ``reserve_probability``.
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


def explain_inputs(inputs: CostInputs, recovery: str) -> list[InputRow]:
    """Return every band that an estimate of this recovery mode samples, landing records and exchange rate included.

    Args:
        inputs: Cost inputs of the vehicle.
        recovery: Recovery mode.

    Raises:
        CostQuestionError: For an unknown recovery mode, or one that the inputs do not cover.
    """
    bands = bands_in_use(inputs, recovery, load_exchange_rate())
    records = []
    if recovery != "expendable":
        del bands["recovery_hardware_fraction"]  # the cost of the stage includes it; only the expendable twin needs it
        if inputs.landing is not None:
            if inputs.landing.prior_discount is not None:
                bands["prior_discount"] = inputs.landing.prior_discount
            keys = (inputs.landing.record, inputs.landing.prior_record)
            records = [_record_row(key) for key in keys if key is not None]
    return [*(_input_row(field_of(name, recovery), band) for name, band in bands.items()), *records]


def _input_row(name: str, band: Band) -> InputRow:
    unit = f"CNY/USD, {band.date}" if isinstance(band, ExchangeRate) else unit_of_input(name, band)
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
    """Return a row for each component of the launch cost, in M CNY."""
    bands, rate = factor_bands(case.inputs, case.recovery), case.exchange.mode
    texts = {name: _m(band, rate) if isinstance(band, Money) else _n(band) for name, band in bands.items()}
    cites: dict[str, tuple[str, ...]] = {name: (_cite(name, band),) for name, band in bands.items()}
    hardware = bands.get("recovery_hardware_fraction")
    if case.recovery == "expendable" and hardware is not None:
        texts["stage1_unit_cost"] += f" / (1 + {_n(hardware)})"
        cites["stage1_unit_cost"] += cites["recovery_hardware_fraction"]
    uninsured = case.breakdown.insurance + case.breakdown.development
    texts |= {
        "flights": f"{case.flights_per_booster:.12g}",
        "age": f"{0.0 if case.life is None else float(case.life.refurbishment_age):.12g}",
        "insured": f"{float(case.breakdown.total - uninsured) / 1e6:.12g}",
    }
    rows = []
    for name, value in case.breakdown.components().items():
        formula = COMPONENTS[name].formula(texts)
        numbers = [] if formula is None else numbers_in(formula)
        sources = tuple(line for number in numbers for line in cites.get(number, ())) or (COMPONENTS[name].otherwise,)
        made = "0" if formula is None else formula.format_map(texts)
        rows.append(ExplainRow(f"{name}_MCNY", float(value) / 1e6, made, sources))
    return rows


def _n(band: Band) -> str:
    return f"{band.mode:.12g}"


def _m(band: Money, rate: float) -> str:
    return _n(band) if band.currency == "CNY" else f"({_n(band)} × {rate:.12g})"


def _cite(name: str, band: Band) -> str:
    return f"{name} {band.low:g} to {band.high:g}: {band.source} ({band.status})"
