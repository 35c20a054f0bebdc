"""From the bands of a vehicle to the numbers of one evaluation: every band at its mode, or a sample of each.

A ``Picker`` is a function that returns the number used for a band. Money is converted to CNY only in this module.
"""

from __future__ import annotations

import dataclasses
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
from hoverslam.economics.model.launch_cost import RETURNING, CostFactors, expendable_twin
from hoverslam.vehicles.recovery_modes import list_modes, load_mode

Picker = Callable[[str, Band], Quantity]
FACTORS = tuple(each.name for each in dataclasses.fields(CostFactors))


def at_modes(name: str, band: Band) -> float:
    """Return the mode of a band."""
    return band.mode


def at_draws(draws: Draws) -> Picker:
    """Return a picker that samples each band from the stream of its name."""
    return draws.band


def recovery_bands(inputs: CostInputs, recovery: str) -> dict[str, Band]:
    """Return the bands that only a returning booster needs, by field; empty if ``recovery`` is expendable.

    Args:
        inputs: Cost inputs of the vehicle.
        recovery: Recovery mode.

    Raises:
        CostQuestionError: For an unknown recovery mode, or one that the inputs do not cover.
    """
    if recovery not in list_modes():
        raise CostQuestionError(f"unknown recovery {recovery!r}; it is one of {', '.join(list_modes())}")
    if recovery == "expendable":
        return {}
    bands = {
        "recovery_hardware_fraction": inputs.cost.recovery_hardware_fraction,
        "refurbishment_fraction": inputs.cost.refurbishment_fraction,
        _operations_field(recovery): getattr(inputs.cost, _operations_field(recovery)),
        "max_flights": inputs.operations.max_flights,
        "intact_probability": inputs.operations.intact_probability,
    }
    missing = [name for name, band in bands.items() if band is None]
    if missing:
        raise CostQuestionError(
            f"{inputs.vehicle} has no cost inputs for recovery {recovery}: add {', '.join(missing)}"
        )
    return {name: band for name, band in bands.items() if band is not None}


def factor_bands(inputs: CostInputs, recovery: str) -> dict[str, Band]:
    """Return the bands from which the cost factors of a recovery mode are taken, by the name of the factor.

    Args:
        inputs: Cost inputs of the vehicle.
        recovery: Recovery mode.

    Raises:
        CostQuestionError: For an unknown recovery mode, or one that the inputs do not cover.
    """
    returning, stated = recovery_bands(inputs, recovery), inputs.bands()
    if returning:
        stated["recovery_operations"] = returning[_operations_field(recovery)]
    return {name: stated[name] for name in FACTORS if name in stated and (returning or name not in RETURNING)}


def bands_in_use(inputs: CostInputs, recovery: str, exchange: ExchangeRate) -> dict[str, Band]:
    """Return every band on which the cost of a kilogram depends, by name; the landing record apart.

    Args:
        inputs: Cost inputs of the vehicle.
        recovery: Recovery mode.
        exchange: Exchange rate for money in USD.

    Raises:
        CostQuestionError: For an unknown recovery mode, or one that the inputs do not cover.
    """
    found: dict[str, Band] = {"cny_per_usd": exchange, **factor_bands(inputs, recovery)}
    returning = recovery_bands(inputs, recovery)
    found |= {name: returning[name] for name in ("intact_probability", "max_flights") if name in returning}
    operations = inputs.operations
    found |= {"mission_success_probability": operations.mission_success_probability}
    return found | {"load_factor": operations.load_factor}


def field_of(name: str, recovery: str) -> str:
    """Return the field of the inputs that holds a band: recovery operations have one for each recovery mode."""
    return _operations_field(recovery) if name == "recovery_operations" else name


def _operations_field(recovery: str) -> str:
    """Return the field of the inputs that holds the recovery operations of a mode: those of the mode that it costs like."""
    return f"recovery_operations_{load_mode(recovery).cost_like}"


def cost_factors(inputs: CostInputs, recovery: str, exchange: ExchangeRate, pick: Picker = at_modes) -> CostFactors:
    """Return the cost factors of a vehicle in CNY; those of its expendable twin if ``recovery`` is expendable.

    Args:
        inputs: Cost inputs of the vehicle.
        recovery: Recovery mode.
        exchange: Exchange rate for money in USD.
        pick: Returns the number that stands for a band, by its name.

    Raises:
        CostQuestionError: For an unknown recovery mode, or one that the inputs do not cover.
    """
    rate = pick("cny_per_usd", exchange)

    def number(name: str, band: Band) -> Quantity:
        if not isinstance(band, Money):
            return pick(name, band)
        return pick(name, band) * MILLION * (rate if band.currency == "USD" else 1.0)

    numbers = {name: number(name, band) for name, band in factor_bands(inputs, recovery).items()}
    if "upper_stage_reference_units_per_year" in numbers:  # without that rate, upper stages do not learn
        numbers["upper_stage_learning_slope"] = numbers["learning_slope"]
    factors = CostFactors(**numbers)
    return expendable_twin(factors) if recovery == "expendable" else factors


def landing_belief(inputs: CostInputs, pick: Picker = at_modes) -> BetaBelief:
    """Return the distribution of the landing probability: the vehicle's record on Jeffreys' prior or on a discounted one.

    Args:
        inputs: Cost inputs of the vehicle.
        pick: Returns the number that stands for a band, by its name.

    Raises:
        CostQuestionError: If the inputs name no landing record.
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
    """Life of a booster.

    Attributes:
        landing_probability: Probability of landing.
        intact_probability: Probability that a landed booster is undamaged.
        survival: Probability that a flown booster flies again.
        max_flights: Flight after which it is retired.
        flights: Expected flights, the first included.
        refurbishment_age: Mean number of earlier refurbishments of a booster that is refurbished.
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
    """Return the life of a booster that lands with this probability; None if it is expended.

    Args:
        inputs: Cost inputs of the vehicle.
        recovery: Recovery mode.
        landing_probability: Probability of landing.
        pick: Returns the number that stands for a band, by its name.
    """
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
