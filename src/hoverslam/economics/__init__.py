"""Economics: from a payload and a landing probability to the cost of a launch and of a kilogram, with uncertainty.

This room sees numbers only. Cost is what the operator spends and is computed here; price is what a customer pays, is
read from published lists, and is never added to a cost. Start with ``estimate_cost`` and its ``explain()``.
"""

from hoverslam.economics.break_even import (
    break_even_landing_probability,
    break_even_uses,
    longest_turnaround,
    payback_table,
    refurbishment_ceiling_with_losses,
    refurbishment_cost_ceiling,
    reuse_index,
    savings_present_value,
)
from hoverslam.economics.errors import CostInputError, CostQuestionError
from hoverslam.economics.estimate import CostEstimate, Quantiles, estimate_cost
from hoverslam.economics.explain import ExplainRow, PointCase
from hoverslam.economics.factors import BoosterLife, booster_life, cost_factors, landing_belief
from hoverslam.economics.fleet import (
    FleetNeed,
    Wear,
    expected_flights,
    expected_flights_with_wear,
    fleet_need,
    production_run_cost,
)
from hoverslam.economics.fleet_simulation import Fleet, FleetHistory, simulate_fleet
from hoverslam.economics.gradient import CostGradient, cost_gradient
from hoverslam.economics.growth import CrowAmsaa, crow_amsaa, learned_probability
from hoverslam.economics.history import ChineseLandings, FalconLandings, load_chinese_landings, load_falcon_landings
from hoverslam.economics.inputs import RECOVERIES, Band, CostInputs, ExchangeRate, LandingRecord, Money
from hoverslam.economics.launch_cost import (
    CostBreakdown,
    CostFactors,
    cost_per_kilogram,
    cost_per_launch,
    expendable_twin,
    learned_unit_cost,
    mean_learning_factor,
)
from hoverslam.economics.load import (
    cost_vehicles,
    landing_record,
    load_cost_inputs,
    load_exchange_rate,
    load_landing_records,
    load_list_prices,
    load_tenders,
    read_cost_inputs,
)
from hoverslam.economics.price import ListPrice, Tender, price_per_kilogram
from hoverslam.economics.reliability import BetaBelief, discounted, jeffreys, landing_probability, survival_probability
from hoverslam.economics.reserve import (
    ReserveCase,
    ReserveOptimum,
    ReservePoint,
    empirical_success,
    first_order_sigma,
    lognormal_success,
    normal_success,
    optimal_reserve,
)
from hoverslam.economics.sampling import Draws, triangular_quantile
from hoverslam.economics.transcost import (
    Part,
    TranscostBreakdown,
    TranscostVehicle,
    load_transcost,
    transcost_per_flight,
    work_years_to_MUSD,
)

__all__ = [
    "RECOVERIES",
    "Band",
    "BetaBelief",
    "BoosterLife",
    "ChineseLandings",
    "CostBreakdown",
    "CostEstimate",
    "CostFactors",
    "CostGradient",
    "CostInputError",
    "CostInputs",
    "CostQuestionError",
    "CrowAmsaa",
    "Draws",
    "ExchangeRate",
    "ExplainRow",
    "FalconLandings",
    "Fleet",
    "FleetHistory",
    "FleetNeed",
    "LandingRecord",
    "ListPrice",
    "Money",
    "Part",
    "PointCase",
    "Quantiles",
    "ReserveCase",
    "ReserveOptimum",
    "ReservePoint",
    "Tender",
    "TranscostBreakdown",
    "TranscostVehicle",
    "Wear",
    "booster_life",
    "break_even_landing_probability",
    "break_even_uses",
    "cost_factors",
    "cost_gradient",
    "cost_per_kilogram",
    "cost_per_launch",
    "cost_vehicles",
    "crow_amsaa",
    "discounted",
    "empirical_success",
    "estimate_cost",
    "expected_flights",
    "expected_flights_with_wear",
    "expendable_twin",
    "first_order_sigma",
    "fleet_need",
    "jeffreys",
    "landing_belief",
    "landing_probability",
    "landing_record",
    "learned_probability",
    "learned_unit_cost",
    "load_chinese_landings",
    "load_cost_inputs",
    "load_exchange_rate",
    "load_falcon_landings",
    "load_landing_records",
    "load_list_prices",
    "load_tenders",
    "load_transcost",
    "lognormal_success",
    "longest_turnaround",
    "mean_learning_factor",
    "normal_success",
    "optimal_reserve",
    "payback_table",
    "price_per_kilogram",
    "production_run_cost",
    "read_cost_inputs",
    "refurbishment_ceiling_with_losses",
    "refurbishment_cost_ceiling",
    "reuse_index",
    "savings_present_value",
    "simulate_fleet",
    "survival_probability",
    "transcost_per_flight",
    "triangular_quantile",
    "work_years_to_MUSD",
]
