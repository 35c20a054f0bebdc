"""The question of this room: what does a kilogram cost with this payload and this recovery, and how sure are we?

Every band is sampled, the landing probability from its belief, and the cost of each sample computed; the answer is
quantiles. The same computation at the modes gives the one case that ``explain`` takes apart. Modes are not medians:
most bands are skewed towards dearer.
"""

from __future__ import annotations

import datetime
import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from hoverslam.economics.evidence.reliability import BetaBelief, landing_probability
from hoverslam.economics.inputs.errors import CostQuestionError
from hoverslam.economics.inputs.loading import load_cost_inputs, load_exchange_rate
from hoverslam.economics.inputs.models import CostInputs, ExchangeRate
from hoverslam.economics.inputs.quantities import Quantity, checked_payload
from hoverslam.economics.inputs.sampling import Draws, Quantiles
from hoverslam.economics.model.explained import ExplainRow
from hoverslam.economics.model.factors import (
    BoosterLife,
    at_draws,
    at_modes,
    booster_life,
    cost_factors,
    landing_belief,
    recovery_bands,
)
from hoverslam.economics.model.launch_cost import CostBreakdown, cost_per_kilogram, cost_per_launch
from hoverslam.economics.questions.explain import PointCase, explain_rows


@dataclass(frozen=True)
class CostEstimate:
    """What a launch and a kilogram cost the operator, with uncertainty, and the prices to hold it against.

    ``flights_per_booster_*`` and the probabilities, all means over the samples, describe the booster: one flight and no
    landing (None) when it is expended. It lands when the reserve suffices (``margin_probability``) and nothing else
    prevents it (``other_probability``; None where the landing probability was given, which then stands for both).
    ``landing_interval`` holds the landing probability with 90 %. ``median_components_cny`` are medians of each
    component: medians of parts do not add up to the median of the whole; ``at_modes`` holds a breakdown that does.
    ``samples_cny_per_kg`` are the samples behind the quantiles. The payload is uncertain by its own lognormal factor of
    median 1.
    """

    vehicle: str
    name: str
    recovery: str
    payload_kg: float
    payload_sd_fraction: float
    samples: int
    seed: int
    cost_cny_per_kg: Quantiles
    cost_usd_per_kg: Quantiles
    cost_per_launch_cny: Quantiles
    flights_per_booster_mean: float
    flights_per_booster_p50: float
    landing_probability: float | None
    landing_interval: tuple[float, float] | None
    margin_probability: float | None
    other_probability: float | None
    intact_probability: float | None
    median_components_cny: dict[str, float]
    at_modes: PointCase
    target_cny_per_kg: float | None
    market_price_cny_per_kg: float
    cny_per_usd: float
    exchange_date: datetime.date
    evidence_date: datetime.date
    samples_cny_per_kg: NDArray[np.float64] = field(repr=False, compare=False)

    @property
    def breakdown_cny(self) -> CostBreakdown:
        """The components at the modes (CNY per launch); they sum to ``at_modes.breakdown.total``."""
        return self.at_modes.breakdown

    def explain(self) -> list[ExplainRow]:
        """Return rows (component, value, formula, sources) that trace the cost at the modes to its factors."""
        return explain_rows(self.at_modes)


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked: everything that the model needs but the numbers that stand for the bands."""

    inputs: CostInputs
    recovery: str
    exchange: ExchangeRate
    landing_probability: float | None
    reserve_probability: float | BetaBelief


@dataclass(frozen=True, slots=True)
class _Case:
    """One evaluation of the model: at the modes, or over all samples at once. No ``other`` where landing was given."""

    margin: Quantity
    other: Quantity | None
    life: BoosterLife | None
    breakdown: CostBreakdown
    cny_per_kg: Quantity
    cny_per_usd: Quantity


def estimate_cost(
    vehicle: str,
    recovery: str,
    payload_kg: float,
    *,
    payload_sd_fraction: float = 0.0,
    landing_probability: float | None = None,
    reserve_probability: float | BetaBelief = 1.0,
    margin_source: str = "margin study of this recovery",
    inputs: CostInputs | None = None,
    samples: int = 4000,
    seed: int = 0,
) -> CostEstimate:
    """Return the cost per launch and per kilogram of a vehicle flown with this recovery.

    Parameters
    ----------
    vehicle, recovery
        A vehicle with cost inputs; ``expendable``, ``downrange`` or ``return_to_launch_site``.
    payload_kg, payload_sd_fraction
        Payload to the orbit of comparison with this recovery (kg), and its standard deviation as a fraction of it.
    landing_probability
        Taken as known when given; sampled from the vehicle's landing record when None. Ignored when expendable.
    reserve_probability, margin_source
        Probability that the landing reserve suffices, from a margin study that ``explain`` cites by this name;
        multiplies the record's, not a given one. A number is taken as known; a belief, such as
        ``jeffreys(flights that it sufficed, flights that it did not)``, is sampled.
    inputs
        Cost inputs to use in place of the packaged ones (see ``CostInputs.replace``).
    samples, seed
        Size of the Monte Carlo and its seed. Estimates with one seed share the draws of what they share.

    Raises ``CostQuestionError`` for a payload that is not above zero, an unknown vehicle or recovery, a recovery that
    the inputs do not cover, or a probability outside [0, 1]; ``CostInputError`` for a broken data file.
    """
    inputs = load_cost_inputs(vehicle) if inputs is None else inputs
    _check_question(vehicle, inputs, payload_kg, payload_sd_fraction, samples)
    _check_probabilities(landing_probability, reserve_probability)
    given = None if recovery == "expendable" else landing_probability
    question = _Question(inputs, recovery, load_exchange_rate(), given, reserve_probability)
    draws = Draws(seed, samples)
    sampled = _evaluate(question, payload_kg * _payload_factor(payload_sd_fraction, draws), draws)
    full = {name: np.broadcast_to(value, samples) for name, value in sampled.breakdown.components().items()}
    per_kg = np.broadcast_to(sampled.cny_per_kg, samples)
    life = sampled.life
    flights = np.ones(samples) if life is None else np.broadcast_to(life.flights, samples)
    target = inputs.price.target_cny_per_kg
    return CostEstimate(
        vehicle=inputs.vehicle,
        name=inputs.name,
        recovery=recovery,
        payload_kg=float(payload_kg),
        payload_sd_fraction=float(payload_sd_fraction),
        samples=samples,
        seed=seed,
        cost_cny_per_kg=Quantiles.of(per_kg),
        cost_usd_per_kg=Quantiles.of(per_kg / sampled.cny_per_usd),
        cost_per_launch_cny=Quantiles.of(np.broadcast_to(sampled.breakdown.total, samples)),
        flights_per_booster_mean=float(np.mean(flights)),
        flights_per_booster_p50=float(np.median(flights)),
        landing_probability=None if life is None else float(np.mean(life.landing_probability)),
        landing_interval=None if life is None else _interval(life.landing_probability),
        margin_probability=None if life is None else float(np.mean(sampled.margin)),
        other_probability=None if sampled.other is None else float(np.mean(sampled.other)),
        intact_probability=None if life is None else float(np.mean(life.intact_probability)),
        median_components_cny={name: float(np.median(values)) for name, values in full.items()},
        at_modes=_point_case(question, float(payload_kg), margin_source),
        target_cny_per_kg=None if target is None else target.mode,
        market_price_cny_per_kg=inputs.price.market_cny_per_kg.mode,
        cny_per_usd=question.exchange.mode,
        exchange_date=question.exchange.date,
        evidence_date=inputs.evidence_date,
        samples_cny_per_kg=per_kg,
    )


def _check_question(
    vehicle: str, inputs: CostInputs, payload_kg: float, payload_sd_fraction: float, samples: int
) -> None:
    checked_payload(payload_kg)
    if inputs.vehicle != vehicle:
        raise CostQuestionError(f"asked for {vehicle!r} with the cost inputs of {inputs.vehicle!r}")
    if not (math.isfinite(payload_sd_fraction) and payload_sd_fraction >= 0.0):
        raise CostQuestionError(f"payload_sd_fraction = {payload_sd_fraction}: give a number of 0 or more")
    if samples < 1:
        raise CostQuestionError(f"samples = {samples}: at least one sample is needed")


def _check_probabilities(landing: float | None, reserve: float | BetaBelief) -> None:
    if landing is not None and not 0.0 <= landing <= 1.0:
        raise CostQuestionError(f"landing_probability = {landing}: a probability lies in [0, 1]")
    if isinstance(reserve, BetaBelief):
        if np.ndim(reserve.mean) != 0:
            raise CostQuestionError("reserve_probability holds many beliefs: give one, with numbers for its parameters")
    elif not 0.0 <= reserve <= 1.0:
        raise CostQuestionError(f"reserve_probability = {reserve}: a probability lies in [0, 1]")


def _evaluate(question: _Question, payload_kg: Quantity, draws: Draws | None) -> _Case:
    """Run the model once: over all samples, or at the modes (beliefs at their means) when ``draws`` is None."""
    inputs, recovery = question.inputs, question.recovery
    pick = at_modes if draws is None else at_draws(draws)
    factors = cost_factors(inputs, recovery, question.exchange, pick)
    life, margin, other = None, _drawn("margin_probability", question.reserve_probability, draws), None
    if recovery_bands(inputs, recovery):
        landing: Quantity | None = question.landing_probability
        if landing is None:
            other = _drawn("landing_probability", landing_belief(inputs, pick), draws)
            landing = landing_probability(margin, other)
        life = booster_life(inputs, recovery, landing, pick)
    flights, age = (1.0, 0.0) if life is None else (life.flights, life.refurbishment_age)
    breakdown = cost_per_launch(factors, flights, age)
    success = pick("mission_success_probability", inputs.operations.mission_success_probability)
    load = pick("load_factor", inputs.operations.load_factor)
    per_kg = cost_per_kilogram(breakdown.total, payload_kg, success, load)
    return _Case(margin, other, life, breakdown, per_kg, pick("cny_per_usd", question.exchange))


def _drawn(stream: str, probability: float | BetaBelief, draws: Draws | None) -> Quantity:
    """Return a known probability as it is, a belief sampled from its stream, or at its mean without draws."""
    if not isinstance(probability, BetaBelief):
        return probability
    return probability.mean if draws is None else probability.quantile(draws.uniforms(stream))


def _interval(samples: Quantity) -> tuple[float, float]:
    low, high = np.quantile(np.atleast_1d(samples), (0.05, 0.95))
    return float(low), float(high)


def _payload_factor(sd_fraction: float, draws: Draws) -> Quantity:
    """Return lognormal factors of median 1, so that a payload with a wide band stays positive."""
    if sd_fraction == 0.0:
        return 1.0
    return np.exp(math.sqrt(math.log1p(sd_fraction**2)) * stats.norm.ppf(draws.uniforms("payload")))


def _point_case(question: _Question, payload_kg: float, margin_source: str) -> PointCase:
    case = _evaluate(question, payload_kg, None)
    return PointCase(
        inputs=question.inputs,
        recovery=question.recovery,
        exchange=question.exchange,
        payload_kg=payload_kg,
        reserve_probability=question.reserve_probability,
        margin_source=margin_source,
        other_probability=None if case.other is None else float(case.other),
        life=case.life,
        breakdown=case.breakdown,
        cost_cny_per_kg=float(case.cny_per_kg),
    )
