"""The validation points of the economics, V1 to V14: published numbers and invariants that the room must reproduce.

Each point is one test or a few, named after it. Tolerances are those of the published digits, unless a point states
its own.
"""

import dataclasses
import itertools

import numpy as np
import pytest
from scipy import stats

from hoverslam.economics.evidence.growth import crow_amsaa
from hoverslam.economics.evidence.history import load_falcon_landings
from hoverslam.economics.evidence.reliability import jeffreys
from hoverslam.economics.inputs.loading import (
    cost_vehicles,
    load_cost_inputs,
    load_exchange_rate,
    load_list_prices,
    load_tenders,
)
from hoverslam.economics.inputs.price import price_per_kilogram
from hoverslam.economics.model.factors import cost_factors, landing_belief
from hoverslam.economics.model.fleet import expected_flights, fleet_need
from hoverslam.economics.model.launch_cost import (
    CostFactors,
    cost_per_kilogram,
    cost_per_launch,
    expendable_twin,
    mean_learning_factor,
)
from hoverslam.economics.questions.break_even import break_even_uses, reuse_index
from hoverslam.economics.questions.demand import launches_to_deploy, steady_launches_per_year
from hoverslam.economics.questions.estimate import estimate_cost
from hoverslam.economics.questions.reserve import ReserveCase, normal_success, optimal_reserve
from hoverslam.economics.second_opinion import relations
from hoverslam.economics.second_opinion.transcost import Part, TranscostVehicle, transcost_per_flight

MUSD = 1e6
REUSABLE = [name for name in cost_vehicles() if name != "longmarch6a"]


def factors_of(vehicle, recovery="downrange", **changes):
    return cost_factors(load_cost_inputs(vehicle).replace(**changes), recovery, load_exchange_rate())


def as_stated(vehicle, recovery="downrange", **changes):
    """Return factors without the development and with upper stages at the cost stated, as the points have them."""
    rate = changes.get("launches_per_year", load_cost_inputs(vehicle).operations.launches_per_year.mode)
    return factors_of(vehicle, recovery, development_cost=0, upper_stage_reference_units_per_year=rate, **changes)


def musd(cny):
    return cny / load_exchange_rate().mode / MUSD


# V1: TRANSCOST's published regression values, within 0.5 %


@pytest.mark.parametrize(
    ("value", "published"),
    [
        (
            lambda: relations.element_development(
                "turbopump_engine_hydrogen",
                3180,
                novelty=1.3,
                quality=relations.engine_quality_factor(900),
                team=0.85,
            ),
            17_673,
        ),
        (
            lambda: relations.element_production(
                "expendable_stage_hydrogen", 34_475, first_unit=11, last_unit=15, slope=0.96
            ),
            752.5,
        ),
        (
            lambda: relations.ground_operations(
                777, 7, 4, vehicle=0.9, assembly=0.85, learned=mean_learning_factor(1, 9, 0.9), productivity=0.86
            ),
            168.7,
        ),
        (
            lambda: relations.mission_operations(1.6, 7, learned=mean_learning_factor(1, 9, 0.9), productivity=0.86),
            6.29,
        ),
        (lambda: relations.sea_recovery(37, 7, productivity=0.86), 8.73),
        (lambda: mean_learning_factor(118, 135, 0.9), 0.4792),
    ],
    ids=["SSME", "S-II", "Ariane 5 ground", "Ariane 5 mission", "Ariane 5 recovery", "f4"],
)
def test_v1_transcost(value, published):
    assert value() == pytest.approx(published, rel=0.005)


def test_v1_falcon9_block3_by_transcost():
    made = {"slope": 0.8, "experience": 0.8, "oversight": 0.5}
    engine = Part("turbopump_engine_modern", 470, **made)
    vehicle = TranscostVehicle(
        parts={
            "stage 1": Part("expendable_stage_storable", 27_200 - 9 * 470, **made),
            "engines 1": dataclasses.replace(engine, count=9),
            "stage 2": Part("expendable_stage_storable", 6400 - 470, **made),
            "engine 2": engine,
        },
        stages=2,
        liftoff_t=459.054,
        launches_per_year=18,
        stage_sum=0.8,
        operations_oversight=0.5,
        propellant_kg={"kerosene": 90_234, "oxygen": 197_904},
    )
    cost = transcost_per_flight(vehicle, flights=(35, 45), launches=(50, 60))
    assert cost.production == pytest.approx(118.6, rel=0.005)
    assert cost.total == pytest.approx(140, rel=0.005)
    assert cost.total_MUSD == pytest.approx(51.5, rel=0.005)


# V2: the marginal cost of a Falcon 9


