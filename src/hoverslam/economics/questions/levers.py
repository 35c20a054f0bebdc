"""What each figure is worth: the derivative of the cost of a kilogram by everything that goes into it, in one table.

Three chains meet here. A cost input acts through the cost factors (JAX, ``gradient``). A figure of the vehicle acts
through the payload, by what the launch optimum's multipliers say of it. A dispersion acts through the probability that the
landing reserve suffices, by the margin curve; the reserve itself through both. This room is handed the last two as numbers.
"""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from hoverslam.data.figures import Band
from hoverslam.economics.inputs.bands import Money
from hoverslam.economics.inputs.errors import CostQuestionError
from hoverslam.economics.inputs.loading import load_exchange_rate
from hoverslam.economics.inputs.models import CostInputs
from hoverslam.economics.inputs.quantities import Quantity
from hoverslam.economics.model.factors import (
    BoosterLife,
    Picker,
    at_modes,
    bands_in_use,
    booster_life,
    cost_factors,
    field_of,
    landing_belief,
)
from hoverslam.economics.model.launch_cost import CostFactors, cost_per_kilogram, cost_per_launch
from hoverslam.economics.questions.gradient import CostGradient, cost_gradient

Kind = Literal["vehicle", "dispersion", "cost", "operations", "landing"]
ONE_MORE = ("launches_per_year", "max_flights")  # counted in ones
PROBABILITIES = (
    "load_factor",
    "mission_success_probability",
    "intact_probability",
    "other_probability",
    "margin_probability",
)


@dataclass(frozen=True, slots=True)
class Influence:
    """A figure outside this room: its value and band in ``unit``, what one unit does to the payload (kg) and to p_margin."""

    kind: Kind
    value: float
    unit: str
    low: float | None = None
    high: float | None = None
    on_payload: float = 0.0
    on_margin: float = 0.0


@dataclass(frozen=True, slots=True)
class Lever:
    """One figure and what it is worth.

    ``slope`` is CNY per kg for one ``unit`` more. ``step`` is a step towards the better, in the unit: a per cent of the
    value, a tonne or a tenth of one, one launch, one percentage point. ``worth`` is what it takes off the cost (CNY per kg),
    to first order. ``at_low`` and ``at_high`` are what the ends of the band add to the cost: computed anew, with payload and
    margin moved to first order; None without a band, and where its end leaves no payload.
    """

    name: str
    kind: Kind
    unit: str
    value: float
    slope: float
    step: float
    low: float | None = None
    high: float | None = None
    at_low: float | None = None
    at_high: float | None = None

    @property
    def worth(self) -> float:
        return -self.slope * self.step

    @property
    def swing(self) -> float:
        """How far the cost moves from one end of the band to the other (CNY per kg), 0 without a band."""
        return abs((self.at_high or 0.0) - (self.at_low or 0.0))


@dataclass(frozen=True, slots=True)
class CostPoint:
    """The cost of a kilogram with every band at its mode, where the derivatives are taken.

    ``margin_probability`` p_margin and ``other_probability`` p_other multiply to the landing probability; both are 1 for a
    booster that is expended, which they do not touch.
    """

    inputs: CostInputs
    recovery: str
    payload_kg: float
    margin_probability: float = 1.0
    other_probability: float = 1.0

    @property
    def landing_probability(self) -> float:
        return self.margin_probability * self.other_probability

    def bands(self) -> dict[str, Band]:
        """Return every band on which the cost at the modes depends, by name."""
        return bands_in_use(self.inputs, self.recovery, load_exchange_rate())

    def cost(self) -> float:
        """The cost of a kilogram (CNY) at the modes."""
        operations, life = self.inputs.operations, self._life()
        flights, age = (1.0, 0.0) if life is None else (life.flights, life.refurbishment_age)
        launch = cost_per_launch(self._factors(), flights, age).total
        success, load = operations.mission_success_probability.mode, operations.load_factor.mode
        return float(cost_per_kilogram(launch, self.payload_kg, success, load))

    def gradient(self) -> CostGradient:
        """Derivatives by cost factors, flights, payload and rates."""
        operations, factors, life = self.inputs.operations, self._factors(), self._life()
        return cost_gradient(
            factors, 1.0 if life is None else life.flights, self.payload_kg,
            operations.mission_success_probability.mode, operations.load_factor.mode,
            refurbishment_age=0.0 if life is None else life.refurbishment_age,
        )  # fmt: skip

    def _factors(self, pick: Picker = at_modes) -> CostFactors:
        return cost_factors(self.inputs, self.recovery, load_exchange_rate(), pick)

    def _life(self, pick: Picker = at_modes) -> BoosterLife | None:
        return booster_life(self.inputs, self.recovery, self.landing_probability, pick)


def cost_levers(point: CostPoint, influences: Mapping[str, Influence]) -> list[Lever]:
    """Return the lever of every cost input of a point and of every figure of the vehicle or dispersion handed in.

    The largest worth first. Raises ``CostQuestionError`` for an influence on p_margin of a booster that is expended.
    """
    gradient = point.gradient()
    home = _life_slopes(point, gradient)
    by_payload, by_margin = float(gradient.derivatives["payload_kg"]), home.get("margin_probability", 0.0)
    levers, now = list(_input_levers(point, gradient, home)), float(gradient.cost_per_kg)
    for name, one in influences.items():
        if one.on_margin and not home:
            raise CostQuestionError(f"{name}: acts on a landing, and the booster is expended: leave it out")
        slope = by_payload * one.on_payload + by_margin * one.on_margin
        lever = _lever(name, one.kind, one.unit, one.value, slope)
        levers.append(_with_ends(lever, one.low, one.high, lambda x, one=one: _moved(point, one, x).cost(), now))  # type: ignore[misc]
    return sorted(levers, key=lambda lever: -abs(lever.worth))


