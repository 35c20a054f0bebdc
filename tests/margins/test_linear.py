"""Linear covariance: exact where flights are linear, and beside Monte Carlo for a guided recovery."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import ndtri

from hoverslam.margins.analysis.linear import FLIGHTS, linear_estimate
from hoverslam.margins.campaigns.flyer import RecoveryFlyer
from hoverslam.margins.disturbances.columns import ALTITUDES
from hoverslam.margins.disturbances.loading import load_dispersions
from hoverslam.margins.guidance.reference import Reference
from hoverslam.vehicles.loading import load_vehicle

SAVED = Path(__file__).parent / "data" / "falcon9_return_to_launch_site.npz"
NO_ENGINE_OUT = {f"engine_out.probability_{burn}_percent": 0.0 for burn in ("boostback", "entry", "landing")}


TABLE = load_dispersions()


@dataclass(frozen=True)
class Formula:
    """Flies by a formula of the perturbations."""

    formula: Any
    table: Any = TABLE

    def fly(self, p):
        return {"x": self.formula(p)}


def test_scatter_of_a_linear_flight_is_its_covariance_correlations_included():
    table = load_dispersions()

    def formula(p):
        return 5.0 + 2e4 * p.scalars["impulse"] + 0.1 * p.scalars["staging_propellant"] + 1e3 * p.scalars["thrust"]

    estimate = linear_estimate(Formula(formula))
    impulse, staging, thrust = 2e4 * table.impulse.size, 0.1 * table.staging_propellant.size, 1e3 * table.thrust.size
    correlations = {(pair.first, pair.second): pair.coefficient.si for pair in table.correlations}
    both = correlations["impulse", "staging_propellant"] * impulse * staging
    variance = impulse**2 + staging**2 + 2.0 * both + thrust**2
    assert estimate.sigma["x"] == pytest.approx(np.sqrt(variance), rel=1e-9)
    assert estimate.mean["x"] == pytest.approx(5.0, abs=1e-9) == estimate.undisturbed["x"]
    # Impulse takes along what it does to the propellant at cut-off: the covariance is in its column, not in staging's.
    shares = estimate.by_group("x")
    rho = correlations["impulse", "staging_propellant"]
    assert shares["impulse"] == pytest.approx((impulse + rho * staging) ** 2 / variance, rel=1e-9)
    assert shares["thrust"] == pytest.approx(thrust**2 / variance, rel=1e-9)
    assert sum(shares.values()) == pytest.approx(1.0)
    assert estimate.largest("x", 1) == pytest.approx({"impulse": impulse + rho * staging})


def test_scatter_of_a_wind_profile_s_mean_is_that_of_its_covariance():
    profile = load_dispersions().wind
    sigma = profile.sigmas(ALTITUDES)
    apart = np.abs(ALTITUDES[:, None] - ALTITUDES)
    covariance = np.outer(sigma, sigma) * np.exp(-apart / profile.correlation_length)
    estimate = linear_estimate(Formula(lambda p: p.wind_east.mean(axis=1)))
    assert estimate.sigma["x"] == pytest.approx(np.sqrt(covariance.mean()), rel=1e-9)
    assert estimate.by_group("x")["wind"] == pytest.approx(1.0)


def test_mean_of_a_parabola_is_its_variance_and_its_scatter_is_curvature():
    """Of c x y, with x and y normal and independent: mean zero, standard deviation c sx sy; of c x^2 the mean c sx^2."""
    table = load_dispersions()
    size = table.thrust.size
    square = linear_estimate(Formula(lambda p: p.scalars["thrust"] ** 2))
    assert square.undisturbed["x"] == 0.0
    assert square.mean["x"] == pytest.approx(size**2, rel=1e-9)
    product = linear_estimate(Formula(lambda p: p.scalars["thrust"] * p.scalars["axial_force"]))
    assert product.mean["x"] == pytest.approx(0.0, abs=1e-15)
    assert product.curvature["x"] == pytest.approx(size * table.axial_force.size, rel=1e-9)
    assert product.sigma["x"] == pytest.approx(0.0, abs=1e-12)


def test_noise_of_the_flights_hardly_adds_to_the_scatter():
    """White noise of 1 has slopes of 1/sqrt(512) each; uncorrected they would add 224/512 to a variance of 1."""
    noise = np.random.default_rng(4).normal(size=FLIGHTS)
    size = load_dispersions().thrust.size
    estimate = linear_estimate(Formula(lambda p: p.scalars["thrust"] / size + noise))
    # The correction rests on 32 idle directions: a quarter of 224/512 one sigma; the slope of one is off by 1/sqrt(512).
    assert estimate.noise["x"] == pytest.approx(1.0 / np.sqrt(512.0), rel=0.5)
    assert estimate.sigma["x"] ** 2 == pytest.approx(
        1.0, abs=3.0 * np.hypot(0.25 * 224.0 / 512.0, 2.0 / np.sqrt(512.0))
    )


def test_quantiles_are_the_normal_s():
    size = load_dispersions().thrust.size
    estimate = linear_estimate(Formula(lambda p: 10.0 + 3.0 * p.scalars["thrust"] / size))
    assert estimate.quantile("x", [0.5, 0.99]) == pytest.approx([10.0, 10.0 + 3.0 * ndtri(0.99)])
    with pytest.raises(ValueError, match=r"probability = 1\.0: give numbers between"):
        estimate.quantile("x", 1.0)
    with pytest.raises(ValueError, match="column 'y': unknown: known are x"):
        estimate.by_group("y")


def test_an_engine_out_is_switched_off():
    likely = load_dispersions(overrides={f"engine_out.probability_{b}_percent": 15 for b in ("boostback", "entry")})
    estimate = linear_estimate(Formula(lambda p: 1.0 * p.engine_out_burn + p.engine_out_share, likely))
    assert estimate.sigma["x"] == estimate.mean["x"] == 0.0
    assert set(estimate.by_group("x").values()) == {0.0}


def test_flights_that_are_no_number_are_said():
    with np.errstate(invalid="ignore"), pytest.raises(ValueError, match="256 of 513 contain NaN"):
        linear_estimate(Formula(lambda p: np.sqrt(p.scalars["thrust"])))


def test_a_guided_recovery_scatters_as_monte_carlo_says():
    """Full dispersions, no engine out. Of n samples a sigma is known to 1/sqrt(2 n), 3.1 % of 513: three of these for the
    burns that are nearly linear, and a tenth asked of the total, where landings add what is not."""
    table = load_dispersions("falcon9", NO_ENGINE_OUT)
    flyer = RecoveryFlyer(load_vehicle("falcon9"), Reference.load(SAVED), table, seed=3, guidance="hover_slam")
    estimate, sample = linear_estimate(flyer), flyer(np.arange(FLIGHTS))
    chance = 3.0 / np.sqrt(2.0 * FLIGHTS)
    for name, allowed in (("boostback", chance), ("entry", chance), ("propellant", 0.1 + chance)):
        assert estimate.sigma[name] == pytest.approx(sample[name].std(), rel=allowed), name
    assert estimate.mean["propellant"] == pytest.approx(
        sample["propellant"].mean(), abs=4.0 * estimate.sigma["propellant"] / np.sqrt(FLIGHTS)
    )
    assert estimate.as_json()["boostback"]["by_group"]["staging"] > 0.5
