"""Cost of one launch to its operator, component by component, and cost of a kilogram of delivered payload.

Every quantity may be a number or an array of samples, and money may be in any one currency. With N flights per booster
built (the first included) and L launches a year:

    C = C1(L/N)/N + C2(L) + Cf/nf + C_ref (1 - 1/N)(1 + g A) + C_rec + C_pad + C_ops + C_prop + F/L + D s/(L T) + C_ins

A is the mean number of earlier refurbishments of a booster that is refurbished; D s is the development cost to be earned
back in T years. The cost of the same vehicle flown expendable (the expendable twin) follows from the same equation with
N = 1, a stage without recovery hardware, no recovery and no refurbishment.
"""

from __future__ import annotations

import dataclasses
import string
from collections.abc import Collection
from dataclasses import dataclass, field
from types import ModuleType

import numpy as np

from hoverslam.economics.inputs.errors import CostQuestionError
from hoverslam.economics.inputs.quantities import Quantity, checked_payload


@dataclass(frozen=True, slots=True)
class CostFactors:
    """The numbers from which a launch cost is computed. All money is in one currency.

    The fields have the meaning of those of :class:`hoverslam.economics.inputs.models.Costs` and ``Operations``, except for:

    Attributes:
        recovery_operations: Recovery operations of a launch in the recovery mode that is flown.
        upper_stage_learning_slope: Factor on the cost of an upper stage for each doubling of the production rate; at 1 the
            cost does not depend on the rate.
    """

    stage1_unit_cost: Quantity
    upper_stage_unit_cost: Quantity
    fairing_cost: Quantity
    fairing_uses: Quantity
    pad_and_range: Quantity
    mission_operations: Quantity
    propellant: Quantity
    fixed_cost_per_year: Quantity
    launches_per_year: Quantity
    insurance_rate: Quantity
    learning_slope: Quantity
    reference_units_per_year: Quantity
    recovery_hardware_fraction: Quantity = 0.0
    refurbishment_fraction: Quantity = 0.0
    recovery_operations: Quantity = 0.0
    refurbishment_growth: Quantity = 0.0
    development_cost: Quantity = 0.0
    development_share: Quantity = 1.0
    programme_years: Quantity = 1.0
    upper_stage_reference_units_per_year: Quantity = 1.0
    upper_stage_learning_slope: Quantity = 1.0


# What only a returning booster needs: not read from the inputs of an expendable flight, and zero for the twin.
RETURNING = ("refurbishment_fraction", "refurbishment_growth", "recovery_operations")


@dataclass(frozen=True, slots=True)
class Component:
    """How tables show a component of the launch cost.

    Attributes:
        label: Its name in a table.
        formulas: Its arithmetic with cost factors, ``flights`` (per booster), ``age`` (mean refurbishment age) and
            ``insured`` (cost of everything insured) in braces. The first formula whose numbers the inputs give applies.
        otherwise: Why the component is zero if no formula applies.
    """

    label: str
    formulas: tuple[str, ...]
    otherwise: str = ""

    @property
    def main_number(self) -> str:
        """The number that the component is proportional to: the first one in its formulas."""
        return numbers_in(self.formulas[0])[0]

    def formula(self, known: Collection[str]) -> str | None:
        """Return the formula that applies if these numbers are known, or None."""
        return next((each for each in self.formulas if set(numbers_in(each)) <= set(known)), None)


def numbers_in(formula: str) -> list[str]:
    """Return the names in the braces of a formula, in order, each once."""
    return list(dict.fromkeys(name for _, name, _, _ in string.Formatter().parse(formula) if name))


def _shown(label: str, *formulas: str, otherwise: str = "") -> dict[str, Component]:
    return {"component": Component(label, formulas, otherwise)}


EXPENDED = "the booster is expended"


