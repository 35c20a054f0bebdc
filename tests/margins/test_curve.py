"""The margin curve: what a campaign says of success against reserve, in a dozen numbers, and what dispersions do to it."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.special import ndtr
from scipy.stats import norm

from hoverslam.cli import main
from hoverslam.margins.disturbances.draws import perturbations_of, units_of
from hoverslam.margins.disturbances.loading import load_dispersions
from hoverslam.margins.disturbances.touchdown import TouchdownLimits
from hoverslam.margins.disturbances.uniforms import standard_vectors
from hoverslam.margins.guidance.reference import Reference
from hoverslam.margins.study.curve import DATA, MarginCurve, ReserveEffect, load_margin_curve
from hoverslam.margins.study.curve_of_campaign import LEVELS, curve_of
from hoverslam.margins.study.margin import study_margin
from hoverslam.vehicles.loading import load_vehicle

MEAN, SD = 800.0, 250.0


def normal(reserve=1400.0, **changed):
    needs = tuple(MEAN + SD * norm.ppf(level) for level in LEVELS)
    curve = MarginCurve("falcon9", "downrange", "convex", 4000, 1, 40, reserve, LEVELS, needs, ())
    return replace(curve, **changed)


@pytest.mark.parametrize("reserve", [100.0, 700.0, 1300.0, 1437.0, 1900.0])
def test_a_normal_need_gives_the_normal_law_between_and_beyond_the_quantiles(reserve):
    curve, score = normal(), (reserve - MEAN) / SD
    assert curve.probability(reserve) == pytest.approx(ndtr(score), abs=1e-9)
    assert curve.density(reserve) == pytest.approx(norm.pdf(score) / SD, rel=1e-6)
    assert (curve.mean_kg, curve.sd_kg) == pytest.approx((MEAN, SD), rel=1e-2)


def test_the_density_is_the_slope_of_the_probability_of_every_curve_that_comes_along():
    curves = [MarginCurve.load(path) for path in sorted(DATA.glob("*.toml"))]
    assert len(curves) == 12
    for curve in curves:
        for reserve in np.linspace(curve.need_kg[0] - 100.0, curve.need_kg[-1] + 100.0, 23):
            up, down = curve.probability(reserve + 0.01), curve.probability(reserve - 0.01)
            assert curve.density(reserve) == pytest.approx((up - down) / 0.02, rel=1e-2, abs=1e-12)
            assert up > down


def test_every_curve_is_of_the_reserve_and_the_probability_in_the_vehicle_file():
    for path in sorted(DATA.glob("*.toml")):
        curve = MarginCurve.load(path)
        kept, suffices = load_vehicle(curve.vehicle).recovery.reserve(curve.recovery)
        assert path.stem == f"{curve.vehicle}_{curve.recovery}"
        assert curve.reserve_kg == pytest.approx(kept.si)
        assert curve.probability(kept.si) == pytest.approx(suffices.si, abs=0.003)


def test_a_curve_is_the_same_after_a_file(tmp_path):
    curve = normal(effects=(ReserveEffect("wind.sigma_m_s", 4.0, 120.0, 10.0),), need_kg=tuple(map(float, range(11))))
    curve.save(tmp_path / "curve.toml")
    assert MarginCurve.load(tmp_path / "curve.toml") == curve


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("", "no margin curve"), ('vehicle = "x"', "no margin curve"), ("level = [", "no margin curve")],
)
def test_a_file_that_is_no_curve_is_named(tmp_path, text, complaint):
    path = tmp_path / "wrong.toml"
    path.write_text(text)
    with pytest.raises(ValueError, match=complaint) as error:
        MarginCurve.load(path)
    assert "wrong.toml" in str(error.value)


def test_there_is_no_curve_of_a_vehicle_that_was_never_flown():
    assert load_margin_curve("longmarch6a", "downrange") is None


# ---- from flights ----------------------------------------------------------------------------------------------------
def made_up(table, need_of, count=6000):
    """A study whose flights need what ``need_of(perturbations)`` says."""
    uniforms = standard_vectors(3, np.arange(count))
    need = need_of(perturbations_of(table, uniforms))
    reserve = float(np.quantile(need, 0.98))
    flyer = SimpleNamespace(table=table, seed=3, scheme="random", total=None)
    campaign = SimpleNamespace(numbers=np.arange(count), columns={})
    return SimpleNamespace(
        need=need, flyer=flyer, planned_reserve=reserve, campaign=campaign, recovery="downrange", guidance="convex",
        samples=count, vehicle=load_vehicle("falcon9"), limits=TouchdownLimits(),
    )  # fmt: skip


def test_effects_are_those_of_a_need_that_is_known():
    """Linear in two dispersions: doubling one moves the 98 % quantile by its share of the variance times 2.05 sigma."""
    table = load_dispersions("falcon9")
    wind = 40.0  # kg a m/s at 10 km

    def need(flown):
        return 500.0 + 0.5 * flown.staging_position[:, 2] + wind * flown.wind_east[:, 10]

    curve = curve_of(made_up(table, need, 20000))
    up = 0.5 * table.staging_position_up.size
    across = wind * table.wind.sigmas(np.array([10e3]))[0]
    total = np.hypot(up, across)
    told = {effect.key: effect for effect in curve.significant_effects}
    for key, part in (("staging_position_up.sigma_m", up), ("wind.sigma_m_s", across)):
        found = told.pop(key)
        assert found.need_kg == pytest.approx(norm.ppf(0.98) * part**2 / total, abs=4.0 * found.error_kg)
        assert found.error_kg < 0.2 * found.need_kg
    assert len(told) <= 4  # of 24 without effect one in twenty stands out by chance
    velocity = next(e for e in curve.effects if e.key == "staging_velocity_up.sigma_m_s")
    assert abs(velocity.need_kg) < 4.0 * velocity.error_kg  # it comes with the position, and acts on nothing
    assert curve.probability(curve.reserve_kg) == pytest.approx(0.98, abs=0.002)


def test_a_kinked_response_is_told_as_well_as_a_smooth_one():
    """Need a max(u, 0): of the flights beyond the 98 % quantile R, all have u = R/a, and doubling the size doubles R."""
    table = load_dispersions("falcon9")
    study = made_up(table, lambda flown: 100.0 * np.maximum(flown.staging_velocity[:, 2] / 6.0, 0.0), 20000)
    found = next(e for e in curve_of(study).effects if e.key == "staging_velocity_up.sigma_m_s")
    assert found.need_kg == pytest.approx(study.planned_reserve, abs=4.0 * found.error_kg)
    assert found.error_kg < 0.1 * found.need_kg


@pytest.mark.parametrize(
    "key", ["staging_velocity_up.sigma_m_s", "staging_position_up.sigma_m", "impulse.sigma_percent"]
)
def test_slopes_of_the_probability_are_those_of_flights_drawn_again(key):
    """Two correlated dispersions that act together, and one of which only the partner acts."""
    table = load_dispersions("falcon9")

    def need(flown):
        propellant = flown.scalars["staging_propellant"]
        return 500.0 + 0.5 * flown.staging_position[:, 2] + 30.0 * flown.staging_velocity[:, 2] + propellant

    curve = curve_of(made_up(table, need, 40000))
    name, size_key = key.split(".")
    size = getattr(getattr(table, name), size_key).value
    shares = []
    for factor in (1.1, 0.9):
        other = load_dispersions("falcon9", {key: factor * size})
        drawn = perturbations_of(other, standard_vectors(3, np.arange(40000)))
        shares.append(np.mean(need(drawn) <= curve.reserve_kg))
    again = (shares[0] - shares[1]) / (0.2 * size)
    effect = next(e for e in curve.effects if e.key == key)
    density = curve.density(curve.reserve_kg)
    error = density * effect.error_kg / size
    assert -density * effect.need_kg / size == pytest.approx(again, abs=3.0 * error)
    assert error < 0.2 * abs(again) or key.startswith("impulse")


def test_draws_in_units_of_their_size_are_the_perturbations():
    table = load_dispersions("falcon9")
    uniforms = standard_vectors(1, np.arange(50))
    flown, units = perturbations_of(table, uniforms), units_of(table, uniforms)
    np.testing.assert_allclose(units["thrust"][:, 0] * table.thrust.size, flown.scalars["thrust"])
    residual = flown.scalars["mixture_residual"]
    np.testing.assert_allclose(units["mixture_residual"][:, 0] * table.mixture_residual.size, residual)
    np.testing.assert_allclose(
        units["staging_velocity_up"][:, 0] * table.staging_velocity_up.size, flown.staging_velocity[:, 2]
    )
    assert units["wind"].shape == (50, 2 * flown.wind_east.shape[1])


def test_too_few_flights_make_no_curve():
    table = load_dispersions("falcon9")
    with pytest.raises(ValueError, match="needs 1000 or more"):
        curve_of(made_up(table, lambda flown: flown.staging_position[:, 2], 500))


def test_the_command_line_names_a_curve_that_cannot_be_made(capsys, tmp_path, monkeypatch):
    from hoverslam.margins.study import margin

    study = SimpleNamespace(
        samples=2,
        need=np.array([1.0, 2.0]),
        flyer=None,
        planned_reserve=1.0,
        campaign=SimpleNamespace(interrupted=False),
        report=lambda: "",
    )
    monkeypatch.setattr(margin, "study_margin", lambda *args, **kwargs: study)
    assert main(["margin", "falcon9", "--curve", str(tmp_path / "c.toml")]) == 2
    assert "--curve: samples: 2 flights" in capsys.readouterr().err


# ---- from guided flights ---------------------------------------------------------------------------------------------
@pytest.mark.slow
def test_the_effect_of_a_dispersion_is_that_of_flights_flown_again():
    """Nebula-1 downrange, cut-off velocity upwards 15 % more and less uncertain, the same draws."""
    key, size, flights = "staging_velocity_up.sigma_m_s", 6.0, 6000
    reference = Reference.load(Path(__file__).parent / "data" / "nebula1_downrange.npz")

    def fly(**changed):
        asked = {"guidance": "hover_slam", "reference": reference, "dispersions": changed.get("dispersions")}
        return study_margin("nebula1", "downrange", flights, 1, **asked)

    curve = curve_of(fly())
    effect = next(effect for effect in curve.effects if effect.key == key)
    density = curve.density(curve.reserve_kg)
    shares = [fly(dispersions={key: size * factor}).suffices(curve.reserve_kg)[0] for factor in (1.15, 0.85)]
    change = shares[0] - shares[1]
    scatter = np.sqrt(abs(change) / flights)  # flights that change sides are counted
    told = -density * effect.need_kg * 0.3
    assert change < -3.0 * scatter
    assert told == pytest.approx(change, abs=3.0 * np.hypot(scatter, 0.3 * density * effect.error_kg))


def test_a_curve_belongs_to_the_figures_that_were_flown_whatever_the_reserve():
    curve = load_margin_curve("falcon9", "downrange")
    assert curve.belongs_to(load_vehicle("falcon9"))
    assert curve.belongs_to(load_vehicle("falcon9", ["recovery.landing_reserve_t=3.1"]))
    assert not curve.belongs_to(load_vehicle("falcon9", ["stage1.dry_mass_t=26"]))
    assert not replace(curve, identity="").belongs_to(load_vehicle("falcon9"))


@pytest.mark.parametrize("path", sorted(DATA.glob("*.toml")), ids=lambda path: path.stem)
def test_a_curve_of_the_package_is_of_the_vehicle_as_it_is_today(path):
    curve = MarginCurve.load(path)
    assert curve.belongs_to(load_vehicle(curve.vehicle))
