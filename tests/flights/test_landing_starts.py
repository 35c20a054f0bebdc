"""Landings from several starts, what a landing may be called, and statements that leave nothing to land."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
from landers import BOOSTER, BOOSTER_START, CAPE, DEGREE, FALCON_LIMITS, FALCON_START, MARS, MARS_GROUND, MARS_START

from hoverslam import ocp
from hoverslam.flights.craft.lander import Lander
from hoverslam.flights.landing.case import LandingLimits, LandingStart
from hoverslam.flights.landing.limits import LandingLimit
from hoverslam.flights.landing.result import Alternative, LandingOutcome
from hoverslam.flights.landing.search import Found, StartTried
from hoverslam.flights.landing.solve import Landing
from hoverslam.flights.outcome.verdict import Verdict, verdict, verdict_message
from hoverslam.flights.references.stopping_burn import stopping_burn
from hoverslam.ocp.statement.options import Options
from hoverslam.physics.constants import STANDARD_GRAVITY
from hoverslam.physics.earth import FlatGround
from hoverslam.studies import scripts

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import landing_optima

FALCON = Lander.of("falcon9", [(1,)])
NO_GROUND = LandingLimits(ground=False)
SUCCESS = ("lands", "solved", "success")


def silent(line):
    pass


def falling(x):
    return Landing(FALCON, LandingStart((x, 0.0, 5000.0), (40.0, 0.0, -300.0), 35e3)).solve(report=silent)


@pytest.fixture(scope="module")
def row():
    """Landings of one engine without limits, from starts on a line."""
    return {x: falling(x) for x in (-300.0, -400.0, -500.0)}


@pytest.fixture(scope="module")
def mars():
    return Landing(MARS, MARS_START, NO_GROUND, ground=MARS_GROUND, coast=None).solve()


@pytest.fixture(scope="module")
def aligned():
    result = Landing(FALCON, FALCON_START, FALCON_LIMITS, ground=CAPE, pad_only=True).solve(report=silent)
    assert result.verified
    return result


# ---- several starts ------------------------------------------------------------


def test_starts_on_a_line_land_with_propellant_that_is_smooth_along_it(row):
    spent = [result.propellant for result in row.values()]
    assert all(result.verified for result in row.values())
    assert max(spent) <= 3040.0
    # The pad lies within the reach of the burn from all of them, so that 100 m change the propellant by per cents only.
    assert np.max(np.abs(np.diff(spent))) < 0.02 * spent[0]


def test_the_starts_and_the_next_best_optimum_are_told(row):
    result = row[-400.0]
    [only] = result.alternatives
    assert len(only.starts) > 1
    assert only.runner_up is not None
    assert only.runner_up.best > result.propellant
    assert "next best optimum" in result.report()
    [told] = result.as_json()["alternatives"]
    assert told["runner_up"] == only.runner_up.best
    assert [start["name"] for start in told["starts"]] == [start.name for start in only.starts]


def test_the_next_best_optimum_is_another_one_than_the_best():
    starts = (
        StartTried("a", 3021.4, 2994.1), StartTried("b", 3021.5), StartTried("c", 3065.0), StartTried("d", None)
    )  # fmt: skip
    other = Alternative((1,), 2994.1, True, "", starts)
    assert other.runner_up == starts[2]
    assert "3 of 4 solved" in other.starts_line("kg")
    assert replace(other, starts=starts[:2]).runner_up is None


@pytest.mark.slow
def test_one_engine_is_recommended_where_it_lands_with_less_than_three_to_one(row):
    start = row[-300.0].case.start
    result = Landing(Lander.of("falcon9", [(3, 1), (1,)]), start).solve(report=silent)
    assert result.verified
    assert result.sequence == (1,)
    assert result.propellant == pytest.approx(row[-300.0].propellant, rel=1e-6)


# ---- what a landing may be called ------------------------------------------------


def test_only_a_confirmed_solution_is_verified():
    assert verdict(True, True) is Verdict.VERIFIED
    assert verdict(True, False) is Verdict.NOT_VERIFIED
    assert verdict(False, True) is Verdict.NOT_SOLVED
    assert [found.heading for found in Verdict] == ["verified", "NOT VERIFIED", "NOT SOLVED"]


def spoilt(result, **changes):
    """The result with a verification that failed."""
    solution = replace(result.solution, verification=replace(result.solution.verification, **changes))
    return replace(result, solution=solution)


@pytest.mark.parametrize("changes", [{"boundary_violation": 1.0}, {"boundary_violation": np.nan}])
def test_a_landing_that_the_reflight_does_not_confirm_is_called_not_verified_everywhere(
    mars, changes, capsys, monkeypatch
):
    assert mars.outcome is LandingOutcome.ON_PAD
    result = spoilt(mars, **changes)
    assert result.outcome is LandingOutcome.NOT_VERIFIED
    assert not result.lands
    assert not result.verified
    assert "boundary constraint" in result.message
    data = result.as_json()
    assert (data["outcome"], data["verified"]) == ("not_verified", False)
    assert "propellant_kg" not in data
    assert not any(word in result.message for word in SUCCESS)
    assert not any(word in result.report().splitlines()[0] for word in SUCCESS)
    found = Alternative.of(result.case, (1,), Found(result.solution))
    assert (found.propellant, found.verified) == (None, False)
    assert "does not land on the pad" in found.line()
    monkeypatch.setattr("sys.argv", ["script"])
    assert scripts.run_script(lambda: result) == 1
    assert scripts.run_script(lambda: mars) == 0
    capsys.readouterr()


def test_a_landing_that_was_not_flown_again_says_so():
    result = Landing(MARS, MARS_START, NO_GROUND, ground=MARS_GROUND, coast=None).solve(Options(verify=False))
    assert result.outcome is LandingOutcome.NOT_VERIFIED
    assert result.message == "not verified: it was not flown again"


def test_a_solver_that_did_not_converge_is_called_not_solved(mars):
    solution = replace(mars.solution, converged=False, status="Restoration_Failed")
    assert verdict_message(solution).startswith("not solved: ")
    assert replace(mars, solution=solution).outcome is LandingOutcome.UNSOLVED


@pytest.mark.parametrize(
    "start",
    [
        LandingStart(FALCON_START.position, FALCON_START.velocity, 40e3),
        pytest.param(LandingStart(FALCON_START.position, (40.0, 90.0, -300.0), 35.5e3), marks=pytest.mark.slow),
    ],
    ids=["heavier", "across"],
)
def test_a_start_beyond_the_old_mesh_is_solved_on_a_new_one_or_does_not_land(aligned, start):
    again = aligned.resolve(start)
    assert again.case.start == start
    assert again.verified == (again.outcome is LandingOutcome.ON_PAD)
    assert ("lands" in again.message) == again.verified
    if again.verified:
        assert again.solution.verification.refly_error < 1e-6


# ---- nothing to land, and statements -----------------------------------------------


def test_a_start_at_rest_on_the_pad_is_refused():
    for coast in (None, (0.0, 120.0)):
        with pytest.raises(ValueError, match="nothing to land"):
            Landing(BOOSTER, LandingStart((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), 28e3), coast=coast)


def test_a_warm_solve_refuses_a_start_without_propellant():
    first = Landing(BOOSTER, BOOSTER_START).solve(report=silent)
    with pytest.raises(ValueError, match="no propellant"):
        first.resolve(replace(BOOSTER_START, mass=BOOSTER.burnout_mass))


@pytest.mark.parametrize("sequences", [(3, 1), [3, (1,)], 3, "31", ["31"], [(1.5,)], [(True,)], []])
def test_engine_counts_that_are_no_sequence_of_sequences_are_refused_with_an_example(sequences):
    with pytest.raises(ValueError, match=r"\[\(3, 1\)\] for three engines and then one"):
        Lander.of("falcon9", sequences)


def test_engine_counts_may_be_lists_or_arrays():
    assert Lander.of("falcon9", [[3, 1], np.array([1])]).sequences == ((3, 1), (1,))


@pytest.mark.parametrize("below", [0.01, 1.0])
def test_a_start_too_low_to_stop_is_not_called_solved(below):
    burn = stopping_burn(
        speed=200.0, mass=28e3, thrust=BOOSTER.thrust, exhaust_speed=BOOSTER.exhaust_speed, gravity=STANDARD_GRAVITY
    )
    start = LandingStart((0.0, 0.0, burn.ignition_height - below), (0.0, 0.0, -200.0), 28e3)
    result = Landing(BOOSTER, start, pad_only=True).solve(report=silent)
    assert not result.verified
    assert ": solved" not in result.report()
    assert not result.message.startswith("lands")


def test_an_added_limit_on_the_height_is_the_limit_of_the_ground():
    above = LandingLimit(lambda state, control, inputs: state.position[2], "burn_*", lower=0.0, unit="m", name="height")
    added = Landing(MARS, MARS_START, NO_GROUND, ground=MARS_GROUND, coast=None, added=[above]).solve(report=silent)
    stated = Landing(MARS, MARS_START, ground=MARS_GROUND, coast=None).solve(report=silent)
    assert added.verified
    assert added.propellant == pytest.approx(stated.propellant, rel=2e-4)  # limits are held to 1e-3 of their size
    assert added.propellant > 387.9  # without the ground it is 387.896 kg
    assert any(limit.name == "height" and limit.active for limit in added.limits)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Landing(BOOSTER, BOOSTER_START, added=[LandingLimit("speed", "glide", upper=9.0)]), "coast, burn_1"),
        (lambda: Landing(BOOSTER, BOOSTER_START, added=[LandingLimit("speed", upper=9.0)] * 2), "another name"),
        (lambda: LandingLimit("spede", upper=9.0), "known: "),
        (lambda: LandingLimit("axial_acceleration", upper=3.0, unit="g"), "give bounds and unit in SI"),
        (lambda: LandingLimit("speed", lower=2.0, upper=1.0), "above upper"),
    ],
)
def test_an_added_limit_that_makes_no_sense_is_refused(make, words):
    with pytest.raises(ValueError, match=words):
        make()


class TurningGround(FlatGround):
    """Flat ground of a planet that turns about an axis towards its pole, 30 degrees above the horizon on the left."""

    def acceleration(self, position, velocity):
        turning = 2.0 * np.pi / (24.6229 * 3600.0) * np.array([0.0, np.cos(np.pi / 6.0), np.sin(np.pi / 6.0)])
        centrifugal = jnp.cross(turning, jnp.cross(turning, position))
        return super().acceleration(position, velocity) - centrifugal - 2.0 * jnp.cross(turning, velocity)


@pytest.mark.slow
def test_a_landing_on_a_turning_planet_is_that_of_the_bare_engine():
    ground, slope, depth, tilt = TurningGround(3.7114), np.tan(4.0 * DEGREE), 0.01, np.cos(40.0 * DEGREE)
    start = LandingStart((2000.0, 0.0, 1500.0), (80.0, 30.0, -75.0), 1905.0)
    limits = LandingLimits(glide_slope=4.0 * DEGREE, glide_slope_depth=depth, tilt=40.0 * DEGREE)
    landed = Landing(MARS, start, limits, ground=ground, coast=None).solve(report=silent)

    def size(control):
        return jnp.sqrt(control.thrust @ control.thrust + 1e-12)

    def rates(state, control, inputs):
        pull = ground.acceleration(state.position, state.velocity)
        push = MARS.thrust * control.thrust / state.mass
        return {
            "position": state.velocity,
            "velocity": pull + push,
            "mass": -MARS.thrust / MARS.exhaust_speed * size(control),
        }

    def clearance(state, control, inputs):
        x, y, z = state.position
        return z + depth - slope**2 * (x**2 + y**2) / (z + depth)

    problem = ocp.Problem("landing on a turning planet")
    problem.phase(
        "burn",
        states=[
            ocp.Variable("position", 3, "m", initial=start.position, final=(0.0, 0.0, 0.0)),
            ocp.Variable("velocity", 3, "m/s", initial=start.velocity, final=(0.0, 0.0, 0.0)),
            ocp.Variable("mass", None, "kg", lower=MARS.burnout_mass, initial=start.mass),
        ],
        controls=[ocp.Variable("thrust", 3, "")],
        dynamics=rates,
        path=[
            ocp.PathConstraint("throttle", lambda s, u, i: size(u), *MARS.throttle),
            ocp.PathConstraint("tilt", lambda s, u, i: u.thrust[2] - tilt * size(u), lower=0.0),
            ocp.PathConstraint("cone", clearance, lower=0.0, unit="m"),
        ],
        initial_time=0.0,
        duration=(40.0, 120.0),
    )
    problem.minimize(lambda e, p: start.mass - e.burn.final.mass, unit="kg")
    bare = ocp.solve(problem, report=silent)
    assert landed.verified
    assert bare.verification.passed
    assert landed.propellant == pytest.approx(bare.objective, rel=1e-5)


def test_the_report_is_json_without_values_that_json_lacks(mars):
    json.loads(json.dumps(mars.as_json(), allow_nan=False))


# ---- the campaign that judges the search -------------------------------------------


def test_a_campaign_goes_on_where_a_kill_ended_it(monkeypatch, tmp_path, capsys):
    store, flown = tmp_path / "landings.jsonl", []

    def judged(seed, number):
        flown.append(number)
        return landing_optima.OptimumFound(
            number, "x", (1,), "", "on_pad", 100.0 + (number == 3), 100.0, "cubic", 100.0, 1.0
        )

    monkeypatch.setattr(landing_optima, "judged", judged)
    landing_optima.main(["--count", "2", "--store", str(store)])
    text = store.read_text()
    store.write_text(text[:-20])  # the last line is cut short
    assert landing_optima.main(["--count", "3", "--store", str(store)]) == 0
    assert flown == [0, 1, 1, 2]
    assert sorted(landing_optima.stored(store)) == [0, 1, 2]
    assert landing_optima.main(["--count", "4", "--store", str(store)]) == 1  # one is 1 % over the best start
    assert "worst excess 1.00e-02, 1 above" in capsys.readouterr().out


def test_a_drawn_landing_is_the_same_whatever_else_is_drawn():
    alone = landing_optima.drawn(20, 5).case.start
    landing_optima.drawn(20, 4)
    assert landing_optima.drawn(20, 5).case.start == alone
    assert landing_optima.drawn(21, 5).case.start != alone
