"""A few of the campaign's random landings, and that what it counts as good can fail."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import random_landings
from random_landings import Solver, campaign, drawn_as, feasible, infeasible

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
        came = solved[name]
        assert (came.outcome, came.verified, came.good) == ("on_pad", True, True), came
        assert came.propellant <= came.spent


def test_landings_that_cannot_be_are_told_so(solved):
    for name in ("i0", "i1", "i3", "i4", "i5"):
        assert (solved[name].outcome, solved[name].good) == ("infeasible", True), solved[name]
        assert "missed by" in solved[name].message


def test_a_pad_too_far_away_is_approached_no_closer_than_can_be(solved):
    came, drawn = solved["i2"], drawn_as(SEED, "i2")
    assert (came.outcome, came.verified, came.good) == ("nearest", True, True), came
    assert came.miss > drawn.nearest > 0.0


def test_a_booster_in_air_lands_on_the_pad_with_no_more_than_its_flight_backward_spent():
    drawn = feasible(SEED, 1)
    came, result = Solver().came(drawn)
    assert came.good, came
    assert drawn.lander.dry_mass < result.case.start.mass - result.propellant


def test_an_optimum_above_the_flight_it_was_made_from_counts_as_a_failure():
    drawn = feasible(SEED, 0)
    came, result = Solver().came(drawn)
    assert came.good
    assert not Solver().came(replace(drawn, spent=0.99 * result.propellant))[0].good


def test_a_name_means_the_same_landing_whatever_else_is_drawn():
    alone = feasible(SEED, 2)
    feasible(SEED, 0)
    assert feasible(SEED, 2).start == alone.start
    assert feasible(SEED + 1, 2).start != alone.start
    assert infeasible(SEED, 2).start != alone.start


def test_a_start_flown_forward_again_ends_at_rest_on_the_pad():
    # the parabola of the coast and the burn after it, by the same throttle history: only the sign of time differs
    drawn = feasible(SEED, 4)
    assert drawn.start.position[2] > 0.0
    assert drawn.start.mass - drawn.spent >= drawn.lander.dry_mass
    backward = random_landings.STEPS
    ground = drawn.ground
    flight = random_landings.PoweredDescent(ground, "vacuum")
    up = np.tile([0.0, 0.0, 0.9], (2 * backward + 1, 1))
    rest = np.array([0.0] * 6 + [drawn.lander.dry_mass])
    before = random_landings._flown(flight, 1, drawn.lander, rest, up, 20.0)[-1]
    again = random_landings._flown(flight, 1, drawn.lander, before, up, -20.0)[-1]
    np.testing.assert_allclose(again, rest, atol=1e-6 * before[6])


def test_one_landing_is_rerun_by_name_and_a_wrong_name_is_refused(capsys):
    assert random_landings.main(["--only", "i1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["name"] == "i1"
    assert random_landings.main(["--only", "x1"]) == 2
    assert "f12" in capsys.readouterr().err


def test_an_interrupt_keeps_the_counts(monkeypatch, capsys):
    calls = []

    def came(self, drawn, whole=Solver.came):
        calls.append(drawn.name)
        if len(calls) > 1:
            raise KeyboardInterrupt
        return whole(self, drawn)

    monkeypatch.setattr(Solver, "came", came)
    assert random_landings.main(["--feasible", "0", "--infeasible", "3", "--json"]) == 130
    told = json.loads(capsys.readouterr().out)
    assert told["interrupted"]
    assert len(told["landings"]) == 1