@dataclass(frozen=True, slots=True)
class CostBreakdown:
    """The components of a launch cost, in the currency of the factors. Their sum, in this order, is the total.

    This is the one list of components. A new one takes a field here, its term in :func:`launch_breakdown` and its number in
    :class:`CostFactors`; estimates, arithmetic, levers, targets and tables follow.
    """

    stage1: Quantity = field(
        metadata=_shown(
            "first stage, its share",
            "{stage1_unit_cost} × (({launches_per_year} / {flights}) / {reference_units_per_year})^log2({learning_slope})"
            " / {flights}",
        )
    )
    upper_stage: Quantity = field(
        metadata=_shown(
            "upper stage",
            "{upper_stage_unit_cost} × ({launches_per_year} / {upper_stage_reference_units_per_year})^log2({learning_slope})",
            "{upper_stage_unit_cost}",
        )
    )
    fairing: Quantity = field(metadata=_shown("fairing", "{fairing_cost} / {fairing_uses}"))
    refurbishment: Quantity = field(
        metadata=_shown(
            "refurbishment",
            "{refurbishment_fraction} × {stage1_unit_cost} × (1 - 1 / {flights}) × (1 + {refurbishment_growth} × {age})",
            "{refurbishment_fraction} × {stage1_unit_cost} × (1 - 1 / {flights})",
            otherwise=EXPENDED,
        )
    )
    recovery_operations: Quantity = field(metadata=_shown("recovery", "{recovery_operations}", otherwise=EXPENDED))
    pad_and_range: Quantity = field(metadata=_shown("pad and range", "{pad_and_range}"))
    mission_operations: Quantity = field(metadata=_shown("mission operations", "{mission_operations}"))
    propellant: Quantity = field(metadata=_shown("propellant", "{propellant}"))
    fixed_cost: Quantity = field(metadata=_shown("fixed cost", "{fixed_cost_per_year} / {launches_per_year}"))
    development: Quantity = field(
        metadata=_shown(
            "development",
            "{development_cost} × {development_share} / ({launches_per_year} × {programme_years})",
            otherwise="the inputs give no development cost",
        )
    )
    insurance: Quantity = field(metadata=_shown("insurance", "{insurance_rate} × {insured}"))

    def components(self) -> dict[str, Quantity]:
        """Return the components by name, in the order of the sum."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}

    @property
    def total(self) -> Quantity:
        """Cost of the launch."""
        return sum(self.components().values(), start=0.0)

    @property
    def marginal(self) -> Quantity:
        """Cost of one more flight of an existing booster: the total less booster, fixed cost and development."""
        return self.total - self.stage1 - self.fixed_cost - self.development


COMPONENTS: dict[str, Component] = {
    each.name: each.metadata["component"] for each in dataclasses.fields(CostBreakdown)
}  # fmt: skip
"""How each component of the launch cost is shown, by its name in :class:`CostBreakdown`."""


def learned_unit_cost(
    reference_cost: Quantity, units_per_year: Quantity, reference_units_per_year: Quantity, slope: Quantity
) -> Quantity:
    """Return the unit cost at a production rate: C_ref (U/U_ref)^(log2 s).

    Wright's learning curve with the rate of production as its argument. A reusable vehicle builds L/N boosters a year, and
    each costs more than if L were built.

    Args:
        reference_cost: Unit cost C_ref at the reference rate.
        units_per_year: Production rate U.
        reference_units_per_year: Reference rate U_ref.
        slope: Factor s on the cost for each doubling of the rate (0.9: 10 % cheaper).
    """
    xp = _namespace(reference_cost, units_per_year, reference_units_per_year, slope)
    return reference_cost * xp.power(units_per_year / reference_units_per_year, xp.log2(slope))


def mean_learning_factor(first_unit: int, last_unit: int, slope: float) -> float:
    """Return the mean cost of units ``first_unit`` to ``last_unit`` over that of unit 1: the mean of i^(log2 s).

    This is the cost reduction factor f4 of TRANSCOST (Wright's curve by unit number).

    Args:
        first_unit: Number of the first unit, counted from 1.
        last_unit: Number of the last unit.
        slope: Factor s on the cost for each doubling of the number of units.

    Raises:
        CostQuestionError: Unless 1 <= first <= last and the slope is above 0.
    """
    if not (1 <= first_unit <= last_unit and slope > 0.0):
        raise CostQuestionError(
            f"units {first_unit} to {last_unit} at slope {slope}: give 1 <= first <= last and a slope above 0"
        )
    units = np.arange(first_unit, last_unit + 1, dtype=float)
    return float(np.mean(units ** np.log2(slope)))


def expendable_twin(factors: CostFactors) -> CostFactors:
    """Return the factors of the same vehicle flown without recovery: no recovery hardware, no refurbishment, no ship.

    The development cost is the same, since reuse has been developed whether or not this flight uses it.
    """
    return dataclasses.replace(
        factors,
        stage1_unit_cost=factors.stage1_unit_cost / (1.0 + factors.recovery_hardware_fraction),
        recovery_hardware_fraction=0.0,
        **dict.fromkeys(RETURNING, 0.0),
    )


def cost_per_launch(
    factors: CostFactors, flights_per_booster: Quantity, refurbishment_age: Quantity = 0.0
) -> CostBreakdown:
    """Return the components of the cost of a launch.

    Refurbishment is a fraction of the reference cost of the stage, not of its learned cost, and is paid before every flight
    but the first of a booster. Recovery operations are paid on every launch, whether or not the landing succeeds. Insurance is
    a fraction of all other costs except development.

    Args:
        factors: The numbers of the launch.
        flights_per_booster: Flights that each booster built makes, 1 or more.
        refurbishment_age: Mean number of earlier refurbishments of a booster that is refurbished, 0 or more.

    Raises:
        CostQuestionError: For fewer than 1 flight, or an age below 0.
    """
    flights = np.asarray(flights_per_booster, dtype=float)
    if not np.all(flights >= 1.0):
        raise CostQuestionError(f"flights per booster must be 1 or more, and the least given is {np.min(flights):g}")
    age = np.asarray(refurbishment_age, dtype=float)
    if not np.all(age >= 0.0):
        raise CostQuestionError(f"refurbishment age must be 0 or more, and the least given is {np.min(age):g}")
    return launch_breakdown(factors, flights_per_booster, refurbishment_age)


def launch_breakdown(
    factors: CostFactors, flights_per_booster: Quantity, refurbishment_age: Quantity = 0.0
) -> CostBreakdown:
    """Return the result of ``cost_per_launch`` without its checks: arithmetic that JAX can trace.

    Args:
        factors: The numbers of the launch.
        flights_per_booster: Flights that each booster built makes, 1 or more.
        refurbishment_age: Mean number of earlier refurbishments of a booster that is refurbished.
    """
    unit_cost = learned_unit_cost(
        factors.stage1_unit_cost,
        factors.launches_per_year / flights_per_booster,
        factors.reference_units_per_year,
        factors.learning_slope,
    )
    first_refurbishment = factors.refurbishment_fraction * factors.stage1_unit_cost
    insured = CostBreakdown(
        stage1=unit_cost / flights_per_booster,
        upper_stage=learned_unit_cost(
            factors.upper_stage_unit_cost,
            factors.launches_per_year,
            factors.upper_stage_reference_units_per_year,
            factors.upper_stage_learning_slope,
        ),
        fairing=factors.fairing_cost / factors.fairing_uses,
        refurbishment=first_refurbishment
        * (1.0 - 1.0 / flights_per_booster)
        * (1.0 + factors.refurbishment_growth * refurbishment_age),
        recovery_operations=factors.recovery_operations,
        pad_and_range=factors.pad_and_range,
        mission_operations=factors.mission_operations,
        propellant=factors.propellant,
        fixed_cost=factors.fixed_cost_per_year / factors.launches_per_year,
        development=0.0,
        insurance=0.0,
    )
    launches = factors.launches_per_year * factors.programme_years
    return dataclasses.replace(
        insured,
        development=factors.development_cost * factors.development_share / launches,
        insurance=factors.insurance_rate * insured.total,
    )


def cost_per_kilogram(
    launch_cost: Quantity, payload_kg: Quantity, mission_success: Quantity = 1.0, load_factor: Quantity = 1.0
) -> Quantity:
    """Return the launch cost per kilogram delivered: C/(m p_mission load), in the currency given per kg.

    Args:
        launch_cost: Cost C of a launch.
        payload_kg: Payload m to the orbit of comparison (kg).
        mission_success: Probability that the payload arrives.
        load_factor: Mean share of the payload that is used.

    Raises:
        CostQuestionError: For a payload that is not a positive number.
    """
    return launch_cost / (checked_payload(payload_kg) * mission_success * load_factor)


def _namespace(*quantities: Quantity) -> ModuleType:
    """Return ``numpy``, or the namespace of the arrays given if they are another library's (``jax.numpy``)."""
    for quantity in quantities:
        if not isinstance(quantity, (int, float, np.ndarray, np.generic)):
            namespace: ModuleType = quantity.__array_namespace__()
            return namespace
    return np
