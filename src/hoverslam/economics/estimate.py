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

from hoverslam.economics.errors import CostQuestionError
from hoverslam.economics.explain import ExplainRow, PointCase, explain_rows
from hoverslam.economics.factors import (
    BoosterLife,
    Picker,
    at_draws,
    at_modes,
    booster_life,
    cost_factors,
    landing_belief,
    recovery_bands,
)
from hoverslam.economics.inputs import CostInputs, ExchangeRate
from hoverslam.economics.launch_cost import (
    CostBreakdown,
    Quantity,
    checked_payload,
    cost_per_kilogram,
    cost_per_launch,
)
from hoverslam.economics.load import load_cost_inputs, load_exchange_rate
from hoverslam.economics.sampling import Draws


@dataclass(frozen=True, slots=True)
class Quantiles:
    """The value that 10, 50 and 90 % of the samples stay below."""

    p10: float
    p50: float
    p90: float

    @classmethod
    def of(cls, samples: NDArray[np.float64]) -> Quantiles:
        return cls(*(float(value) for value in np.quantile(samples, (0.1, 0.5, 0.9))))


@dataclass(frozen=True)
class CostEstimate:
    """What a launch and a kilogram cost the operator, with uncertainty, and the prices to hold it against.

    ``landing_probability`` and ``flights_per_booster_*`` describe the booster: no landing (None) and one flight when
    it is expended. ``median_components_cny`` are medians of each component: medians of parts do not add up to the
    median of the whole; ``at_modes`` holds a breakdown that does. ``samples_cny_per_kg`` are the samples behind the
    quantiles. The payload is uncertain by its own lognormal factor of median 1.
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
class _Case:
    """One evaluation of the model: at the modes, or over all samples at once."""

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
    reserve_probability: float = 1.0,
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
    reserve_probability
        Probability that the landing reserve suffices, from a margin study; multiplies the record's, not a given one.
    inputs
        Cost inputs to use in place of the packaged ones (see ``CostInputs.replace``).
    samples, seed
        Size of the Monte Carlo and its seed. Estimates with one seed share the draws of what they share.

    Raises ``CostQuestionError`` for a payload that is not above zero, an unknown vehicle or recovery, a recovery that
    the inputs do not cover, or a probability outside [0, 1]; ``CostInputError`` for a broken data file.
    """
    inputs = load_cost_inputs(vehicle) if inputs is None else inputs
    _check_question(vehicle, inputs, payload_kg, payload_sd_fraction, landing_probability, samples)
    if not 0.0 <= reserve_probability <= 1.0:
        raise CostQuestionError(f"reserve_probability = {reserve_probability}: a probability lies in [0, 1]")
    if recovery == "expendable":
        landing_probability = None
    exchange = load_exchange_rate()
    draws = Draws(seed, samples)
    payloads = payload_kg * _payload_factor(payload_sd_fraction, draws)
    sampled = _evaluate(inputs, recovery, exchange, payloads, landing_probability, reserve_probability, draws)
    point = _evaluate(inputs, recovery, exchange, payload_kg, landing_probability, reserve_probability, None)
    full = {name: np.broadcast_to(value, samples) for name, value in sampled.breakdown.components().items()}
    per_kg = np.broadcast_to(sampled.cny_per_kg, samples)
    flights = np.ones(samples) if sampled.life is None else np.broadcast_to(sampled.life.flights, samples)
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
        landing_probability=None if sampled.life is None else float(np.mean(sampled.life.landing_probability)),
        median_components_cny={name: float(np.median(values)) for name, values in full.items()},
        at_modes=_point_case(
            inputs, recovery, exchange, float(payload_kg), landing_probability, reserve_probability, point
        ),
        target_cny_per_kg=None if target is None else target.mode,
        market_price_cny_per_kg=inputs.price.market_cny_per_kg.mode,
        cny_per_usd=exchange.mode,
        exchange_date=exchange.date,
        evidence_date=inputs.evidence_date,
        samples_cny_per_kg=per_kg,
    )


def _check_question(
    vehicle: str,
    inputs: CostInputs,
    payload_kg: float,
    payload_sd_fraction: float,
    landing_probability: float | None,
    samples: int,
) -> None:
    checked_payload(payload_kg)
    if inputs.vehicle != vehicle:
        raise CostQuestionError(f"asked for {vehicle!r} with the cost inputs of {inputs.vehicle!r}")
    if not (math.isfinite(payload_sd_fraction) and payload_sd_fraction >= 0.0):
        raise CostQuestionError(f"payload_sd_fraction = {payload_sd_fraction}: give a number of 0 or more")
    if landing_probability is not None and not 0.0 <= landing_probability <= 1.0:
        raise CostQuestionError(f"landing_probability = {landing_probability}: a probability lies in [0, 1]")
    if samples < 1:
        raise CostQuestionError(f"samples = {samples}: at least one sample is needed")


def _evaluate(
    inputs: CostInputs,
    recovery: str,
    exchange: ExchangeRate,
    payload_kg: Quantity,
    landing_probability: float | None,
    reserve_probability: float,
    draws: Draws | None,
) -> _Case:
    """Run the model once: over all samples, or at the modes (landing at its mean) when ``draws`` is None."""
    pick = at_modes if draws is None else at_draws(draws)
    factors = cost_factors(inputs, recovery, exchange, pick)
    life = None
    if recovery_bands(inputs, recovery):
        given = landing_probability
        landing = reserve_probability * _landing(inputs, draws, pick) if given is None else given
        life = booster_life(inputs, recovery, landing, pick)
    breakdown = cost_per_launch(factors, 1.0 if life is None else life.flights)
    success = pick("mission_success_probability", inputs.operations.mission_success_probability)
    load = pick("load_factor", inputs.operations.load_factor)
    per_kg = cost_per_kilogram(breakdown.total, payload_kg, success, load)
    return _Case(life, breakdown, per_kg, pick("cny_per_usd", exchange))


def _landing(inputs: CostInputs, draws: Draws | None, pick: Picker) -> Quantity:
    belief = landing_belief(inputs, pick)
    return belief.mean if draws is None else belief.quantile(draws.uniforms("landing_probability"))


def _payload_factor(sd_fraction: float, draws: Draws) -> Quantity:
    """Return lognormal factors of median 1, so that a payload with a wide band stays positive."""
    if sd_fraction == 0.0:
        return 1.0
    return np.exp(math.sqrt(math.log1p(sd_fraction**2)) * stats.norm.ppf(draws.uniforms("payload")))


def _point_case(
    inputs: CostInputs,
    recovery: str,
    exchange: ExchangeRate,
    payload_kg: float,
    landing_probability: float | None,
    reserve_probability: float,
    case: _Case,
) -> PointCase:
    life = case.life
    return PointCase(
        inputs=inputs,
        recovery=recovery,
        exchange=exchange,
        payload_kg=payload_kg,
        landing_probability=None if life is None else float(life.landing_probability),
        landing_given=landing_probability is not None,
        reserve_probability=reserve_probability,
        flights_per_booster=1.0 if life is None else float(life.flights),
        breakdown=case.breakdown,
        cost_cny_per_kg=float(case.cny_per_kg),
    )
