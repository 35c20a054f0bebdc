"""The cost of a launch and of a kilogram with a given payload and recovery mode, with its uncertainty.

Every band is sampled; the landing probability is sampled from its distribution. The cost of each sample is computed, and the
result is the quantiles. The same computation with every band at its mode gives the one case that ``explain`` shows. The cost
at the modes is not the median: most bands are skewed towards higher cost.
"""

from __future__ import annotations

import datetime
import math
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from hoverslam.economics.evidence.reliability import NOTHING_COUNTED, BetaBelief, landing_probability
from hoverslam.economics.inputs.errors import CostQuestionError
from hoverslam.economics.inputs.loading import load_cost_inputs, load_exchange_rate
from hoverslam.economics.inputs.models import CostInputs, ExchangeRate
from hoverslam.economics.inputs.quantities import Quantity, checked_payload
from hoverslam.economics.inputs.sampling import Draws, Quantiles, checked_samples
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
from hoverslam.economics.model.launch_cost import COMPONENTS, CostBreakdown, cost_per_kilogram, cost_per_launch
from hoverslam.economics.questions.explain import PointCase, explain_rows
from hoverslam.reports.json_text import Json, record
from hoverslam.reports.results import Result

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class CostEstimate(Result):
    """Cost of a launch and of a kilogram to the operator, with uncertainty, and the prices to compare it with.

    Attributes:
        vehicle: Name of the vehicle; ``name`` is its title.
        recovery: Recovery mode.
        payload_kg: Payload to the orbit of comparison (kg).
        payload_sd_fraction: Standard deviation of the payload as a fraction of it; the factor is lognormal, of median 1.
        samples: Number of samples; ``seed`` is their seed.
        cost_cny_per_kg: Cost of a delivered kilogram (CNY); ``cost_usd_per_kg`` the same (USD).
        cost_per_launch_cny: Cost of a launch (CNY).
        flights_per_booster_mean: Mean flights of a booster, its first included; ``flights_per_booster_p50`` the median.
        landing_probability: Mean probability of landing; None for an expended booster, as all that follow.
        landing_interval: Central interval that holds the landing probability with 90 %.
        margin_probability: Mean probability that the landing reserve suffices.
        other_probability: Mean probability that nothing else prevents the landing; None if the landing probability was
            given, which then stands for both.
        intact_probability: Mean probability that a landed booster can fly again.
        median_components_cny: Median of each component (CNY per launch); medians do not add up to the median of the sum.
        at_modes: The case with every band at its mode, whose components add up.
        target_cny_per_kg: Price that the operator promised (CNY/kg); None if there is none.
        market_price_cny_per_kg: Price that customers pay (CNY/kg).
        cny_per_usd: Exchange rate, on ``exchange_date``.
        evidence_date: Date of the cost inputs.
        samples_cny_per_kg: The samples of the cost of a kilogram (CNY), shape ``(samples,)``.
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
        """Components at the modes (CNY per launch); they sum to ``at_modes.breakdown.total``."""
        return self.at_modes.breakdown

    def explain(self) -> list[ExplainRow]:
        """Return rows (component, value, formula, sources) that trace the cost at the modes to its factors."""
        return explain_rows(self.at_modes)

    def report(self) -> str:
        """Return costs, landing probability and components as lines of text."""
        kg, usd, launch = self.cost_cny_per_kg, self.cost_usd_per_kg, self.cost_per_launch_cny
        lines = [
            f"{self.name}, {self.recovery.replace('_', ' ')}: payload {self.payload_kg:,.0f} kg",
            f"cost of a kilogram: {kg.p50:,.0f} CNY (10 to 90 %: {kg.p10:,.0f} to {kg.p90:,.0f}), {usd.p50:,.0f} USD",
            f"cost of a launch: {launch.p50 / 1e6:,.1f} M CNY ({launch.p10 / 1e6:,.1f} to {launch.p90 / 1e6:,.1f})",
        ]
        if self.landing_probability is not None:
            landing = f"landing probability {100.0 * self.landing_probability:.1f} %"
            lines.append(f"{landing}, flights of a booster {self.flights_per_booster_mean:.1f}")
        lines.append("components at the most likely inputs (M CNY):")
        for name, value in self.breakdown_cny.components().items():
            lines.append(f"  {COMPONENTS[name].label:<24}{float(value) / 1e6:>10,.2f}")
        return "\n".join(lines)

    def as_json(self) -> dict[str, Json]:
        """Return costs, probabilities and components as plain values."""
        left_out = {"at_modes", "samples_cny_per_kg", "exchange_date", "evidence_date"}
        values = {each.name: getattr(self, each.name) for each in fields(self) if each.name not in left_out}
        quantiles = {name: asdict(value) for name, value in values.items() if isinstance(value, Quantiles)}
        components = {name: float(value) for name, value in self.breakdown_cny.components().items()}
        dates = {"exchange_date": str(self.exchange_date), "evidence_date": str(self.evidence_date)}
        return record(values | quantiles | dates | {"components_cny": components})

    def to_frame(self) -> pd.DataFrame:
        """Return one row a component: its cost and share at the modes, and its median over the samples."""
        import pandas as pd

        total = float(self.breakdown_cny.total)
        return pd.DataFrame(
            [
                {
                    "component": name,
                    "cost_MCNY": float(value) / 1e6,
                    "share_percent": 100.0 * float(value) / total,
                    "median_MCNY": self.median_components_cny[name] / 1e6,
                }
                for name, value in self.breakdown_cny.components().items()
            ]
        )

    def plot(self) -> Figure:
        """Return a picture of the samples of the cost of a kilogram and of the components of a launch."""
        from matplotlib.figure import Figure

        from hoverslam.reports.pictures import COLOURS, plain_axis

        figure = Figure(figsize=(11, 4.5), layout="constrained")
        left, right = (plain_axis(axis) for axis in figure.subplots(1, 2))
        left.hist(self.samples_cny_per_kg / 1e3, bins=60, color=COLOURS[0])
        for level, style in (("p10", "--"), ("p50", "-"), ("p90", "--")):
            left.axvline(getattr(self.cost_cny_per_kg, level) / 1e3, color="#333333", linestyle=style)
        left.set(xlabel="cost of a kilogram (1,000 CNY); lines: 10, 50 and 90 %", ylabel="samples")
        parts = self.breakdown_cny.components()
        right.barh(
            [COMPONENTS[name].label for name in parts], [float(x) / 1e6 for x in parts.values()], color=COLOURS[2]
        )
        right.invert_yaxis()
        right.set(xlabel="components of a launch at the most likely inputs (M CNY)")
        figure.suptitle(f"{self.name}, {self.recovery.replace('_', ' ')}: cost of a launch and of a kilogram")
        return figure


@dataclass(frozen=True, slots=True)
class _Question:
    """The arguments of the model, except for the numbers that stand for the bands."""

    inputs: CostInputs
    recovery: str
    exchange: ExchangeRate
    landing_probability: float | None
    reserve_probability: float | BetaBelief


@dataclass(frozen=True, slots=True)
class _Case:
    """One evaluation of the model: at the modes, or over all samples at once. ``other`` is None if landing was given."""

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
    reserve_probability: float | BetaBelief = NOTHING_COUNTED,
    margin_source: str = "given by the caller, or nothing counted",
    inputs: CostInputs | None = None,
    samples: int = 4000,
    seed: int = 0,
) -> CostEstimate:
    """Return the cost per launch and per kilogram of a vehicle flown with this recovery.

    Args:
        vehicle: Name of the vehicle, as in ``inputs``.
        recovery: ``expendable``, ``downrange`` or ``return_to_launch_site``.
        payload_kg: Payload to the orbit of comparison with this recovery mode (kg).
        payload_sd_fraction: Standard deviation of the payload, as a fraction of it.
        landing_probability: Taken as known if given; sampled from the vehicle's landing record if None. Not used for
            an expendable flight.
        reserve_probability: Probability that the landing reserve suffices. It multiplies the probability of the landing
            record, not a given one. A number is taken as known; a belief, such as ``jeffreys(enough, not_enough)`` of
            counted flights, is sampled. If left out, nothing is known of it: anything from 0 to 1.
        margin_source: What ``explain`` cites for ``reserve_probability``.
        inputs: Cost inputs in place of those that come with the package (see ``CostInputs.replace``).
        samples: Number of samples.
        seed: Seed of the samples. Estimates with one seed use the same draws for inputs that they have in common.

    Raises:
        CostQuestionError: For a payload that is not above zero, an unknown vehicle or recovery mode, a recovery mode
            that the inputs do not cover, or a probability outside [0, 1].
        CostInputError: For a data file with mistakes.
    """
    inputs = load_cost_inputs(vehicle) if inputs is None else inputs
    _check_question(vehicle, inputs, payload_kg, payload_sd_fraction, samples)
    _check_probabilities(landing_probability, reserve_probability)
    given = None if recovery == "expendable" else landing_probability
    question = _Question(inputs, recovery, load_exchange_rate(), given, reserve_probability)
    draws = Draws(seed, samples)
    sampled = _evaluate(question, payload_kg * _payload_factor(payload_sd_fraction, draws), draws)
    target = inputs.price.target_cny_per_kg
    return CostEstimate(
        vehicle=inputs.vehicle,
        name=inputs.name,
        recovery=recovery,
        payload_kg=float(payload_kg),
        payload_sd_fraction=float(payload_sd_fraction),
        samples=samples,
        seed=seed,
        at_modes=_point_case(question, float(payload_kg), margin_source),
        target_cny_per_kg=None if target is None else target.mode,
        market_price_cny_per_kg=inputs.price.market_cny_per_kg.mode,
        cny_per_usd=question.exchange.mode,
        exchange_date=question.exchange.date,
        evidence_date=inputs.evidence_date,
        **_statistics(sampled, samples),
        **_probabilities(sampled, samples),
    )


def _statistics(sampled: _Case, samples: int) -> dict[str, Any]:
    """Return the fields of an estimate that are statistics of its money."""
    full = {name: np.broadcast_to(value, samples) for name, value in sampled.breakdown.components().items()}
    per_kg = np.broadcast_to(sampled.cny_per_kg, samples)
    return {
        "cost_cny_per_kg": Quantiles.of(per_kg),
        "cost_usd_per_kg": Quantiles.of(per_kg / sampled.cny_per_usd),
        "cost_per_launch_cny": Quantiles.of(np.broadcast_to(sampled.breakdown.total, samples)),
        "median_components_cny": {name: float(np.median(values)) for name, values in full.items()},
        "samples_cny_per_kg": per_kg,
    }


def _probabilities(sampled: _Case, samples: int) -> dict[str, Any]:
    """Return the fields of an estimate on the life of a booster, and on the probabilities behind it."""
    life = sampled.life
    flights = np.ones(samples) if life is None else np.broadcast_to(life.flights, samples)
    return {
        "flights_per_booster_mean": float(np.mean(flights)),
        "flights_per_booster_p50": float(np.median(flights)),
        "landing_probability": None if life is None else float(np.mean(life.landing_probability)),
        "landing_interval": None if life is None else _interval(life.landing_probability),
        "margin_probability": None if life is None else float(np.mean(sampled.margin)),
        "other_probability": None if sampled.other is None else float(np.mean(sampled.other)),
        "intact_probability": None if life is None else float(np.mean(life.intact_probability)),
    }


def _check_question(
    vehicle: str, inputs: CostInputs, payload_kg: float, payload_sd_fraction: float, samples: int
) -> None:
    checked_payload(payload_kg)
    if inputs.vehicle != vehicle:
        raise CostQuestionError(f"asked for {vehicle!r} with the cost inputs of {inputs.vehicle!r}")
    if not (math.isfinite(payload_sd_fraction) and payload_sd_fraction >= 0.0):
        raise CostQuestionError(f"payload_sd_fraction = {payload_sd_fraction}: give a number of 0 or more")
    checked_samples(samples)


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
