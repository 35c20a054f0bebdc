"""A few random landings of the campaign, and that its judgement can fail."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import random_landings
from random_landings import Solver, campaign, feasible, infeasible, landing_named

SEED = 20


@pytest.fixture(scope="module")
def solved():
    """Landings without air, one of each kind, judged."""
    names = ["f0", "f2", "f4", "i0", "i1", "i2", "i3", "i4", "i5"]
    done, interrupted = campaign(SEED, names)
    assert not interrupted
    return {c.name: c for c in done}


def test_landings_flown_backward_from_the_pad_are_solved_with_no_more_propellant(solved):
    for name in ("f0", "f2", "f4"):
        judged = solved[name]
        assert (judged.outcome, judged.verified, judged.good) == ("on_pad", True, True), judged
        assert judged.propellant <= judged.spent


def test_impossible_landings_are_diagnosed_as_infeasible(solved):
    for name in ("i0", "i1", "i3", "i4", "i5"):
        assert (solved[name].outcome, solved[name].good) == ("infeasible", True), solved[name]
        assert "missed by" in solved[name].message


def test_a_landing_with_its_pad_out_of_reach_misses_by_more_than_the_lower_bound(solved):
    judged, drawn = solved["i2"], landing_named(SEED, "i2")
    assert (judged.outcome, judged.verified, judged.good) == ("nearest", True, True), judged
    assert judged.miss > drawn.nearest > 0.0


def test_a_booster_in_air_lands_on_the_pad_with_no_more_propellant_than_its_backward_flight():
    drawn = feasible(SEED, 1)
    judged, result = Solver().solve(drawn)
    assert judged.good, judged
    assert drawn.lander.burnout_mass < result.case.start.mass - result.propellant


def test_an_optimum_above_the_propellant_of_its_backward_flight_counts_as_a_failure():
    drawn = feasible(SEED, 0)
    judged, result = Solver().solve(drawn)
    assert judged.good
    assert not random_landings._good(replace(drawn, spent=0.99 * result.propellant), result)


def test_a_name_gives_the_same_landing_whatever_else_is_drawn():
    alone = feasible(SEED, 2)
    feasible(SEED, 0)
    assert feasible(SEED, 2).start == alone.start
    assert feasible(SEED + 1, 2).start != alone.start
    assert infeasible(SEED, 2).start != alone.start


def test_a_start_flown_forward_again_ends_at_rest_on_the_pad():
    # the parabola of the coast and the burn after it, by the same throttle history: only the sign of time differs
    drawn = feasible(SEED, 4)
    assert drawn.start.position[2] > 0.0
    assert drawn.start.mass - drawn.spent >= drawn.lander.burnout_mass
    backward = random_landings.STEPS
    ground = drawn.ground
    flight = random_landings.PoweredDescent(ground, "vacuum")
    up = np.tile([0.0, 0.0, 0.9], (2 * backward + 1, 1))
    rest = np.array([0.0] * 6 + [drawn.lander.burnout_mass])
    before = random_landings._flown_backward(flight, 1, drawn.lander, rest, up, 20.0)[-1]
    again = random_landings._flown_backward(flight, 1, drawn.lander, before, up, -20.0)[-1]
    np.testing.assert_allclose(again, rest, atol=1e-6 * before[6])


def test_one_landing_is_rerun_by_name_and_a_wrong_name_is_refused(capsys):
    assert random_landings.main(["--only", "i1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["name"] == "i1"
    assert random_landings.main(["--only", "x1"]) == 2
    assert "f12" in capsys.readouterr().err


def test_an_interrupted_campaign_prints_the_landings_solved_until_then(monkeypatch, capsys):
    calls = []

    def solve(self, drawn, whole=Solver.solve):
        calls.append(drawn.name)
        if len(calls) > 1:
            raise KeyboardInterrupt
        return whole(self, drawn)

    monkeypatch.setattr(Solver, "solve", solve)
    assert random_landings.main(["--feasible", "0", "--infeasible", "3", "--json"]) == 130
    printed = json.loads(capsys.readouterr().out)
    assert printed["interrupted"]
    assert len(printed["landings"]) == 1
