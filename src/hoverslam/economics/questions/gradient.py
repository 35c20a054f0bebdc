"""Derivatives of the cost of a kilogram by each number from which it is computed, exact to rounding, by JAX.

JAX differentiates the arithmetic of ``launch_cost`` itself. It is imported at the first call, since it is slow to import.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import numpy as np

from hoverslam.economics.inputs.errors import CostQuestionError
from hoverslam.economics.inputs.quantities import Quantity
from hoverslam.economics.model.fleet import (
    expected_flights,
    expected_flights_slopes,
    refurbishment_age,
    refurbishment_age_slopes,
)
from hoverslam.economics.model.launch_cost import CostFactors, cost_per_kilogram, cost_per_launch, launch_breakdown


@dataclass(frozen=True, slots=True)
class CostGradient:
    """Cost of a kilogram and its derivatives.

    Attributes:
        cost_per_kg: Cost of a kilogram.
        values: The numbers by which the cost is differentiated: cost factors, flights and refurbishment age of the boosters,
            payload and rates.
        derivatives: Derivatives per unit of each number: CNY per kg for each CNY of unit cost, each launch a year, each
            kilogram of payload.
    """

    cost_per_kg: Quantity
    values: dict[str, Quantity]
    derivatives: dict[str, Quantity]

    def through_life(
        self, landing_probability: float, max_flights: float, intact_probability: float = 1.0
    ) -> dict[str, float]:
        """Return the derivatives by landing probability, intact probability and maximum flights of the booster.

        The chain rule is applied to ``expected_flights`` and ``refurbishment_age``. The gradient must be at a single point,
        and its flights and refurbishment age must be those that follow from the three arguments. The age is not compared
        if refurbishment does not grow.

        Args:
            landing_probability: Probability of landing.
            max_flights: Flight after which a booster is retired.
            intact_probability: Probability that a landed booster is undamaged.

        Raises:
            CostQuestionError: If other flights or another age follow from the arguments.
        """
        survival = landing_probability * intact_probability
        self._check_life(
            float(expected_flights(survival, max_flights)), float(refurbishment_age(survival, max_flights))
        )
        by_flights = float(self.derivatives["flights_per_booster"])
        by_age = float(self.derivatives["refurbishment_age"])
        flights, age = expected_flights_slopes(survival, max_flights), refurbishment_age_slopes(survival, max_flights)
        by_survival, by_life = (by_flights * f + by_age * a for f, a in zip(flights, age, strict=True))
        return {
            "landing_probability": by_survival * intact_probability,
            "intact_probability": by_survival * landing_probability,
            "max_flights": by_life,
        }

    def _check_life(self, flights: float, age: float) -> None:
        at = self.values
        if (
            np.ndim(self.cost_per_kg) != 0
            or not math.isclose(flights, at["flights_per_booster"], rel_tol=1e-9)
            or not (
                math.isclose(age, at["refurbishment_age"], rel_tol=1e-9, abs_tol=1e-12)
                or self.derivatives["refurbishment_age"] == 0.0  # refurbishment does not grow: its age is of no account
            )
        ):
            raise CostQuestionError(
                f"this life has {flights:g} flights and a refurbishment age of {age:g}, and the gradient was taken at "
                f"{at['flights_per_booster']} and {at['refurbishment_age']}: take it there, at one point"
            )

    @property
    def elasticities(self) -> dict[str, Quantity]:
        """Relative change of the cost over the relative change of each number."""
        return {name: slope * self.values[name] / self.cost_per_kg for name, slope in self.derivatives.items()}


def cost_gradient(
    factors: CostFactors,
    flights_per_booster: Quantity,
    payload_kg: Quantity,
    mission_success: Quantity = 1.0,
    load_factor: Quantity = 1.0,
    refurbishment_age: Quantity = 0.0,
) -> CostGradient:
    """Return the cost per kilogram and its derivatives by every cost factor, the flights, the payload and the rates.

    The arguments may be arrays of samples. Each sample then has its own derivatives, of the shape that all arguments
    broadcast to. The derivatives are computed by reverse-mode differentiation in double precision.

    Args:
        factors: The numbers of the launch.
        flights_per_booster: Flights that each booster built makes, 1 or more.
        payload_kg: Payload (kg).
        mission_success: Probability that the payload arrives.
        load_factor: Mean share of the payload that is used.
        refurbishment_age: Mean number of earlier refurbishments of a booster that is refurbished, 0 or more.

    Raises:
        CostQuestionError: As ``cost_per_launch`` and ``cost_per_kilogram``.
    """
    import jax

    jax.config.update("jax_enable_x64", True)
    launch = cost_per_launch(factors, flights_per_booster, refurbishment_age).total
    cost = cost_per_kilogram(launch, payload_kg, mission_success, load_factor)
    given = {field.name: getattr(factors, field.name) for field in dataclasses.fields(factors)} | {
        "flights_per_booster": flights_per_booster,
        "payload_kg": payload_kg,
        "mission_success": mission_success,
        "load_factor": load_factor,
        "refurbishment_age": refurbishment_age,
    }
    shape = np.broadcast_shapes(*(np.shape(value) for value in given.values()))
    values = {name: np.broadcast_to(np.asarray(value, dtype=float), shape) for name, value in given.items()}
    slopes = jax.grad(lambda point: jax.numpy.sum(_cost_per_kilogram(**point)))(values)
    return CostGradient(
        cost_per_kg=_plain(np.broadcast_to(np.asarray(cost, dtype=float), shape)),
        values={name: _plain(value) for name, value in values.items()},
        derivatives={name: _plain(np.asarray(slopes[name])) for name in values},
    )


def _cost_per_kilogram(
    flights_per_booster: Quantity,
    payload_kg: Quantity,
    mission_success: Quantity,
    load_factor: Quantity,
    refurbishment_age: Quantity,
    **factors: Quantity,
) -> Quantity:
    launch = launch_breakdown(CostFactors(**factors), flights_per_booster, refurbishment_age).total
    return launch / (payload_kg * mission_success * load_factor)


def _plain(values: Quantity) -> Quantity:
    return float(values) if np.ndim(values) == 0 else values
