"""Further questions about a campaign, asked by name: ``hoverslam margin VEHICLE --also linear --also reach``.

Each answer starts from a :class:`MarginStudy` and flies more recoveries with the same vehicle, optimum, dispersions and
guidance. It holds lines for a person and plain values for a program.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from hoverslam.flights.launch.solve import solve_launch
from hoverslam.margins.analysis.linear import FLIGHTS, linear_estimate
from hoverslam.margins.analysis.perfect import perfect_propellant
from hoverslam.margins.analysis.reach import engine_out_survival, pad_shift_survival
from hoverslam.margins.analysis.sensitivity import GroupDesign, sobol_indices
from hoverslam.margins.disturbances.columns import column_groups
from hoverslam.margins.disturbances.draws import draw, perturbations_of
from hoverslam.margins.disturbances.touchdown import LANDED, causes_of
from hoverslam.margins.disturbances.uniforms import standard_vectors
from hoverslam.margins.study.margin import MarginStudy
from hoverslam.vehicles.models import Vehicle

Report = Callable[[str], None] | None

SETS = 160  # pairs of samples behind the Sobol indices
AT_A_POINT = 200  # flights for each pad position and each failure time
DISTANCES = (500.0, 2500.0, 10e3, 25e3, 50e3)  # distances (m) by which the pad is moved
SHARES = (0.0, 0.25, 0.5, 0.75)  # fractions of a burn after which an engine fails
DRAWS = 20  # draws that are optimised again with perfect knowledge
SHOWN = 6  # groups that a report lists


class Answer(NamedTuple):
    """The answer to a question, as lines of text and as plain values."""

    lines: list[str]
    data: dict[str, Any]


def linear(study: MarginStudy, report: Report = None) -> Answer:
    """Compare linear covariance with Monte Carlo."""
    estimate = linear_estimate(study.flyer)
    names = [name for name in ("boostback", "entry", "landing", "propellant") if estimate.sigma[name] > 0.0]
    landed = np.isfinite(study.need)
    sampled = {name: float(np.std(np.asarray(study.campaign.columns[name])[landed])) for name in names}
    lines = [f"linear covariance ({FLIGHTS} flights, no engine out) beside Monte Carlo, one sigma in kg:"]
    for name in names:
        off = 100 * (estimate.sigma[name] / sampled[name] - 1)
        lines.append(f"  {name:12s}{estimate.sigma[name]:8.0f}{sampled[name]:8.0f}{off:+8.1f} %")
    shares = _largest(estimate.by_group("propellant"))
    lines.append("  of the propellant's variance: " + ", ".join(f"{k} {100 * v:.0f} %" for k, v in shares.items()))
    data = {"sigma_kg": {name: estimate.sigma[name] for name in names}, "monte_carlo_kg": sampled}
    return Answer(lines, data | {"by_group": estimate.by_group("propellant")})


def sensitivity(study: MarginStudy, report: Report = None) -> Answer:
    """Return Sobol indices: the share of the propellant variance that each group of dispersions causes."""
    flyer = study.flyer
    design = GroupDesign(column_groups(flyer.table))
    numbers = np.arange(design.flights(SETS))
    vectors = design.mixed(numbers, lambda samples: standard_vectors(flyer.seed, samples))
    found = sobol_indices(design.groups, flyer.fly(perturbations_of(flyer.table, vectors))["propellant"])
    lines = [f"what the propellant's scatter of {found.variance**0.5:,.0f} kg comes from ({len(numbers):,} flights):"]
    lines += [
        f"  {row.group:22s} first {row.first:6.2f} ({row.first_low:.2f} to {row.first_high:.2f})"
        f"   total {row.total:6.2f} ({row.total_low:.2f} to {row.total_high:.2f})"
        for row in found.table.head(SHOWN).itertuples()
    ]
    return Answer(lines, {"flights": len(numbers), "groups": found.table.to_dict(orient="records")})


def reach(study: MarginStudy, report: Report = None) -> Answer:
    """Return the share that lands with the pad moved, and with an engine failed during a burn."""
    numbers = np.arange(AT_A_POINT)
    ways = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    places = np.concatenate([[[0.0, 0.0]], *(distance * ways for distance in DISTANCES)])
    moved = pad_shift_survival(study.flyer, places, numbers, study.limits)
    share = np.atleast_1d(moved.success.probability)
    lines = [
        f"lands on a pad moved at cut-off, % of {AT_A_POINT} (along, back, left, right); unmoved {100 * share[0]:.0f}:"
    ]
    for i, distance in enumerate(DISTANCES):
        row = "".join(f"{100 * x:6.0f}" for x in share[1 + 4 * i : 5 + 4 * i])
        lines.append(f"  {distance:8,.0f} m {row}")
    out = engine_out_survival(study.flyer, SHARES, numbers, study.limits)
    survived = np.asarray(out.success.probability)
    fractions = ", ".join(f"{100 * s:.0f} %" for s in SHARES)
    lines.append(
        f"lands with an engine lost after {fractions} of the burn, % of {AT_A_POINT}; with all {out.without_failure}:"
    )
    lines += [
        f"  {name:10s}" + "".join(f"{100 * x:6.0f}" for x in row) for name, row in zip(out.burns, survived, strict=True)
    ]
    return Answer(lines, {"footprint": moved.as_json(), "engine_out": out.as_json()})


def loss(study: MarginStudy, report: Report = None) -> Answer:
    """Return the propellant that guidance burns beyond the optimum of the same draws with perfect knowledge."""
    flyer, numbers = study.flyer, np.arange(DRAWS)
    drawn = draw(flyer.table, flyer.seed, numbers, flyer.scheme, flyer.total)
    flown = flyer.fly(drawn)
    known = perfect_propellant(study.vehicle, study.reference, drawn, DRAWS, report, limits="planned")
    beyond = known.guidance_loss(flown["propellant"])
    usable = np.isfinite(beyond) & (causes_of(flown, study.limits) == LANDED)
    if not usable.any():
        return Answer(["guidance loss: none of the draws both landed and was solved again"], known.as_json())
    middle, least, most = np.median(beyond[usable]), beyond[usable].min(), beyond[usable].max()
    lines = [
        f"guidance burns {middle:,.0f} kg more than perfect knowledge would (median of {usable.sum()} draws of {DRAWS}, "
        f"{least:,.0f} to {most:,.0f}), within the plan's limits; undisturbed the optimum is {known.undisturbed:,.0f} kg"
    ]
    return Answer(lines, known.as_json() | {"median_loss_kg": float(middle), "draws": int(usable.sum())})


def resolve(study: MarginStudy, report: Report = None) -> Answer:
    """Solve the launch again with the computed reserve and compare the payload with the exchange ratio's prediction."""
    if study.reserve.reserve is None or study.payload_cost is None:
        return Answer(["the launch is not solved again: no reserve was found"], {})
    again = solve_launch(
        _with_reserve(study.vehicle, study.recovery, study.reserve.reserve), study.recovery, report=report
    )
    change = again.payload - study.reference.payload
    lines = [
        f"the launch solved again with {study.reserve.reserve:,.0f} kg instead of {study.planned_reserve:,.0f} kg: payload "
        f"{change:+,.1f} kg{'' if again.verified else ' (NOT verified)'}; by the multipliers {-study.payload_cost:+,.1f} kg"
    ]
    return Answer(lines, {"payload_kg": again.payload, "change_kg": change, "by_multipliers_kg": -study.payload_cost})


QUESTIONS: dict[str, Callable[[MarginStudy, Report], Answer]] = {
    "linear": linear, "sensitivity": sensitivity, "reach": reach, "loss": loss, "resolve": resolve,
}  # fmt: skip
"""The questions by their names on the command line."""


def _largest(shares: dict[str, float]) -> dict[str, float]:
    return dict(sorted(shares.items(), key=lambda item: -item[1])[:SHOWN])


def _with_reserve(vehicle: Vehicle, recovery: str, reserve: float) -> Vehicle:
    """Return the vehicle with another landing reserve (kg) for a recovery mode."""
    home = vehicle.recovery
    assert home is not None
    figure, _ = home.reserve(recovery)
    name = "return_reserve_t" if figure is home.return_reserve_t else "landing_reserve_t"
    changed = figure.model_copy(update={"value": reserve / 1e3, "low": None, "high": None})
    return vehicle.model_copy(update={"recovery": home.model_copy(update={name: changed})})
