"""Effect of each figure on the cost of a kilogram: the derivative of the cost by every input, in one table.

Three chains of derivatives are joined. A cost input changes the cost factors; JAX differentiates the cost by them
(``gradient``). A figure of the vehicle changes the payload; this derivative is that of the launch optimum. A dispersion
changes the probability that the landing reserve suffices; this derivative is from the margin curve. The reserve changes both
payload and probability. The derivatives of payload and probability are arguments here.
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
    """A figure of the vehicle or a dispersion, with its effect on payload and landing.

    Attributes:
        kind: ``vehicle`` or ``dispersion``.
        value: Its value, in ``unit``; ``low`` and ``high`` are the ends of its band.
        unit: Its unit.
        on_payload: Payload (kg) for one unit more.
        on_margin: Probability that the landing reserve suffices, for one unit more.
    """

    kind: Kind
    value: float
    unit: str
    low: float | None = None
    high: float | None = None
    on_payload: float = 0.0
    on_margin: float = 0.0


@dataclass(frozen=True, slots=True)
class Lever:
    """A figure and its effect on the cost of a kilogram.

    Attributes:
        name: Name of the figure.
        kind: What it belongs to.
        unit: Its unit.
        value: Its value, in ``unit``.
        slope: Cost (CNY/kg) for one unit more.
        step: A step in the direction that lowers the cost, in ``unit``: 1 % of the value, a tonne or a tenth of one, one
            launch, one percentage point.
        low: Low end of its band.
        high: High end of its band.
        at_low: What the low end adds to the cost (CNY/kg), computed anew with payload and margin to first order; None
            without a band, or if the end leaves no payload.
        at_high: The same of the high end.
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
        """Cost that a step saves (CNY/kg), to first order."""
        return -self.slope * self.step

    @property
    def swing(self) -> float:
        """Difference of the cost between the ends of the band (CNY/kg); 0 without a band."""
        return abs((self.at_high or 0.0) - (self.at_low or 0.0))


@dataclass(frozen=True, slots=True)
class CostPoint:
    """The point at which the derivatives are taken: every band at its mode.

    Attributes:
        inputs: Cost inputs.
        recovery: Recovery mode.
        payload_kg: Payload (kg).
        margin_probability: Probability that the landing reserve suffices; 1 for an expended booster.
        other_probability: Probability that nothing else prevents the landing; 1 for an expended booster.
    """

    inputs: CostInputs
    recovery: str
    payload_kg: float
    margin_probability: float = 1.0
    other_probability: float = 1.0

    @property
    def landing_probability(self) -> float:
        """Probability of landing."""
        return self.margin_probability * self.other_probability

    def bands(self) -> dict[str, Band]:
        """Return every band on which the cost at the modes depends, by name."""
        return bands_in_use(self.inputs, self.recovery, load_exchange_rate())

    def cost(self) -> float:
        """Return the cost of a kilogram (CNY) at the modes."""
        operations, life = self.inputs.operations, self._life()
        flights, age = (1.0, 0.0) if life is None else (life.flights, life.refurbishment_age)
        launch = cost_per_launch(self._factors(), flights, age).total
        success, load = operations.mission_success_probability.mode, operations.load_factor.mode
        return float(cost_per_kilogram(launch, self.payload_kg, success, load))

    def gradient(self) -> CostGradient:
        """Return the derivatives by cost factors, flights, payload and rates."""
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
    """Return the lever of every cost input and of every influence, the largest saving first.

    Args:
        point: Where the derivatives are taken.
        influences: Figures of the vehicle and dispersions, by name.

    Raises:
        CostQuestionError: For an influence on the landing of an expended booster.
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
    """Return the derivatives of the cost by the inputs of a booster's life; empty if it is expended."""
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
    """Return the cost with one band at another value; to first order for a band that no file of inputs holds."""
    key = field_of(name, point.recovery)
    if key not in point.inputs.bands():
        return point.cost() + lever.slope * (value - lever.value)
    return dataclasses.replace(point, inputs=point.inputs.replace("an end of its band", **{key: value})).cost()


def _moved(point: CostPoint, one: Influence, value: float) -> CostPoint:
    """Return the point with a figure at another value: payload and margin to first order, the probability within [0, 1]."""
    step = value - one.value
    margin = min(max(point.margin_probability + one.on_margin * step, 0.0), 1.0)
    return dataclasses.replace(point, payload_kg=point.payload_kg + one.on_payload * step, margin_probability=margin)


def _with_ends(
    lever: Lever, low: float | None, high: float | None, cost: Callable[[float], float], now: float
) -> Lever:
    """Return the lever with what the ends of its band add to the cost ``now``."""
    if low is None and high is None:
        return lever
    low, high = (lever.value if end is None else end for end in (low, high))
    return dataclasses.replace(
        lever, low=low, high=high, at_low=_added(cost, low, now), at_high=_added(cost, high, now)
    )


def _added(cost: Callable[[float], float], end: float, now: float) -> float | None:
    """Return what an end of a band adds to the cost; None if it leaves no payload."""
    try:
        return cost(end) - now
    except CostQuestionError:
        return None


def _band_slopes(point: CostPoint, gradient: CostGradient, bands: Mapping[str, Band]) -> dict[str, float]:
    """Return the derivative of the cost by every band that acts through the cost factors, in the unit of the band."""
    import jax

    def factors(values: Mapping[str, Quantity]) -> dict[str, Quantity]:
        return dataclasses.asdict(point._factors(lambda name, band: values[name]))

    jacobian = jax.jacfwd(factors)({name: band.mode for name, band in bands.items()})
    derivatives = gradient.derivatives
    return {
        name: sum(float(derivatives[factor]) * float(row[name]) for factor, row in jacobian.items()) for name in bands
    }


def _lever(name: str, kind: Kind, unit: str, value: float, slope: float) -> Lever:
    """Return a lever with a step of a size that suits its unit, in the direction that lowers the cost."""
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
    """Return a step as text: ``+1 %`` of a value, ``-1 t``, ``+1``."""
    if lever.name in ONE_MORE:
        return f"{lever.step:+.0f}"
    if lever.name in PROBABILITIES:
        return f"{100 * lever.step:+.0f} point"
    if lever.unit == "t":
        return f"{lever.step:+g} t"
    return f"{100 * lever.step / abs(lever.value):+.0f} %" if lever.value else f"{lever.step:+g} {lever.unit}"
