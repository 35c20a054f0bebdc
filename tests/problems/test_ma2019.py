"""Launch and return as one problem (Ma et al. 2019, doi 10.1080/0305215X.2018.1472774): mass, staging, verification."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

FILE = Path(__file__).parents[2] / "problems" / "ma2019_launch_and_return.py"


@pytest.fixture(scope="module")
def case():
    spec = importlib.util.spec_from_file_location("ma2019_launch_and_return", FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def solution(case):
    return case.solve_ma2019()


def test_mass_in_orbit_is_17286_kg(solution):
    assert 17285.0 <= solution.objective <= 17288.0


def test_solution_is_flown_again_and_verified(solution):
    assert solution.converged
    assert solution.verification.passed
    assert solution.verification.refly_error < 1e-6


def test_first_guess_is_straight_lines(case):
    problem = case.ma2019_problem()
    assert all(phase.guess is None and phase.mesh is None for phase in problem.phases.values())


def test_staging_is_where_the_reference_has_it(case, solution):
    staged = case.staging_figures(solution)
    assert staged["altitude_km"] == pytest.approx(64.74, rel=5e-3)
    assert staged["speed_m_s"] == pytest.approx(2191.9, rel=5e-3)


def test_injection_and_landing_times_are_the_references(solution):
    assert solution["upper"].time[1] == pytest.approx(453.45, abs=0.1)
    assert solution["booster"].time[1] == pytest.approx(570.5, abs=2.0)


def test_booster_lands_dry_at_rest_on_the_pad_and_never_below_it(case, solution):
    last = solution["booster"].final
    assert last.mass == pytest.approx(22.1e3, abs=0.1)
    np.testing.assert_allclose(last.position, 0.0, atol=0.1)
    np.testing.assert_allclose(last.velocity, 0.0, atol=0.01)
    flown = solution.verification.phases["booster"].states
    heights = np.linalg.norm(flown[:, :3] - case.CENTRE, axis=1) - case.RADIUS
    assert heights.min() > -1.0
    assert heights.max() == pytest.approx(148.3e3, rel=0.02)


def test_booster_stays_within_80_kpa_and_touches_that_limit(solution):
    reached = solution.verification.phases["booster"].reached["dynamic pressure"]
    assert reached.most == pytest.approx(80e3, rel=1e-3)
    assert 520.0 < reached.most_time < 555.0


def test_branches_part_where_the_ascent_ends(case, solution):
    end = solution["ascent"].final
    for branch in ("upper", "booster"):
        np.testing.assert_allclose(solution[branch].initial.position, end.position, atol=0.1)
        np.testing.assert_allclose(solution[branch].initial.velocity, end.velocity, atol=1e-3)
    assert solution["booster"].initial.mass == pytest.approx(end.mass - case.UPPER_STACK, abs=0.01)


def test_orbit_has_the_five_stated_elements(case, solution):
    last = solution["upper"].final
    centre, velocity = last.position - case.CENTRE, last.velocity
    momentum = np.cross(centre, velocity)
    target, perigee, _ = case.target_orbit()
    radius = np.linalg.norm(centre)
    energy = velocity @ velocity / 2 - case.GRAVITATIONAL_PARAMETER / radius
    eccentricity = np.cross(velocity, momentum) / case.GRAVITATIONAL_PARAMETER - centre / radius
    np.testing.assert_allclose(momentum, target, atol=1e-7 * np.linalg.norm(target))
    assert -case.GRAVITATIONAL_PARAMETER / 2 / energy == pytest.approx(6593145.0, rel=1e-6)
    np.testing.assert_allclose(eccentricity, 0.0076 * perigee, atol=1e-7)