def test_v2_falcon9_marginal():
    assert 13.0 < musd(cost_per_launch(as_stated("falcon9"), 10.0).marginal) < 17.0


def test_v2_holds_at_the_launch_rate_of_2020_with_upper_stages_that_learn():
    assert 13.0 < musd(cost_per_launch(factors_of("falcon9", launches_per_year=26), 10.0).marginal) < 17.0


def test_v2_falcon9_marginal_with_the_upper_stage_of_the_survey():
    assert musd(cost_per_launch(as_stated("falcon9", upper_stage_unit_cost=5), 30.0).marginal) <= 12.5


# V3: everything included


def test_v3_falcon9_everything_in_2020():
    factors = as_stated("falcon9", fixed_cost_per_year=200, launches_per_year=26)
    assert musd(cost_per_launch(factors, 5.0).total) == pytest.approx(28.0, rel=0.10)


@pytest.mark.parametrize("launches", [134, 165])
def test_v3_falcon9_everything_in_2024_and_2025(launches):
    total = musd(cost_per_launch(as_stated("falcon9", launches_per_year=launches), 13.0).total)
    assert round(total) in (23, 24)


def test_v3_falcon9_stays_below_the_filed_cost_of_revenue_of_a_customer_launch():
    """329 M USD for 10 customer launches in Q2 2026, development work included (SpaceX 10-Q, filed 2026-08-04)."""
    per_launch = estimate_cost(
        "falcon9", "downrange", 17_400.0, reserve_probability=0.989, samples=2000
    ).cost_per_launch_cny
    assert musd(per_launch.p90) < 329 / 10


# V4: prices and costs per kilogram


@pytest.mark.parametrize(
    ("money", "kilograms", "per_kg"),
    [
        (62e6, 22_800, 2719),
        (69.75e6, 22_800, 3059),
        (74e6, 17_400, 4253),
        (15.1e6, 17_400, 868),
        (1.5e9, 27_500, 54_545),
    ],
)
def test_v4_per_kilogram(money, kilograms, per_kg):
    assert price_per_kilogram(money, kilograms) == pytest.approx(per_kg, abs=0.5)
    assert cost_per_kilogram(money, kilograms) == pytest.approx(per_kg, abs=0.5)


def test_v4_the_packaged_list_prices():
    assert [round(price.usd_per_kg) for price in load_list_prices().values()] == [2719, 3059, 4253]


@pytest.mark.parametrize(
    ("revenue_MUSD", "payload_t", "per_kg"), [(648, 87, 7448), (978, 132, 7409), (1056, 163, 6479)]
)
def test_v4_the_filed_revenue_of_falcon_launches_per_kilogram(revenue_MUSD, payload_t, per_kg):
    """Q2 2026, the first half of 2026 and that of 2025 (SpaceX 10-Q, filed 2026-08-04)."""
    assert price_per_kilogram(revenue_MUSD * MUSD, payload_t * 1000) == pytest.approx(per_kg, abs=0.5)


def test_v4_the_market_price_of_falcon9_is_the_filed_one_and_no_less_than_the_list_price():
    market, rate = load_cost_inputs("falcon9").price.market_cny_per_kg, load_exchange_rate().mode
    assert market.mode == pytest.approx(978e6 / 132_000 * rate, rel=1e-3)
    assert market.high == pytest.approx(648e6 / 87_000 * rate, rel=1e-3)
    assert market.low == pytest.approx(load_list_prices()["falcon9_2026"].usd_per_kg * rate, rel=2e-3)


def test_v4_the_load_of_falcon9_is_the_filed_mass_over_the_payload_of_the_list_price():
    load, payload = load_cost_inputs("falcon9").operations.load_factor, load_list_prices()["falcon9_2026"].payload_kg
    assert load.mode == pytest.approx(397_000 / 28 / payload, abs=0.005)  # internal launches of Q2 2026
    assert load.low == pytest.approx(485_000 / 38 / payload, abs=0.005)  # all launches


# V5: propellant


def test_v5_falcon9_propellant():
    assert pytest.approx(0.18, abs=0.005) == (362.6 * 70 + 155.8 * 990) / MUSD
    assert 0.15 <= musd(cost_per_launch(factors_of("falcon9"), 10.0).propellant) <= 0.5


# V6: flights per booster


@pytest.mark.parametrize(("q", "n", "flights"), [(0.985, 40, 30.25), (0.99, 20, 18.21), (0.5, 20, 2.00)])
def test_v6_flights_per_booster(q, n, flights):
    assert expected_flights(q, n) == pytest.approx(flights, abs=0.0051)


