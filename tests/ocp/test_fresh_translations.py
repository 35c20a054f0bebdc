"""A function that reads a number from outside is translated and flown with its present value, wherever the number is kept."""

import functools
import sys
import types
from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
import pytest
from jax import lax

from hoverslam.ocp.solved import solve
from hoverslam.ocp.statement.names import Variable
from hoverslam.ocp.statement.problem import Problem

G = 9.81
TABLE = {"g": [9.81]}
CONSTANTS = types.ModuleType("constants_of_a_user")
CONSTANTS.inner = types.ModuleType("constants_of_a_user.inner")
sys.modules[CONSTANTS.__name__] = CONSTANTS
NOW = sys.modules[__name__]


class Body:
    g = 9.81

    def __init__(self):
        self.weight = 9.81
        self.held = {"g": 9.81}

    def by_self(self, s, c, p):
        return {"h": s.v, "v": c.u - self.weight}

    def by_dictionary(self, s, c, p):
        return {"h": s.v, "v": c.u - self.held["g"]}

    def by_helper(self, s, c, p):
        return {"h": s.v, "v": c.u - self.pull()}

    def pull(self):
        return G


class Module(eqx.Module):
    thrust: float = 1.0

    def rates(self, s, c, p):
        return {"h": s.v, "v": self.thrust * c.u - self.pull()}

    def pull(self):
        return G


@dataclass
class Figures:
    g: float = 9.81


BODY, FIGURES = Body(), Figures()


def by_global(s, c, p):
    return {"h": s.v, "v": c.u - G}


def by_function(s, c, p):
    return {"h": s.v, "v": c.u - pull()}


def by_default(s, c, p, *, held=TABLE):
    return {"h": s.v, "v": c.u - held["g"][0]}


def by_nested(s, c, p):
    def inner():
        return sum(G for _ in range(1))

    return {"h": s.v, "v": c.u - inner()}


def by_class(s, c, p):
    return {"h": s.v, "v": c.u - Body.g}


def by_object(s, c, p):
    return {"h": s.v, "v": c.u - BODY.weight}


def by_dataclass(s, c, p):
    return {"h": s.v, "v": c.u - FIGURES.g}


def by_module(s, c, p):
    return {"h": s.v, "v": c.u - CONSTANTS.inner.g}


def by_import(s, c, p):
    import constants_of_a_user as k

    return {"h": s.v, "v": c.u - k.g}


def pull():
    return G


@jax.jit
def compiled(u):
    return u - G


def by_jit(s, c, p):
    return {"h": s.v, "v": compiled(c.u)}


def step(carry, _):
    return carry - G / 2.0, None


def by_scan(s, c, p):
    return {"h": s.v, "v": lax.scan(step, c.u, jnp.arange(2.0))[0]}


def up(u):
    return u - G


def by_cond(s, c, p):
    return {"h": s.v, "v": lax.cond(s.h > -1.0, up, up, c.u)}


def by_argument(held, s, c, p):
    return {"h": s.v, "v": c.u - held["g"][0]}


def change_global(value):
    NOW.G = value


def change(owner, name):
    return lambda value: setattr(owner, name, value)


HELD = {"g": [9.81]}
CELL = 9.81


def by_cell():
    cell = 9.81

    def rates(s, c, p):
        return {"h": s.v, "v": c.u - cell}

    def assign(value):
        nonlocal cell
        cell = value

    return rates, assign


CLOSURE, ASSIGN = by_cell()

WAYS = {
    "global": (by_global, change_global),
    "global of a called function": (by_function, change_global),
    "global of a nested function": (by_nested, change_global),
    "closure": (CLOSURE, ASSIGN),
    "default value": (by_default, lambda value: TABLE.update(g=[value])),
    "partial argument": (functools.partial(by_argument, HELD), lambda value: HELD["g"].__setitem__(0, value)),
    "attribute of self": (BODY.by_self, change(BODY, "weight")),
    "dictionary of self": (BODY.by_dictionary, lambda value: BODY.held.update(g=value)),
    "global of a method's helper": (BODY.by_helper, change_global),
    "global of a module's helper": (Module().rates, change_global),
    "class": (by_class, change(Body, "g")),
    "object": (by_object, change(BODY, "weight")),
    "dataclass": (by_dataclass, change(FIGURES, "g")),
    "module in a module": (by_module, change(CONSTANTS.inner, "g")),
    "import inside the function": (by_import, change(CONSTANTS, "g")),
    "compiled function": (by_jit, change_global),
    "loop of JAX": (by_scan, change_global),
    "branch of JAX": (by_cond, change_global),
}
TIME = 10.0


def climb(dynamics):
    """The greatest height after 10 s from rest with h'' = u - g, u of at most 20: 50 (20 - g)."""
    problem = Problem("climb")
    problem.phase(
        "go",
        states=[Variable("h", initial=0.0), Variable("v", initial=0.0)],
        controls=[Variable("u", lower=0.0, upper=20.0)],
        dynamics=dynamics,
        initial_time=0.0,
        final_time=TIME,
    )
    problem.maximize(lambda e, p: e.go.final.h)
    return problem


@pytest.mark.parametrize("way", WAYS)
def test_a_changed_number_is_used_in_every_later_solve(way):
    dynamics, assign = WAYS[way]
    for g in (9.81, 1.62):
        assign(g)
        solution = solve(climb(dynamics))
        assert solution.objective == pytest.approx(50.0 * (20.0 - g), rel=1e-8)
        assert solution.verification.passed
    assign(9.81)
    again = solution.resolve()
    assert again.objective == pytest.approx(50.0 * (20.0 - 9.81), rel=1e-8)
    assert again.verification.passed


def test_objective_and_conditions_use_the_present_number_too():
    problem = climb(by_global)
    problem.constrain("ceiling", lambda e, p: e.go.final.h, lower=-1e9, upper=1e9)
    problem.maximize(lambda e, p: e.go.final.h + TABLE["g"][0] + BODY.weight)
    for first, second in ((9.81, 9.81), (5.0, 7.0)):
        TABLE["g"], BODY.weight = [first], second
        solution = solve(problem)
        assert solution.objective == pytest.approx(509.5 + first + second, rel=1e-8)
        BODY.weight = 0.0
        assert solution.resolve().objective == pytest.approx(509.5 + first, rel=1e-8)
    TABLE["g"], BODY.weight = [9.81], 9.81
