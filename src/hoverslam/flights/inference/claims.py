"""The claims of a vehicle file: published payloads, lift-off mass and thrust, and events of flights, each with its error.

The error of a claim has two parts. The first is that of the statement: a quarter of the width of its band, or half a unit of
the last significant digit, evenly distributed, where no band is stated. An inclination that the statement leaves open adds to
it. The second is that of the model, a share of the claim (:mod:`hoverslam.flights.inference.model_errors`). Statements about
the same number, such as the touchdown times of two flights, share the second part.
"""

from dataclasses import dataclass, replace
from decimal import Decimal
from math import hypot, sqrt

import numpy as np

from hoverslam.data.figures import Figure
from hoverslam.flights.inference.laplace import Array
from hoverslam.flights.inference.model_errors import model_errors
from hoverslam.flights.observed.priors import BAND_SIGMAS
from hoverslam.vehicles.models import PublishedPayload, Vehicle
from hoverslam.vehicles.places import load_orbit

OF_THE_OPERATOR = ("published", "secondary", "derived", "target")
"""Statuses of claims. An ``estimate`` is nobody's claim."""


@dataclass(frozen=True)
class Case:
    """A launch of the vehicle: orbit and recovery mode."""

    orbit: str
    recovery: str


@dataclass(frozen=True)
class Claim:
    """A published number about a launch vehicle, in the unit of its key.

    Attributes:
        name: The claim in words, such as ``payload leo450 downrange``.
        quantity: What the model computes: ``payload``, ``stage_separation_time``, ``touchdown_time``,
            ``touchdown_downrange``, ``liftoff_mass`` or ``liftoff_thrust``.
        key: Key of the figure in the vehicle file.
        figure: The figure.
        case: The launch; for mass and thrust at lift-off the usual one of the vehicle.
        statement_error: Standard error of the statement.
        model_error: Standard error of the model.
        open_inclination: Band of the inclination that the statement leaves open (deg); zero if it is stated.
    """

    name: str
    quantity: str
    key: str
    figure: Figure
    case: Case
    statement_error: float
    model_error: float
    open_inclination: float = 0.0

    @property
    def value(self) -> float:
        """What is claimed."""
        return self.figure.value

    @property
    def error(self) -> float:
        """Standard error of the claim: statement and model in quadrature."""
        return hypot(self.statement_error, self.model_error)

    def with_inclination(self, slope: float) -> "Claim":
        """Return the claim with the error of its open inclination.

        Args:
            slope: Change of what is computed by a degree of inclination.
        """
        added = abs(slope) * self.open_inclination / BAND_SIGMAS
        return replace(self, statement_error=hypot(self.statement_error, added))


def statement_error(figure: Figure) -> float:
    """Return the standard error of a statement: from its band, or else from its rounding, in the unit of its key."""
    low, high = figure.ends
    if high > low:
        return (high - low) / BAND_SIGMAS
    return rounding_unit(figure.value) / 2.0 / sqrt(3.0)


def rounding_unit(value: float) -> float:
    """Return a unit of the last significant digit: 0.1 for 11.8, 1 for 8.0, 10 for 530; 0 for zero."""
    exponent = Decimal(f"{value:.12g}").normalize().as_tuple().exponent
    return 10.0 ** int(exponent) if value else 0.0


def usual_case(vehicle: Vehicle) -> Case:
    """Return the launch whose payload is on the pad where a lift-off mass is stated: downrange where there is such a mode."""
    mode = "downrange" if "downrange" in vehicle.modes else "expendable"
    assert vehicle.default_orbit is not None
    return Case(load_orbit(vehicle.default_orbit).name, mode)


def claims_of(vehicle: Vehicle) -> list[Claim]:
    """Return the claims of a vehicle file, in its order; figures of status ``estimate`` are none."""
    found = [*_at_liftoff(vehicle)]
    for number, payload in enumerate(vehicle.payload_published):
        case = Case(load_orbit(payload.orbit).name, payload.recovery)
        name = f"payload {_words(case)}"
        left_open = _open_inclination(payload)
        found.append(
            _claim(name, "payload", f"payload_published[{number}].payload_t", payload.payload_t, case, left_open)
        )
    for number, event in enumerate(vehicle.event_published):
        case, words = Case(load_orbit(event.orbit).name, event.recovery), event.event.replace("_", " ")
        for what, figure in (("time_s", event.time_s), ("downrange_km", event.downrange_km)):
            if figure is not None:
                quantity = what.rsplit("_", 1)[0]
                key = f"event_published[{number}].{what}"
                found.append(
                    _claim(f"{words} {quantity} {event.flight}", f"{event.event}_{quantity}", key, figure, case)
                )
    return [claim for claim in found if claim.figure.status in OF_THE_OPERATOR]


def _at_liftoff(vehicle: Vehicle) -> list[Claim]:
    stated = {"liftoff_mass": vehicle.liftoff_mass_published_t, "liftoff_thrust": vehicle.liftoff_thrust_published_kN}
    keys = {"liftoff_mass": "liftoff_mass_published_t", "liftoff_thrust": "liftoff_thrust_published_kN"}
    return [
        _claim(quantity.replace("liftoff_", "lift-off "), quantity, keys[quantity], figure, usual_case(vehicle))
        for quantity, figure in stated.items()
        if figure is not None
    ]


def _claim(name: str, quantity: str, key: str, figure: Figure, case: Case, left_open: float = 0.0) -> Claim:
    share = model_errors().of(quantity).si
    return Claim(name, quantity, key, figure, case, statement_error(figure), share * figure.value, left_open)


def _open_inclination(payload: PublishedPayload) -> float:
    """Return the width of the band of the inclination (deg) that a published payload leaves open."""
    inclination = payload.inclination_deg
    if inclination is None or inclination.low is None or inclination.high is None:
        return 0.0
    return inclination.high - inclination.low


def _words(case: Case) -> str:
    return f"{case.orbit} {case.recovery.replace('_', ' ')}"


def error_covariance(claims: list[Claim]) -> Array:
    """Return the covariance of the errors of claims, shape ``(n, n)``, in products of their units.

    Statements are independent. The error of the model is the same for claims about the same number.
    """
    model = np.array([claim.model_error for claim in claims])
    same = np.array([[(a.quantity, a.case) == (b.quantity, b.case) for b in claims] for a in claims])
    return np.where(same, np.outer(model, model), 0.0) + np.diag([claim.statement_error**2 for claim in claims])