@pytest.mark.parametrize("n", [10, 20, 40])
def test_v6_certain_survival_makes_every_flight(n):
    assert expected_flights(1.0, n) == n
    assert expected_flights(1.0 - 1e-12, n) == pytest.approx(n, rel=1e-10)


# V7: break-even


def test_v7_break_even_with_the_inputs_of_ula():
    uses = break_even_uses(
        payload_ratio=0.70,
        recovered_share=0.4,
        recovery_hardware=0.1,
        recovery_and_refurbishment=0.1,
        learning_slope=0.90,
    )
    assert uses in (10, 11)


@pytest.mark.parametrize(("payload_ratio", "uses"), [(0.768, 2), (0.6, 4)])
def test_v7_break_even_with_the_inputs_of_musk(payload_ratio, uses):
    recovered = {"recovered_share": 0.70, "recovery_and_refurbishment": 0.10 / 0.70}
    assert break_even_uses(payload_ratio=payload_ratio, **recovered) == uses


# V8: Nomura's 20 t launcher


def test_v8_nomura():
    index = reuse_index(10, payload_ratio=1.0, recovered_share=0.6, recovery_and_refurbishment=0.14 / 0.6)
    assert 200.0 * index == pytest.approx(120.0, abs=0.05)
    assert price_per_kilogram(200e6, 20_000) == pytest.approx(10_000)


# V9: the tender


def test_v9_tender():
    tender = load_tenders()["spacesail_2025"]
    assert 4 * 154 + 3 * 240 == tender.budget_MCNY == sum(lot.launches * lot.price_MCNY for lot in tender.lots)


# V10: statistics


def test_v10_jeffreys():
    belief = jeffreys(413, 6)
    assert belief.mean == pytest.approx(0.9845, abs=5e-5)
    assert belief.interval(0.90) == pytest.approx((0.9735, 0.9929), abs=5e-5)


@pytest.mark.parametrize(("failures", "runs"), [(0, 1705), (1, 2880), (2, 3941)])
def test_v10_runs_that_prove_three_sigma_with_a_tenth_of_risk(failures, runs):
    # the least n at which so few failures would be seen with probability 0.1 or less, were the truth 99.865 %
    risk = stats.binom.cdf(failures, np.array([runs - 1, runs]), 1.0 - 0.99865)
    assert risk[1] <= 0.10 < risk[0]


def test_v10_crow_amsaa():
    landings = load_falcon_landings()
    assert landings.failure_attempts == (1, 2, 4, 5, 9, 28, 38, 48, 58, 60, 85, 353, 430)
    assert crow_amsaa(landings.failure_attempts, 565).shape == pytest.approx(0.316, abs=0.0005)


# V11: the cheapest landing reserve


def reserve_case(common, stage1, sd, payload, other, life):
    factors = CostFactors(stage1, common, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 1.0, 1.0)
    return ReserveCase(
        factors, normal_success(6000.0, sd), 6000.0, sd, payload, 6000.0, 7.0, life, other, 1.0, 1.0, 1.0
    )


DEFAULT_CASES = {
    "Falcon 9": reserve_case(15e6, 30e6, 300.0, 17_500.0, 0.99, 40),
    "Falcon 9, twice the scatter": reserve_case(15e6, 30e6, 600.0, 17_500.0, 0.99, 40),
    "Zhuque-3": reserve_case(58e6, 72e6, 400.0, 8000.0, 0.95, 20),
    "Zhuque-3, young": reserve_case(58e6, 72e6, 400.0, 8000.0, 0.80, 20),
}


@pytest.mark.parametrize("name", DEFAULT_CASES)
def test_v11_optimal_reserve(name):
    at = DEFAULT_CASES[name]
    optimum = optimal_reserve(at)
    assert 2.5 <= optimum.best.sigma <= 3.5
    assert optimum.first_order_sigma == pytest.approx(optimum.best.sigma, abs=1e-4)
    cost = {sigma: at.at(at.reserve_at(sigma)).cost_per_kg for sigma in (1.0, 3.0)}
    assert cost[1.0] > 1.08 * cost[3.0]


def test_v11_more_scatter_lowers_the_optimum_and_a_dearer_booster_raises_it():
    sigmas = [optimal_reserve(DEFAULT_CASES[name]).best.sigma for name in DEFAULT_CASES]
    assert sigmas[1] < sigmas[0]
    at = DEFAULT_CASES["Zhuque-3"]
    dear = dataclasses.replace(at, factors=dataclasses.replace(at.factors, stage1_unit_cost=144e6))
    assert optimal_reserve(dear).best.sigma > sigmas[2]


