"""Requirements of a target price: the value that each input would need for a kilogram to cost no more than the target.

One input at a time is changed in the direction that lowers the cost, until the median cost meets the target; all other
inputs keep their bands. If an input alone cannot meet the target, the cost at its best value is given. The last requirement
is the launch rate that is needed with every other input at the better end of its band.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from scipy.optimize import brentq

from hoverslam.data.figures import Band
from hoverslam.economics.evidence.reliability import NOTHING_COUNTED, BetaBelief
from hoverslam.economics.inputs.bands import Money, aims_of
from hoverslam.economics.inputs.errors import CostQuestionError
from hoverslam.economics.inputs.loading import load_cost_inputs, load_exchange_rate
from hoverslam.economics.inputs.models import CostInputs, Costs, OperationsInputs
from hoverslam.economics.model.factors import bands_in_use, field_of
from hoverslam.economics.questions.estimate import CostEstimate, estimate_cost

AIMS = aims_of(OperationsInputs) | aims_of(Costs)
LANDING, PAYLOAD = "landing_probability", "payload_kg"
MOST_PAYLOAD = 3.0  # times the payload of the vehicle: the largest payload that is considered
SAMPLES = 1000


@dataclass(frozen=True, slots=True)
class Requirement:
    """What one input would have to be for the median cost to meet the target.

    Attributes:
        what: The input.
        unit: Its unit.
        now: Its mode.
        needed: The value that meets the target; None if even ``best`` does not.
        best: The best value that is considered.
        cost_at_best: Median cost there (CNY/kg).
        given: What else is assumed.
    """

    what: str
    unit: str
    now: float
    needed: float | None
    best: float
    cost_at_best: float
    given: str = ""

    @property
    def already(self) -> bool:
        """Whether the target is met with the input as it is."""
        return self.needed is not None and self.needed == self.now


@dataclass(frozen=True, slots=True)
class PayloadFigure:
    """A figure of the vehicle that changes the payload.

    Attributes:
        name: Name of the figure; ``unit`` is its unit.
        value: Its value.
        slope: Payload (kg) for one unit more.
        best: The best value that is considered.
    """

    name: str
    unit: str
    value: float
    slope: float
    best: float


def requirements_for_target(
    vehicle: str,
    recovery: str,
    payload_kg: float,
    target_cny_per_kg: float,
    *,
    inputs: CostInputs | None = None,
    reserve_probability: float | BetaBelief = NOTHING_COUNTED,
    figures: Mapping[str, PayloadFigure] | None = None,
    samples: int = SAMPLES,
    seed: int = 0,
) -> list[Requirement]:
    """Return the value that each input alone would need for the median cost to meet a target.

    The last requirement is the launch rate that is needed with every other input at the better end of its band. Inputs that
    this recovery mode does not use are left out.

    Args:
        vehicle: Name of the vehicle, as in ``inputs``.
        recovery: Recovery mode.
        payload_kg: Payload with this recovery mode (kg).
        target_cny_per_kg: Target (CNY/kg).
        inputs: Cost inputs in place of those that come with the package.
        reserve_probability: Probability that the landing reserve suffices: a number, or a distribution that is sampled.
            If left out, nothing is known of it.
        figures: Figures of the vehicle that change the payload, by key; their effect is taken to first order.
        samples: Number of samples.
        seed: Seed of the samples.

    Raises:
        CostQuestionError: As ``estimate_cost``, and for a target that is not above zero.
    """
    if not (math.isfinite(target_cny_per_kg) and target_cny_per_kg > 0.0):
        raise CostQuestionError(f"target_cny_per_kg = {target_cny_per_kg}: give a cost above 0")
    model = _Model(
        load_cost_inputs(vehicle) if inputs is None else inputs,
        recovery,
        payload_kg,
        reserve_probability,
        samples,
        seed,
    )
    base, favoured = model.estimate(), model.at_better_ends()
    questions, median = _questions(model, base, figures or {}), base.cost_cny_per_kg.p50
    found = [_solve(median, target_cny_per_kg, *question) for question in questions]
    rate = model.inputs.operations.launches_per_year
    last = _solve(
        favoured.median(), target_cny_per_kg, "launches_per_year", "", rate.mode, AIMS["launches_per_year"].best or rate.mode,
        lambda x: favoured.median(launches_per_year=x), "every other input at the better end of its band",
    )  # fmt: skip
    return [*found, last]


@dataclass(frozen=True, slots=True)
class _Model:
    """The median cost as a function of the inputs that are changed."""

    inputs: CostInputs
    recovery: str
    payload_kg: float
    reserve_probability: float | BetaBelief
    samples: int
    seed: int

    def estimate(self, payload_kg: float | None = None, landing: float | None = None, **changed: float) -> CostEstimate:
        inputs = self.inputs.replace("asked about", **changed) if changed else self.inputs
        return estimate_cost(
            inputs.vehicle, self.recovery, self.payload_kg if payload_kg is None else payload_kg,
            landing_probability=landing, reserve_probability=self.reserve_probability, inputs=inputs,
            samples=self.samples, seed=self.seed,
        )  # fmt: skip

    def median(self, payload_kg: float | None = None, landing: float | None = None, **changed: float) -> float:
        return self.estimate(payload_kg, landing, **changed).cost_cny_per_kg.p50

    def at_better_ends(self) -> _Model:
        better = {
            name: getattr(band, AIMS[name].better) for name, band in self.bands().items() if name != "launches_per_year"
        }
        return replace(self, inputs=self.inputs.replace("the better end of its band", **better))

    def bands(self) -> dict[str, Band]:
        """Return the bands that this recovery mode uses and that have a better end, in the order of the inputs."""
        used = bands_in_use(self.inputs, self.recovery, load_exchange_rate())
        fields = {field_of(name, self.recovery): band for name, band in used.items()}
        return {name: fields[name] for name in AIMS if name in fields}


Question = tuple[str, str, float, float, Callable[[float], float]]


def _questions(model: _Model, base: CostEstimate, figures: Mapping[str, PayloadFigure]) -> list[Question]:
    asked: list[Question] = []
    for name, band in model.bands().items():
        best = AIMS[name].best
        if best is not None:
            unit = f"M {band.currency}" if isinstance(band, Money) else ""
            asked.append((name, unit, band.mode, best, _by_input(model, name)))
    if model.recovery != "expendable":
        asked.append((LANDING, "", base.landing_probability or 0.0, 1.0, lambda x: model.median(landing=x)))
    payload = model.payload_kg
    asked.append((PAYLOAD, "kg", payload, MOST_PAYLOAD * payload, lambda x: model.median(payload_kg=x)))
    for figure in figures.values():
        asked.append((figure.name, figure.unit, figure.value, figure.best, _by_payload(model, figure)))
    return asked


def _by_input(model: _Model, name: str) -> Callable[[float], float]:
    return lambda x: model.median(**{name: x})


def _by_payload(model: _Model, figure: PayloadFigure) -> Callable[[float], float]:
    return lambda x: model.median(payload_kg=model.payload_kg + figure.slope * (x - figure.value))


def _solve(
    median: float, target: float, what: str, unit: str, now: float, best: float, cost: Callable[[float], float],
    given: str = "",
) -> Requirement:  # fmt: skip
    # A point value in the place of a band may itself be dearer than the band: where it already is cheaper, nothing is asked.
    if median <= target:
        return Requirement(what, unit, now, now, best, cost(best), given)
    least = cost(best)
    if least > target or now == best:
        return Requirement(what, unit, now, None, best, least, given)
    low, high = sorted((now, best))
    if cost(now) <= target:
        return Requirement(what, unit, now, now, best, least, given)
    needed = float(brentq(lambda x: cost(x) - target, low, high, xtol=1e-4 * max(abs(now), abs(best)), rtol=1e-4))
    return Requirement(what, unit, now, needed, best, least, given)