def _life_slopes(point: CostPoint, gradient: CostGradient) -> dict[str, float]:
    """Derivatives of the cost by what decides a booster's life; empty when it is expended."""
    if point.recovery == "expendable":
        return {}
    operations = point.inputs.operations
    assert operations.max_flights is not None
    assert operations.intact_probability is not None
    slopes = gradient.through_life(
        point.landing_probability, operations.max_flights.mode, operations.intact_probability.mode
    )
    landing = slopes.pop("landing_probability")
    both = {
        "margin_probability": landing * point.other_probability,
        "other_probability": landing * point.margin_probability,
    }
    return slopes | both


def _input_levers(point: CostPoint, gradient: CostGradient, home: Mapping[str, float]) -> Iterable[Lever]:
    bands = point.bands()
    slopes = _band_slopes(point, gradient, bands) | {
        "mission_success_probability": float(gradient.derivatives["mission_success"]),
        "load_factor": float(gradient.derivatives["load_factor"]),
    }
    slopes |= {name: home[name] for name in ("max_flights", "intact_probability") if name in home}
    operations, now = type(point.inputs.operations).model_fields, float(gradient.cost_per_kg)
    for name, band in bands.items():
        kind: Kind = "operations" if name in operations else "cost"
        lever = _lever(name, kind, f"M{band.currency}" if isinstance(band, Money) else "", band.mode, slopes[name])
        yield _with_ends(lever, band.low, band.high, functools.partial(_cost_with_band, point, name, lever), now)
    yield _lever("payload_kg", "vehicle", "kg", point.payload_kg, float(gradient.derivatives["payload_kg"]))
    if home and point.inputs.landing is not None:
        low, high = landing_belief(point.inputs).interval()
        value = point.other_probability
        lever = _lever("other_probability", "landing", "", value, home["other_probability"])
        again = lambda x: dataclasses.replace(point, other_probability=x).cost()  # noqa: E731
        yield _with_ends(lever, min(low, value), max(high, value), again, now)
        yield _lever("margin_probability", "landing", "", point.margin_probability, home["margin_probability"])


def _cost_with_band(point: CostPoint, name: str, lever: Lever, value: float) -> float:
    """The cost with one band at another value; what is in no file of inputs (exchange rate, discount) to first order."""
    key = field_of(name, point.recovery)
    if key not in point.inputs.bands():
        return point.cost() + lever.slope * (value - lever.value)
    return dataclasses.replace(point, inputs=point.inputs.replace("an end of its band", **{key: value})).cost()


def _moved(point: CostPoint, one: Influence, value: float) -> CostPoint:
    """The point with a figure at another value: payload and margin to first order, within what can be."""
    step = value - one.value
    margin = min(max(point.margin_probability + one.on_margin * step, 0.0), 1.0)
    return dataclasses.replace(point, payload_kg=point.payload_kg + one.on_payload * step, margin_probability=margin)


def _with_ends(
    lever: Lever, low: float | None, high: float | None, cost: Callable[[float], float], now: float
) -> Lever:
    """The lever with what the ends of its band add to the cost as it is ``now``."""
    if low is None and high is None:
        return lever
    low, high = (lever.value if end is None else end for end in (low, high))
    return dataclasses.replace(
        lever, low=low, high=high, at_low=_added(cost, low, now), at_high=_added(cost, high, now)
    )


def _added(cost: Callable[[float], float], end: float, now: float) -> float | None:
    """What an end of a band adds to the cost; None where it leaves no payload."""
    try:
        return cost(end) - now
    except CostQuestionError:
        return None


def _band_slopes(point: CostPoint, gradient: CostGradient, bands: Mapping[str, Band]) -> dict[str, float]:
    """Derivative of the cost by every band that acts through the cost factors, in the unit of the band."""
    import jax

    def factors(values: Mapping[str, Quantity]) -> dict[str, Quantity]:
        return dataclasses.asdict(point._factors(lambda name, band: values[name]))

    jacobian = jax.jacfwd(factors)({name: band.mode for name, band in bands.items()})
    derivatives = gradient.derivatives
    return {
        name: sum(float(derivatives[factor]) * float(row[name]) for factor, row in jacobian.items()) for name in bands
    }


def _lever(name: str, kind: Kind, unit: str, value: float, slope: float) -> Lever:
    """A lever with a step of a natural size, towards the better."""
    if name in ONE_MORE:
        size = 1.0
    elif name in PROBABILITIES:
        size = 0.01
    elif unit == "t":
        size = 1.0 if abs(value) >= 10.0 else 0.1
    else:
        size = 0.01 * abs(value)
    return Lever(name, kind, unit, value, slope, -math.copysign(size, slope) if slope else size)


def shown_step(lever: Lever) -> str:
    """A step in words: ``+1 %`` of a value, ``-1 t``, ``+1``."""
    if lever.name in ONE_MORE:
        return f"{lever.step:+.0f}"
    if lever.name in PROBABILITIES:
        return f"{100 * lever.step:+.0f} point"
    if lever.unit == "t":
        return f"{lever.step:+g} t"
    return f"{100 * lever.step / abs(lever.value):+.0f} %" if lever.value else f"{lever.step:+g} {lever.unit}"
