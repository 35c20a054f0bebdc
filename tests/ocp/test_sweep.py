"""Points of a sweep are independent: each has the values of the problem as stated, with its own changes."""

import itertools

import pytest

from hoverslam.ocp.answers.sweep import sweep
from hoverslam.ocp.solved import solve
from hoverslam.ocp.statement.names import Variable
from hoverslam.ocp.statement.problem import Problem


def pushed():
    """x'' = a u + b / 10 with u of at most 1, from rest, for 1 s: the largest x(1) is (a + b / 10) / 2."""
    problem = Problem("pushed")
    problem.parameter("a", value=1.0)
    problem.parameter("b", value=1.0)
    problem.phase(
        "go",
        states=[Variable("x", initial=0.0), Variable("v", initial=0.0)],
        controls=[Variable("u", lower=-1.0, upper=1.0)],
        dynamics=lambda s, c, p: {"x": s.v, "v": p.a * c.u + 0.1 * p.b},
        initial_time=0.0,
        final_time=1.0,
    )
    problem.maximize(lambda e, p: e.go.final.x)
    return problem


def known(a=1.0, b=1.0, **settings):
    return 0.5 * (a + 0.1 * b) * settings.get("go.final_time", 1.0) ** 2 + settings.get("go.initial.x", 0.0)


CHANGES = [{"a": 2.0}, {"b": 3.0}, {}, {"go.initial.x": 0.5}, {"go.final_time": 2.0}]


@pytest.mark.parametrize("order", [CHANGES, CHANGES[::-1], [*CHANGES, {"a": 2.0, "b": 3.0}, {"b": 3.0}]])
def test_a_value_that_a_point_does_not_change_is_the_stated_one(order):
    points = sweep(pushed(), order)
    assert [p.verified for p in points] == [True] * len(order)
    assert [p.objective for p in points] == pytest.approx([known(**change) for change in order], rel=1e-7)


def test_a_sweep_leaves_the_problem_as_it_was():
    problem = pushed()
    before = problem.values
    sweep(problem, CHANGES)
    assert problem.values == before
    assert solve(problem).objective == pytest.approx(known(), rel=1e-7)


def test_a_point_after_a_failed_one_has_the_stated_values_too():
    problem = pushed()
    problem.constrain("reach", lambda e, p: e.go.final.x - 10.0 * (p.a > 5.0), lower=0.0, upper=100.0)
    points = sweep(problem, [{"b": 2.0}, {"a": 6.0}, {"b": 3.0}])
    assert [p.verified for p in points] == [True, False, True]
    assert points[2].objective == pytest.approx(known(b=3.0), rel=1e-7)


def test_the_order_of_the_points_does_not_matter():
    found = [
        {tuple(p.changes.items()): p.objective for p in sweep(pushed(), order)}
        for order in itertools.islice(itertools.permutations(CHANGES[:3]), 0, 6, 2)
    ]
    for other in found[1:]:
        assert other == pytest.approx(found[0], rel=1e-7)
