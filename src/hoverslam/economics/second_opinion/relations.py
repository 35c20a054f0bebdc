"""The cost estimating relations of TRANSCOST: work-years (WYr) from masses, launch rates and factors.

D. E. Koelle, Handbook of Cost Engineering, TRANSCOST 8.2, 2013, in the form of Vernacchia and Mathesius, IAC-18-D2.4.3, 2018.
"""

import math
from collections.abc import Mapping
from typing import get_args

import numpy as np

from hoverslam.economics.inputs.errors import CostQuestionError
from hoverslam.economics.model.launch_cost import mean_learning_factor
from hoverslam.economics.second_opinion.coefficients import (
    LEAST_RATE,
    TABLE_END,
    Provider,
    element_named,
    load_transcost,
)


def engine_quality_factor(qualification_firings: float) -> float:
    """Return the technical quality factor f2 of a turbopump engine: 0.026 (ln N_Q)^2.

    Args:
        qualification_firings: Number N_Q of firings in the qualification.

    Raises:
        CostQuestionError: For fewer than 1 firing.
    """
    if not qualification_firings >= 1.0:
        raise CostQuestionError(f"qualification_firings = {qualification_firings}: give 1 or more")
    return 0.026 * math.log(qualification_firings) ** 2


def element_development(
    element: str,
    mass_kg: float,
    *,
    novelty: float = 1.0,
    quality: float = 1.0,
    team: float = 1.0,
    productivity: float = 1.0,
    experience: float = 1.0,
    oversight: float = 1.0,
) -> float:
    """Return the development cost of one element (WYr): H = a M^x f1 f2 f3 f8 f10 f11.

    Args:
        element: Kind of element, as in the data file.
        mass_kg: Dry mass M (kg).
        novelty: Factor f1: 0.4 to 0.6 for a variant, 0.9 to 1.1 for a standard design, 1.3 to 1.4 for the first of its kind.
        quality: Factor f2; for an engine the result of ``engine_quality_factor``.
        team: Factor f3: 0.7 to 0.8 for a very experienced team, 1.3 to 1.4 for a new one.
        productivity: Factor f8: work-years that the country needs relative to the USA.
        experience: Factor f10 of industrial practice: 0.75 to 1.
        oversight: Factor f11: 0.45 to 0.55 for a commercial company without government oversight.

    Raises:
        CostQuestionError: For an unknown element, or a dry mass that is not above zero.
    """
    fit = element_named(element, mass_kg)
    factors = novelty * quality * team * productivity * experience * oversight
    return fit.development_a * mass_kg**fit.development_x * factors


def vehicle_development(
    elements: float, stages: int, *, schedule: float = 1.0, contractors: int = 1, country_change: float = 1.0
) -> float:
    """Return the development cost of a vehicle (WYr): 1.04^N (sum H) f6 f7 f8.

    Args:
        elements: Sum of the development costs H of the elements (WYr).
        stages: Number N of stages.
        schedule: Factor f6: 1 on the best schedule, up to 1.5 on a shorter or longer one.
        contractors: Number n of parallel contractors; f7 = n^0.2.
        country_change: Factor f8; 1 if the costs of the elements include the productivity of the country.

    Raises:
        CostQuestionError: For fewer than 1 stage or contractor.
    """
    if not (stages >= 1 and contractors >= 1):
        raise CostQuestionError(f"stages = {stages}, contractors = {contractors}: give 1 or more of each")
    return 1.04**stages * elements * schedule * contractors**0.2 * country_change


def element_production(
    element: str,
    mass_kg: float,
    *,
    first_unit: int = 1,
    last_unit: int = 1,
    slope: float = 1.0,
    productivity: float = 1.0,
    experience: float = 1.0,
    oversight: float = 1.0,
) -> float:
    """Return the mean production cost of units ``first_unit`` to ``last_unit`` (WYr): F = a M^x f4 f8 f10 f11.

    Args:
        element: Kind of element, as in the data file.
        mass_kg: Dry mass M (kg).
        first_unit: Number of the first unit, counted from 1.
        last_unit: Number of the last unit.
        slope: Learning factor p for each doubling: 0.80 to 0.85 as SpaceX, 0.90 as Ariane, 0.96 as Saturn. It gives f4.
        productivity: Factor f8: work-years that the country needs relative to the USA.
        experience: Factor f10 of industrial practice; not used where the fit of the element includes it.
        oversight: Factor f11 for the absence of government oversight.

    Raises:
        CostQuestionError: For an unknown element, a dry mass that is not above zero, or units out of order.
    """
    fit = element_named(element, mass_kg)
    f10 = 1.0 if fit.experience_in_fit else experience
    learned = mean_learning_factor(first_unit, last_unit, slope)
    return fit.production_a * mass_kg**fit.production_x * learned * productivity * f10 * oversight


def vehicle_production(elements: float, stages: int, *, management: float = 1.025, contracting: float = 1.02) -> float:
    """Return the production cost of a vehicle (WYr): f0^N (sum n F) f9.

    Args:
        elements: Sum of the production costs n F of the elements (WYr).
        stages: Number N of stages.
        management: Factor f0 of system management for each stage: 1.02 to 1.03.
        contracting: Factor f9 of subcontracts: 1.01 to 1.07.
    """
    return management**stages * elements * contracting