@pytest.mark.parametrize("vehicle", REUSABLE)
def test_v11_optimal_reserve_with_the_whole_cost_model(vehicle):
    # With fixed cost, learning and the landing records of newcomers a saved booster is worth less and a kilogram of
    # payload more than in the default cases: the optimum is 2.2 to 2.4 sigma for a newcomer, and 2.3 to 2.8 with a
    # mature record. The band of 2.5 to 3.5 holds for the default cases above, not for these. Development, left out
    # here as there, would weigh on the kilogram like fixed cost.
    inputs = load_cost_inputs(vehicle)
    young = ReserveCase(
        factors=as_stated(vehicle),
        success=normal_success(6000.0, 400.0),
        mean_kg=6000.0,
        sd_kg=400.0,
        payload_kg=8000.0,
        nominal_reserve_kg=6000.0,
        reserve_per_payload=10.0,
        max_flights=inputs.operations.max_flights.mode,
        other_probability=landing_belief(inputs).mean,
        intact_probability=inputs.operations.intact_probability.mode,
        mission_success=1.0,
        load_factor=1.0,
    )
    mature = dataclasses.replace(young, other_probability=0.99, intact_probability=0.996)
    early, late = (optimal_reserve(case) for case in (young, mature))
    assert 2.0 < early.best.sigma < 3.5
    assert 2.3 < late.best.sigma < 3.5
    if vehicle != "falcon9":  # whose record is as good already
        assert early.best.sigma < late.best.sigma
    assert early.penalty_thinner > early.penalty_fatter > 0.0


# V12: ordering and invariants


def per_kg(vehicle, recovery="downrange", **changes):
    given = {key: changes.pop(key) for key in ("landing_probability", "reserve_probability") if key in changes}
    inputs = load_cost_inputs(vehicle).replace(**changes)
    return estimate_cost(vehicle, recovery, 8000.0, inputs=inputs, samples=50, **given).samples_cny_per_kg


@pytest.mark.parametrize("vehicle", REUSABLE)
def test_v12_cost_falls_with_rate_life_and_landing(vehicle):
    for better in (
        [{"launches_per_year": rate} for rate in (5, 10, 50)],
        [{"max_flights": life, "landing_probability": 0.95} for life in (2, 10, 30)],
        [{"landing_probability": p} for p in (0.2, 0.8, 0.99)],
        [{"reserve_probability": p} for p in (0.5, 0.9, 1.0)],
    ):
        for worse, good in itertools.pairwise(better):
            assert np.all(per_kg(vehicle, **good) < per_kg(vehicle, **worse))


@pytest.mark.parametrize("name", DEFAULT_CASES)
def test_v12_cost_rises_with_the_reserve_beyond_its_optimum(name):
    at = DEFAULT_CASES[name]
    best = optimal_reserve(at).best.sigma
    costs = [at.at(at.reserve_at(best + more)).cost_per_kg for more in np.linspace(0.0, 4.0, 21)]
    assert np.all(np.diff(costs) > 0.0)


def test_v12_reuse_pays_only_above_its_break_even():
    ula = {"payload_ratio": 0.7, "recovered_share": 0.4, "recovery_hardware": 0.1, "recovery_and_refurbishment": 0.1}
    least = break_even_uses(**ula)
    assert all((reuse_index(uses, **ula) <= 1.0) == (uses >= least) for uses in range(1, 60))


@pytest.mark.parametrize("vehicle", REUSABLE)
def test_v12_a_reused_vehicle_beats_its_expendable_twin_from_some_flights_on_and_for_good(vehicle):
    factors = factors_of(vehicle)
    twin = cost_per_kilogram(cost_per_launch(expendable_twin(factors), 1.0).total, 1.0)
    flights = np.arange(1.0, 41.0)
    cheaper = cost_per_kilogram(cost_per_launch(factors, flights).total, 0.75) < twin
    assert not cheaper[0]
    assert np.count_nonzero(np.diff(cheaper)) <= 1


def test_v12_an_expendable_vehicle_does_not_care_about_landing():
    first, last = (per_kg("longmarch6a", "expendable", landing_probability=p) for p in (0.0, 1.0))
    assert np.array_equal(first, last)


# V13: the fleet


def test_v13_fleet_of_2025():
    need = fleet_need(165, landing_probability=0.994, max_flights=40, turnaround_days=40)
    assert need.boosters_in_fleet == pytest.approx(18.1, abs=0.05)
    assert need.lost_at_landing == pytest.approx(1.0, abs=0.05)


# V14: demand


def test_v14_spacesail():
    assert launches_to_deploy(14_000, 18) == 778
    assert steady_launches_per_year(14_000, 18, 5) == pytest.approx(156, abs=0.5)
