"""The footprint of the Mars lander whose landing on the pad burns 387.896364525 kg (Acikmese and Ploen, JGCD 30(5), 2007)."""

import json

import numpy as np
import pandas as pd
import pytest

from hoverslam.flights.craft.lander import Lander
from hoverslam.flights.landing.case import LandingLimits, LandingStart
from hoverslam.flights.landing.footprint.edge import footprint_edge, multipliers_have_right_signs
from hoverslam.flights.landing.footprint.footprint import Footprint
from hoverslam.flights.landing.footprint.search import footprint
from hoverslam.flights.landing.footprint.site_map import SiteOutcome
from hoverslam.flights.landing.result import LandingOutcome
from hoverslam.flights.landing.solve import Landing
from hoverslam.physics.earth import FlatGround

CANT = np.cos(np.radians(27.0))
MARS = Lander.simple("Mars lander", 1505.0, 6 * 3100.0 * CANT, 225 * 9.807 * CANT, (0.3, 0.8))
START = LandingStart((2000.0, 0.0, 1500.0), (100.0, 0.0, -75.0), 1905.0)
DOWNRANGE, LEFT = np.linspace(-2000.0, 14000.0, 9), np.linspace(-7500.0, 7500.0, 11)


def landing(start=START, **more):
    """On flat ground of Mars, with the engine lit at once."""
    return Landing(MARS, start, LandingLimits(ground=False), ground=FlatGround(3.7114), coast=None, **more)


@pytest.fixture(scope="module")
def mars():
    return footprint(landing(), DOWNRANGE, LEFT)


def from_site(x, y):
    """The start as seen from a site (m)."""
    return LandingStart((2000.0 - x, -y, 1500.0), START.velocity, START.mass)


def test_the_centre_burns_387_896364525_kg(mars):
    assert mars.pad_propellant == pytest.approx(387.896364525, rel=1e-8)
    assert mars.propellant[1, 5] == pytest.approx(387.896364525, rel=1e-8)


def test_every_site_within_reach_is_solved_and_verified_and_every_other_is_nan(mars):
    assert np.all(mars.verified == mars.reachable)
    assert np.all(np.isnan(mars.propellant) == ~mars.reachable)
    assert not np.any((mars.status == SiteOutcome.NOT_SOLVED) | (mars.status == SiteOutcome.NOT_TRIED))
    assert np.nanmax(mars.propellant) <= mars.available
    assert np.mean(mars.warm[mars.reachable]) > 0.8


def test_left_is_the_mirror_of_right(mars):
    assert np.array_equal(mars.reachable, mars.reachable[:, ::-1])
    np.testing.assert_allclose(mars.propellant, mars.propellant[:, ::-1], rtol=1e-6)


def test_propellant_rises_from_a_least_under_the_flight_path(mars):
    i, j = np.unravel_index(np.nanargmin(mars.propellant), mars.propellant.shape)
    assert mars.left[j] == 0.0
    assert mars.downrange[i] == pytest.approx(mars.impact[0], abs=2000.0)
    for line, least in ((mars.propellant[:, 5], i), (mars.propellant[i], j)):
        known = np.flatnonzero(np.isfinite(line))
        slopes = np.diff(line[known])
        assert np.all(slopes[known[:-1] < least] < 0.0)
        assert np.all(slopes[known[:-1] >= least] > 0.0)


def test_ballistic_impact_is_that_of_the_parabola(mars):
    fall = (-75.0 + np.sqrt(75.0**2 + 2.0 * 3.7114 * 1500.0)) / 3.7114  # s
    np.testing.assert_allclose(mars.impact, [2000.0 + 100.0 * fall, 0.0], atol=1e-3)


def test_three_random_sites_agree_with_cold_solves(mars):
    sites = np.argwhere(mars.reachable)
    for i, j in np.random.default_rng(20).choice(sites, 3, replace=False):
        cold = landing(from_site(DOWNRANGE[i], LEFT[j]), pad_only=True).solve()
        assert cold.verified
        assert mars.propellant[i, j] == pytest.approx(cold.propellant, rel=1e-4)


def test_all_propellant_is_spent_on_the_edge_and_a_cold_landing_lies_just_inside(mars):
    edge = mars.edge
    assert np.all(edge.verified)
    np.testing.assert_allclose(edge.propellant, mars.available, rtol=1e-6)
    np.testing.assert_allclose(edge.distance[1:], edge.distance[:0:-1], rtol=1e-6)  # mirrored
    at = edge.sites[9]
    inside, outside = (landing(from_site(*(share * at)), pad_only=True).solve() for share in (0.998, 1.01))
    assert inside.verified
    assert 399.5 < inside.propellant < 400.0
    assert outside.outcome is not LandingOutcome.ON_PAD