def ground_operations(
    liftoff_t: float,
    launches_per_year: float,
    stages: float,
    *,
    vehicle: float = 0.8,
    assembly: float = 0.7,
    learned: float = 1.0,
    productivity: float = 1.0,
    oversight: float = 1.0,
) -> float:
    """Return the cost of pre-launch ground operations (WYr per launch): 8 M0^0.67 L^-0.9 N^0.7 f_v f_c f4 f8 f11.

    Args:
        liftoff_t: Lift-off mass M0 (t).
        launches_per_year: Launch rate L.
        stages: Number N of stages.
        vehicle: Factor f_v: 1 for cryogenic expendables, 0.8 storable or kerosene, 0.3 solid, 0.7 automated and reusable.
        assembly: Factor f_c: 1 if assembled upright on the pad, 0.7 upright and rolled out, 0.5 horizontally.
        learned: Learning factor f4.
        productivity: Factor f8: work-years that the country needs relative to the USA.
        oversight: Factor f11 for the absence of government oversight.

    Raises:
        CostQuestionError: Below 3 launches a year, where the relation does not hold, or without mass or stages.
    """
    if not launches_per_year >= LEAST_RATE:
        raise CostQuestionError(
            f"launches_per_year = {launches_per_year}: the relation of ground operations holds from 3 a year up"
        )
    if not (liftoff_t > 0.0 and stages > 0):
        raise CostQuestionError(f"liftoff_t = {liftoff_t}, stages = {stages}: give both above 0")
    rates = liftoff_t**0.67 * launches_per_year**-0.9 * stages**0.7
    return 8.0 * rates * vehicle * assembly * learned * productivity * oversight


def mission_operations(
    stage_sum: float, launches_per_year: float, *, learned: float = 1.0, productivity: float = 1.0
) -> float:
    """Return the cost of launch and mission operations (WYr per launch): 20 (sum Q) L^-0.65 f4 f8.

    Args:
        stage_sum: Sum of the stage factors Q: 0.4 for each expendable liquid stage or large booster, 1 for a stage that
            returns, 0.15 for a small solid booster, 2 for a reusable orbital vehicle.
        launches_per_year: Launch rate L.
        learned: Learning factor f4.
        productivity: Factor f8: work-years that the country needs relative to the USA.

    Raises:
        CostQuestionError: For a launch rate that is not above zero.
    """
    _check_rate(launches_per_year)
    return 20.0 * stage_sum * launches_per_year**-0.65 * learned * productivity


def sea_recovery(
    recovered_t: float, launches_per_year: float, *, productivity: float = 1.0, oversight: float = 1.0
) -> float:
    """Return the cost of recovery at sea (WYr per launch): 1.5/L (7 L^0.7 + M^0.83) f8 f11.

    Args:
        recovered_t: Recovered mass M (t).
        launches_per_year: Launch rate L.
        productivity: Factor f8: work-years that the country needs relative to the USA.
        oversight: Factor f11 for the absence of government oversight.

    Raises:
        CostQuestionError: For a launch rate that is not above zero.
    """
    _check_rate(launches_per_year)
    fleet = 7.0 * launches_per_year**0.7 + recovered_t**0.83
    return 1.5 / launches_per_year * fleet * productivity * oversight


def refurbishment(fraction: float, uses: float, first_unit_cost: float, count: int = 1) -> float:
    """Return the cost of refurbishing elements (WYr per flight): count (0.5 f5 + 0.01 f5 n) F_1.

    Args:
        fraction: Factor f5: refurbishment at 50 uses over the cost of the first unit.
        uses: Flights n of the element; the cost grows with it.
        first_unit_cost: Cost F_1 of the first unit (WYr).
        count: Number of such elements on the vehicle.

    Raises:
        CostQuestionError: For a fraction below 0 or fewer than 1 use.
    """
    if not (fraction >= 0.0 and uses >= 1.0):
        raise CostQuestionError(f"fraction = {fraction}, uses = {uses}: give fraction >= 0, uses >= 1")
    return count * (0.5 + 0.01 * uses) * fraction * first_unit_cost


def indirect_operations(launches_per_year: float, provider: Provider = "lean") -> float:
    """Return the cost of indirect operations (WYr per launch).

    The table is interpolated linearly between whole numbers of launches a year; beyond 12 the cost is constant.

    Args:
        launches_per_year: Launch rate.
        provider: Class of the launch provider.

    Raises:
        CostQuestionError: For a launch rate that is not above zero, or an unknown class.
    """
    _check_rate(launches_per_year)
    if provider not in get_args(Provider):
        raise CostQuestionError(f"unknown provider {provider!r}; it is one of {', '.join(get_args(Provider))}")
    row = getattr(load_transcost().indirect_operations, provider)
    return float(np.interp(launches_per_year, np.arange(1, TABLE_END + 1), row))


def propellant_cost(tank_fill_kg: Mapping[str, float]) -> float:
    """Return the cost of the propellant of a launch (WYr), with the boil-off at its modes.

    Args:
        tank_fill_kg: Tank fill (kg) by the name of the propellant.

    Raises:
        CostQuestionError: For a propellant without a price.
    """
    prices, losses = load_transcost().propellant_wyr_per_kg.values, load_transcost().boil_off
    unknown = sorted(set(tank_fill_kg) - set(prices))
    if unknown:
        raise CostQuestionError(f"no price for propellant {unknown[0]!r}; there are {', '.join(prices)}")
    return sum(
        mass * (1.0 + (losses[name].mode if name in losses else 0.0)) * prices[name]
        for name, mass in tank_fill_kg.items()
    )


def _check_rate(launches_per_year: float) -> None:
    if not launches_per_year > 0.0:
        raise CostQuestionError(f"launches_per_year = {launches_per_year}: give a rate above 0")
