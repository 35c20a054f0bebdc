"""The whole chain: launch optimum, margin curve and economics together have the derivatives of all three done again."""

import pytest

from hoverslam.economics.inputs.loading import load_cost_inputs
from hoverslam.economics.model.factors import landing_belief
from hoverslam.economics.questions.estimate import estimate_cost
from hoverslam.economics.study import study_given_payload
from hoverslam.flights.launch.slopes import payload_slopes
from hoverslam.flights.launch.solve import solve_launch
from hoverslam.margins.study.curve import load_margin_curve

pytestmark = pytest.mark.slow  # some thirty launches are solved again

VEHICLE, RECOVERY = "nebula1", "downrange"
RESERVE = "recovery.landing_reserve_t"
FIGURES = (
    "stage1.dry_mass_t",
    "stage1.propellant_t",
    "stage1.engine.specific_impulse_vacuum_s",
    "stage2.engine.specific_impulse_vacuum_s",
    "stage2.dry_mass_t",
    "recovery.landing_throttle_max",
    "limits.dynamic_pressure_max_kPa",
    RESERVE,
)
INPUTS = ("launches_per_year", "stage1_unit_cost", "max_flights", "refurbishment_fraction", "fixed_cost_per_year")


@pytest.fixture(scope="module")
def flight():
    solved = solve_launch(VEHICLE, RECOVERY)
    assert solved.verified
    return solved


@pytest.fixture(scope="module")
def study(flight):
    slopes = payload_slopes(flight, FIGURES)
    curve = load_margin_curve(VEHICLE, RECOVERY)
    return study_given_payload(
        flight.plan.vehicle, RECOVERY, flight.payload, payload_slopes=slopes, curve=curve, samples=200
    )


def cost(study, payload, reserve_kg, **changed):
    """The cost at the modes, everything computed anew."""
    inputs = load_cost_inputs(VEHICLE).replace(**changed) if changed else load_cost_inputs(VEHICLE)
    point = study.estimate.at_modes
    kept = study.vehicle.recovery.reserve(RECOVERY)[0].si
    other = float(landing_belief(inputs).mean)
    margin = (
        float(point.life.landing_probability) / other
        + study.curve.probability(reserve_kg)
        - study.curve.probability(kept)
    )
    found = estimate_cost(VEHICLE, RECOVERY, payload, landing_probability=margin * other, inputs=inputs, samples=1)
    return found.at_modes.cost_cny_per_kg


@pytest.mark.parametrize("key", FIGURES)
def test_a_figure_of_the_vehicle_is_worth_what_solving_again_says(flight, study, key):
    lever = next(lever for lever in study.levers if lever.name == key)
    kept = 1e3 * dict(study.vehicle.figures())[RESERVE].value
    step, costs = 2e-3 * lever.value, []
    for sign in (1.0, -1.0):
        again = flight.resolve({key: lever.value + sign * step})
        assert again.converged
        payload = again.payload
        costs.append(cost(study, payload, kept + 1e3 * sign * step if key == RESERVE else kept))
    assert lever.slope == pytest.approx((costs[0] - costs[1]) / (2.0 * step), rel=0.01)


@pytest.mark.parametrize("name", INPUTS)
def test_a_cost_input_is_worth_what_computing_again_says(flight, study, name):
    lever = next(lever for lever in study.levers if lever.name == name)
    kept, step = study.curve.reserve_kg, 1e-3 * lever.value
    above, below = (cost(study, flight.payload, kept, **{name: lever.value + d}) for d in (step, -step))
    assert lever.slope == pytest.approx((above - below) / (2.0 * step), rel=1e-4)


def test_more_reserve_is_bought_with_payload_and_pays_with_landings(study):
    lever = next(lever for lever in study.levers if lever.name == RESERVE)
    best = study.reserve.best
    assert study.reserve.interior
    # Dearer to carry more beyond the cheapest reserve, cheaper before it.
    assert (lever.slope > 0.0) == (study.curve.reserve_kg > best.reserve_kg)
