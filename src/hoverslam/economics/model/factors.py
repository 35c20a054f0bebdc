"""From a vehicle's bands to the numbers of one estimate: all modes, or one sample of everything at a time.

A ``Picker`` says which number stands for a band. Money becomes CNY here, and only here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hoverslam.data.figures import Band
from hoverslam.economics.evidence.reliability import BetaBelief, discounted, jeffreys, survival_probability
from hoverslam.economics.inputs.bands import Money
from hoverslam.economics.inputs.errors import CostQuestionError
from hoverslam.economics.inputs.loading import landing_record
from hoverslam.economics.inputs.models import CostInputs, ExchangeRate
from hoverslam.economics.inputs.quantities import MILLION, Quantity
from hoverslam.economics.inputs.sampling import Draws
from hoverslam.economics.model.fleet import expected_flights, refurbishment_age
from hoverslam.economics.model.launch_cost import CostFactors, expendable_twin
from hoverslam.vehicles.models import MODES

Picker = Callable[[str, Band], Quantity]
ALWAYS_MONEY = (
    "stage1_unit_cost",
    "upper_stage_unit_cost",
    "fairing_cost",
    "pad_and_range",
    "mission_operations",
    "propellant",
    "fixed_cost_per_year",
)
ALWAYS_PLAIN = ("fairing_uses", "insurance_rate", "learning_slope", "reference_units_per_year")


def at_modes(name: str, band: Band) -> float:
    """Pick the mode of a band."""
    return band.mode


def at_draws(draws: Draws) -> Picker:
    """Return a picker that samples each band from the stream of its name."""
    return draws.band


def recovery_bands(inputs: CostInputs, recovery: str) -> dict[str, Band]:
    """Return the bands that only a returning booster needs, by field name; empty when ``recovery`` is expendable.

    Raises ``CostQuestionError`` for an unknown recovery, and for one that the inputs do not cover.
    """
    if recovery not in MODES:
        raise CostQuestionError(f"unknown recovery {recovery!r}; it is one of {', '.join(MODES)}")
    if recovery == "expendable":
        return {}
    bands = {
        "recovery_hardware_fraction": inputs.cost.recovery_hardware_fraction,
        "refurbishment_fraction": inputs.cost.refurbishment_fraction,
        f"recovery_operations_{recovery}": getattr(inputs.cost, f"recovery_operations_{recovery}"),
        "max_flights": inputs.operations.max_flights,
        "intact_probability": inputs.operations.intact_probability,
    }
    missing = [name for name, band in bands.items() if band is None]
    if missing:
        raise CostQuestionError(
            f"{inputs.vehicle} has no cost inputs for recovery {recovery}: add {', '.join(missing)}"
        )
    return {name: band for name, band in bands.items() if band is not None}


def cost_factors(inputs: CostInputs, recovery: str, exchange: ExchangeRate, pick: Picker = at_modes) -> CostFactors:
    """Return the cost factors of a vehicle in CNY; those of its expendable twin when ``recovery`` is expendable."""
    rate = pick("cny_per_usd", exchange)

    def cny(name: str, band: Money) -> Quantity:
        return pick(name, band) * MILLION * (rate if band.currency == "USD" else 1.0)

    cost = inputs.cost
    factors = CostFactors(
        **{name: cny(name, getattr(cost, name)) for name in ALWAYS_MONEY},
        **{name: pick(name, getattr(cost, name)) for name in ALWAYS_PLAIN},
        launches_per_year=pick("launches_per_year", inputs.operations.launches_per_year),
        **_recovery_factors(inputs, recovery, pick, cny),
        **_development_factors(inputs, pick, cny),
        **_upper_stage_factors(inputs, pick),
    )
    return expendable_twin(factors) if recovery == "expendable" else factors


def _upper_stage_factors(inputs: CostInputs, pick: Picker) -> dict[str, Quantity]:
    """How upper stages learn: by the slope of the boosters, about a rate of their own; not at all without that rate."""
    reference = inputs.cost.upper_stage_reference_units_per_year
    if reference is None:
        return {}
    return {
        "upper_stage_reference_units_per_year": pick("upper_stage_reference_units_per_year", reference),
        "upper_stage_learning_slope": pick("learning_slope", inputs.cost.learning_slope),
    }


def _recovery_factors(
    inputs: CostInputs, recovery: str, pick: Picker, cny: Callable[[str, Money], Quantity]
) -> dict[str, Quantity]:
    bands = recovery_bands(inputs, recovery)
    if not bands:  # the twin still has to know the hardware it goes without
        hardware = inputs.cost.recovery_hardware_fraction
        return {} if hardware is None else {"recovery_hardware_fraction": pick("recovery_hardware_fraction", hardware)}
    operations = bands[f"recovery_operations_{recovery}"]
    assert isinstance(operations, Money)
    growth = inputs.cost.refurbishment_growth
    return {
        "recovery_hardware_fraction": pick("recovery_hardware_fraction", bands["recovery_hardware_fraction"]),
        "refurbishment_fraction": pick("refurbishment_fraction", bands["refurbishment_fraction"]),
        "refurbishment_growth": 0.0 if growth is None else pick("refurbishment_growth", growth),
        "recovery_operations": cny("recovery_operations", operations),
    }


def _development_factors(
    inputs: CostInputs, pick: Picker, cny: Callable[[str, Money], Quantity]
) -> dict[str, Quantity]:
    cost, share, years = inputs.cost.development_cost, inputs.cost.development_share, inputs.cost.programme_years
    if cost is None or share is None or years is None:
        return {}
    return {
        "development_cost": cny("development_cost", cost),
        "development_share": pick("development_share", share),
        "programme_years": pick("programme_years", years),
    }


def landing_belief(inputs: CostInputs, pick: Picker = at_modes) -> BetaBelief:
    """Return the belief about a vehicle's landing probability: its record on Jeffreys' prior or on a discounted one.

    Raises ``CostQuestionError`` when the inputs name no landing record.
    """
    landing = inputs.landing
    if landing is None:
        raise CostQuestionError(f"{inputs.vehicle} names no landing record: give landing_probability")
    record = landing_record(landing.record)
    if landing.prior_record is None or landing.prior_discount is None:
        return jeffreys(record.successes, record.failures)
    older = landing_record(landing.prior_record)
    prior = discounted(jeffreys(older.successes, older.failures), pick("prior_discount", landing.prior_discount))
    return prior.updated(record.successes, record.failures)


@dataclass(frozen=True, slots=True)
class BoosterLife:
    """How a booster fares: that it lands, comes home intact and so can fly again, its flights and refurbishments.

    ``refurbishment_age`` is the mean number of earlier refurbishments behind one that is made.
    """

    landing_probability: Quantity
    intact_probability: Quantity
    survival: Quantity
    max_flights: Quantity
    flights: Quantity
    refurbishment_age: Quantity


def booster_life(
    inputs: CostInputs, recovery: str, landing_probability: Quantity, pick: Picker = at_modes
) -> BoosterLife | None:
    """Return the life of a booster that lands with this probability; None when it is expended."""
    bands = recovery_bands(inputs, recovery)
    if not bands:
        return None
    intact = pick("intact_probability", bands["intact_probability"])
    survival = survival_probability(landing_probability, intact)
    max_flights = pick("max_flights", bands["max_flights"])
    return BoosterLife(
        landing_probability=landing_probability,
        intact_probability=intact,
        survival=survival,
        max_flights=max_flights,
        flights=expected_flights(survival, max_flights),
        refurbishment_age=refurbishment_age(survival, max_flights),
    )