def test_area_within_the_edge_is_that_of_its_rays(mars):
    fine = footprint_edge(landing(), np.linspace(0.0, 2.0 * np.pi, 180, endpoint=False), verify=False)
    assert mars.reachable_area == pytest.approx(fine.area, rel=1e-3)
    cells = 2000.0 * 1500.0 * np.sum(mars.reachable)
    assert mars.reachable_area == pytest.approx(cells, rel=0.15)


def test_a_landing_fixed_to_the_arcs_of_another_has_a_multiplier_of_the_wrong_sign():
    near, far = from_site(4000.0, 0.0), from_site(6000.0, 0.0)
    best, first = landing(far, pad_only=True).solve(), landing(near, pad_only=True).solve()
    held = first.on_same_mesh(far)
    assert held.solution.converged  # it meets every condition but the sign of a multiplier
    assert held.solution.objective > 1.02 * best.propellant
    assert multipliers_have_right_signs(best.solution)
    assert not multipliers_have_right_signs(held.solution)
    assert first.resolve(far).propellant == pytest.approx(best.propellant, rel=1e-4)  # solved on a new mesh


def test_a_map_without_the_edge_finds_the_same_sites_by_trying():
    few = footprint(landing(), np.linspace(-1200.0, 400.0, 5), np.linspace(-800.0, 800.0, 3), edge=False)
    assert np.array_equal(few.reachable[:, 1], [False, False, False, True, True])
    assert few.status[2, 1] == SiteOutcome.OUT_OF_REACH  # 400 m behind the pad, where 385 m are the most
    assert few.status[0, 1] == SiteOutcome.NOT_TRIED


def test_a_saved_map_is_the_same_when_loaded(mars, tmp_path):
    mars.save(tmp_path / "map.nc")
    again = Footprint.load(tmp_path / "map.nc")
    for name in ("propellant", "verified", "status", "warm", "downrange", "left", "impact"):
        np.testing.assert_array_equal(getattr(again, name), getattr(mars, name))
    assert (again.start, again.sequence, again.reachable_area) == (mars.start, mars.sequence, mars.reachable_area)
    assert mars.to_dataset()["propellant"].attrs["units"] == "kg"


def test_the_table_of_a_footprint_has_one_row_for_each_site(mars, tmp_path):
    table = pd.read_csv(mars.save(tmp_path / "map.csv"))
    assert len(table) == mars.propellant.size
    pad = table[(table["downrange_m"] == 0.0) & (table["left_m"] == 0.0)]
    assert pad["propellant_kg"].item() == pytest.approx(mars.pad_propellant, rel=1e-8)
    data = json.loads(mars.save(tmp_path / "map.json").read_text())
    solved = [outcome == "solved" for row in data["outcome"] for outcome in row]
    assert solved == list(table["outcome"] == "solved") == list(mars.reachable.ravel())


def test_the_picture_names_its_units(mars, tmp_path):
    figure = mars.plot()
    mars.save(tmp_path / "map.png")
    assert (tmp_path / "map.png").stat().st_size > 20_000
    axis, bar = figure.axes
    assert axis.get_xlabel().endswith(", km")
    assert bar.get_ylabel().endswith(", kg")


def test_an_interrupt_keeps_what_is_done(monkeypatch):
    from hoverslam.flights.landing.result import LandingResult

    whole, calls = LandingResult.on_same_mesh, []

    def on_same_mesh(self, *arguments):
        calls.append(1)
        if len(calls) > 3:
            raise KeyboardInterrupt
        return whole(self, *arguments)

    monkeypatch.setattr(LandingResult, "on_same_mesh", on_same_mesh)
    part = footprint(landing(), np.linspace(0.0, 2000.0, 3), np.linspace(-500.0, 500.0, 3), edge=False)
    assert part.interrupted
    assert np.sum(part.reachable) == 3
    assert np.sum(part.status == SiteOutcome.NOT_TRIED) == 6


def test_a_pad_out_of_reach_and_an_axis_that_does_not_rise_are_refused():
    with pytest.raises(ValueError, match="the pad"):
        footprint(landing(from_site(-600.0, 0.0)), DOWNRANGE, LEFT)
    with pytest.raises(ValueError, match="rising"):
        footprint(landing(), DOWNRANGE[::-1], LEFT)
