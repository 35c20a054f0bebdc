"""Random problems of least time, least propellant and least effort whose answers are known in closed form.

    python benchmarks/least_time.py least_time.csv --count 500
    python benchmarks/least_time.py least_time.csv --only 12     # one of them again, with its report
    python benchmarks/least_time.py least_time.csv --summary

Each problem is stated without a guess and solved with default options. Its number decides its kind and seeds its random
numbers: problem 12 is the same whatever is solved beside it. The file gets one row a problem; a second call goes on where
the first one stopped. A problem is wrong if it is verified and differs from its closed form by more than 1e-6, relative.

| kind | problem | closed form |
|---|---|---|
| stop | double integrator, any start to rest at zero, least time | one switch, where the parabola of the last arc is met |
| bounded | the same with bounds of the states that do not bind | the same |
| reach | rest to rest with a limit of speed, least time | push, coast at the limit, brake |
| soft | soft landing with constant mass, least impulse, time free | coast, then full thrust |
| moon | soft landing with mass flow, least propellant, time free | Meditch 1964: the same, by the rocket equation |
| sparing | rest to rest in a given time, least impulse | push, coast, brake |
| effort | rest to rest, least time plus effort, time free | polynomial control, Bryson and Ho 1975, section 2.7 |
| decay | a first-order system to zero, stable or not, least time | logarithm |
| swing | undamped oscillator to rest, least time | two arcs, built backward (Pontryagin et al. 1962, section 5) |
| ferry | constant current, direction by a vector of unit length, least time | a quadratic equation (Zermelo 1931) |
| slide | brachistochrone | a cycloid |
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pandas as pd
from row_files import append_row
from scipy.optimize import brentq

from hoverslam.ocp import PathConstraint, Problem, Variable, solve
from hoverslam.ocp.solved import Solved

SEED, WRONG = 2026, 1e-6
Stated = tuple[Problem, float]  # a problem and its least objective


@dataclass(frozen=True)
class Row:
    """One solved problem."""

    number: int
    kind: str
    outcome: str
    verified: bool
    objective: float
    known: float
    error: float
    cpu_s: float


def _line(name: str, given: dict[str, float], low: float, high: float, **states: dict[str, float]) -> Problem:
    """Return a problem of a point on a line with acceleration ``u + drift`` within bounds, times free."""
    problem = Problem(name)
    for key, value in {"drift": 0.0, **given}.items():
        problem.parameter(key, value=value)
    problem.phase(
        "line",
        states=[Variable("q", **states["q"]), Variable("v", **states["v"])],
        controls=[Variable("u", lower=low, upper=high)],
        dynamics=lambda s, c, p: {"q": s.v, "v": c.u + p.drift},
        initial_time=0.0,
    )
    problem.minimize(lambda e, p: e.line.final_time)
    return problem


def _start(chance: np.random.Generator) -> tuple[float, float, float, float]:
    """Return position, speed, acceleration and the unit of length of a start on a line, in random units."""
    length, seconds = np.exp(chance.uniform(-4.0, 4.0, 2))
    q, v = chance.uniform(-3.0, 3.0, 2)
    return q * length, v * length / seconds, length / seconds**2, length


def _stopping(q: float, v: float, most: float) -> float:
    s = np.sign(q + v * abs(v) / (2.0 * most))
    return float((s * v + 2.0 * np.sqrt(v * v / 2.0 + s * most * q)) / most)


def stop(chance: np.random.Generator) -> Stated:
    """Return a least-time stop at zero of a double integrator."""
    q, v, most, _ = _start(chance)
    ends = {"q": {"initial": q, "final": 0.0}, "v": {"initial": v, "final": 0.0}}
    return _line("stop", {}, -most, most, **ends), _stopping(q, v, most)


def bounded(chance: np.random.Generator) -> Stated:
    """Return the same with bounds of the states that the optimum does not reach."""
    q, v, most, length = _start(chance)
    far, fast = 12.0 * length, 6.0 * np.sqrt(most * length)
    ends = {
        "q": {"initial": q, "final": 0.0, "lower": -far, "upper": far},
        "v": {"initial": v, "final": 0.0, "lower": -fast, "upper": fast},
    }
    return _line("bounded", {}, -most, most, **ends), _stopping(q, v, most)


def reach(chance: np.random.Generator) -> Stated:
    """Return a least-time move from rest to rest below a limit of speed."""
    length, seconds = np.exp(chance.uniform(-4.0, 4.0, 2))
    most, share = length / seconds**2, chance.uniform(0.2, 0.9)
    limit = share * np.sqrt(most * length)
    ends = {
        "q": {"initial": 0.0, "final": length},
        "v": {"initial": 0.0, "final": 0.0, "lower": 0.0, "upper": limit},
    }
    return _line("reach", {}, -most, most, **ends), length / limit + limit / most


def soft(chance: np.random.Generator) -> Stated:
    """Return a soft landing of constant mass with the least integral of the thrust."""
    length, seconds = np.exp(chance.uniform(-4.0, 4.0, 2))
    gravity = length / seconds**2
    most = gravity * chance.uniform(1.2, 4.0)
    h, v = length * chance.uniform(1.0, 10.0), length / seconds * chance.uniform(-1.0, 4.0)
    net = most - gravity
    if v < 0.0:  # high enough to stop
        h = max(h, 1.1 * v * v / (2.0 * net))
    # Coast until h + v t - g t^2 / 2 = (v - g t)^2 / (2 net), then full thrust until rest.
    touch = np.sqrt((v * v + 2.0 * gravity * h) * net / most)  # speed at ignition
    problem = Problem("soft")
    problem.parameter("gravity", value=gravity)
    problem.phase(
        "descent",
        states=[Variable("h", initial=h, final=0.0), Variable("v", initial=v, final=0.0)],
        controls=[Variable("u", lower=0.0, upper=most)],
        dynamics=lambda s, c, p: {"h": s.v, "v": c.u - p.gravity},
        integrals={"impulse": lambda s, c, p: c.u},
        initial_time=0.0,
    )
    problem.minimize(lambda e, p: e.descent.final.impulse)
    return problem, float(most * touch / net)


def moon(chance: np.random.Generator) -> Stated:
    """Return a soft landing with mass flow and the least propellant, as a share of the mass."""
    gravity, exhaust = chance.uniform(1.0, 10.0), chance.uniform(2000.0, 4000.0)
    thrust = gravity * chance.uniform(1.3, 3.0)  # over the mass at the start
    burn = chance.uniform(10.0, 60.0)  # s
    share = thrust * burn / exhaust
    if share > 0.6:
        burn, share = 0.6 * exhaust / thrust, 0.6
    whole = exhaust / thrust  # seconds in which all mass would burn
    speed = -exhaust * np.log(1.0 - share) - gravity * burn  # downward at ignition
    height = speed * burn + gravity * burn**2 / 2.0 - exhaust * (burn + (whole - burn) * np.log(1.0 - share))
    coast = chance.uniform(0.0, 0.9) * speed / gravity
    h, v = height + speed * coast - gravity * coast**2 / 2.0, -(speed - gravity * coast)
    problem = Problem("moon")
    for key, value in {"gravity": gravity, "exhaust": exhaust}.items():
        problem.parameter(key, value=value)
    problem.phase(
        "descent",
        states=[
            Variable("h", initial=h, final=0.0),
            Variable("v", initial=v, final=0.0),
            Variable("m", initial=1.0, lower=0.1, upper=1.0),
        ],
        controls=[Variable("u", lower=0.0, upper=thrust)],
        dynamics=lambda s, c, p: {"h": s.v, "v": c.u / s.m - p.gravity, "m": -c.u / p.exhaust},
        initial_time=0.0,
    )
    problem.minimize(lambda e, p: 1.0 - e.descent.final.m)
    return problem, float(share)


def sparing(chance: np.random.Generator) -> Stated:
    """Return a move from rest to rest in a given time with the least impulse."""
    length, seconds = np.exp(chance.uniform(-4.0, 4.0, 2))
    most, given = length / seconds**2, seconds * chance.uniform(2.1, 6.0)
    problem = Problem("sparing")
    problem.phase(
        "line",
        states=[Variable("q", initial=0.0, final=length), Variable("v", initial=0.0, final=0.0)],
        controls=[Variable("push", lower=0.0, upper=most), Variable("brake", lower=0.0, upper=most)],
        dynamics=lambda s, c, p: {"q": s.v, "v": c.push - c.brake},
        integrals={"impulse": lambda s, c, p: c.push + c.brake},
        initial_time=0.0,
        final_time=given,
    )
    problem.minimize(lambda e, p: e.line.final.impulse)
    return problem, float(most * (given - np.sqrt(given**2 - 4.0 * length / most)))


def effort(chance: np.random.Generator) -> Stated:
    """Return a move from rest to rest with the least duration plus weighted integral of the squared acceleration."""
    length, seconds = np.exp(chance.uniform(-4.0, 4.0, 2))
    weight = seconds**4 / length**2 * np.exp(chance.uniform(-2.0, 2.0))
    problem = Problem("effort")
    problem.parameter("weight", value=weight)
    problem.phase(
        "line",
        states=[Variable("q", initial=0.0, final=length), Variable("v", initial=0.0, final=0.0)],
        controls=[Variable("u")],
        dynamics=lambda s, c, p: {"q": s.v, "v": c.u},
        integrals={"work": lambda s, c, p: p.weight * c.u**2},
        initial_time=0.0,
    )
    problem.minimize(lambda e, p: e.line.final_time + e.line.final.work)
    total = 12.0 * weight * length**2  # the effort in time T is this over T^3
    least = (3.0 * total) ** 0.25
    return problem, float(least + total / least**3)


def decay(chance: np.random.Generator) -> Stated:
    """Return a first-order system that is driven to zero in least time."""
    rate, size, most = np.exp(chance.uniform(-3.0, 3.0, 3))
    stable = chance.random() < 0.5
    x = chance.choice([-1.0, 1.0]) * most / rate * (size if stable else chance.uniform(0.05, 0.95))
    problem = Problem("decay")
    problem.parameter("rate", value=-rate if stable else rate)
    problem.phase(
        "decay",
        states=[Variable("x", initial=x, final=0.0)],
        controls=[Variable("u", lower=-most, upper=most)],
        dynamics=lambda s, c, p: {"x": p.rate * s.x + c.u},
        initial_time=0.0,
    )
    problem.minimize(lambda e, p: e.decay.final_time)
    ratio = rate * abs(x) / most
    return problem, float((np.log1p(ratio) if stable else -np.log1p(-ratio)) / rate)


def swing(chance: np.random.Generator) -> Stated:
    """Return an undamped oscillator that is brought to rest in least time, with one switch."""
    frequency, most = np.exp(chance.uniform(-3.0, 3.0, 2))
    last, first, sign = chance.uniform(0.1, 3.1), chance.uniform(0.1, 3.1), chance.choice([-1.0, 1.0])
    x, y = 0.0, 0.0  # position and speed over the frequency, in units in which the control is one
    for arc, u in ((last, sign), (first, -sign)):  # backward: a turn about (u, 0)
        x, y = u + (x - u) * np.cos(arc) - y * np.sin(arc), (x - u) * np.sin(arc) + y * np.cos(arc)
    size = most / frequency**2
    problem = Problem("swing")
    problem.parameter("frequency", value=frequency)
    problem.phase(
        "swing",
        states=[
            Variable("x", initial=x * size, final=0.0),
            Variable("v", initial=y * size * frequency, final=0.0),
        ],
        controls=[Variable("u", lower=-most, upper=most)],
        dynamics=lambda s, c, p: {"x": s.v, "v": c.u - p.frequency**2 * s.x},
        initial_time=0.0,
    )
    problem.minimize(lambda e, p: e.swing.final_time)
    return problem, float((last + first) / frequency)


def ferry(chance: np.random.Generator) -> Stated:
    """Return the least-time crossing of a constant current, steered by a vector of unit length."""
    length, speed = np.exp(chance.uniform(-3.0, 3.0, 2))
    angle, strength, away = chance.uniform(0.0, 2.0 * np.pi), chance.uniform(0.0, 0.9), chance.uniform(0.0, 2.0 * np.pi)
    target = length * np.array([np.cos(angle), np.sin(angle)])
    current = speed * strength * np.array([np.cos(away), np.sin(away)])
    problem = Problem("ferry")
    for key, value in {"speed": speed, "east": current[0], "north": current[1]}.items():
        problem.parameter(key, value=float(value))
    problem.phase(
        "crossing",
        states=[Variable("r", 2, initial=(0.0, 0.0), final=tuple(target.tolist()))],
        controls=[Variable("d", 2, lower=-1.0, upper=1.0)],
        dynamics=lambda s, c, p: {"r": p.speed * c.d + jnp.stack([p.east, p.north])},
        path=[PathConstraint("unit length", lambda s, c, p: c.d @ c.d, 1.0, 1.0)],
        initial_time=0.0,
    )
    problem.minimize(lambda e, p: e.crossing.final_time)
    # |target - current t| = speed t
    a, b = speed**2 - current @ current, target @ current
    return problem, float((-b + np.sqrt(b * b + a * (target @ target))) / a)


def slide(chance: np.random.Generator) -> Stated:
    """Return the brachistochrone to a point to the right of the start and below it."""
    gravity, length = np.exp(chance.uniform(-3.0, 3.0, 2))
    x, y = length * chance.uniform(0.5, 2.0), length * chance.uniform(0.3, 2.0)
    problem = Problem("slide")
    problem.parameter("gravity", value=gravity)
    problem.phase(
        "slide",
        states=[
            Variable("x", initial=0.0, final=x),
            Variable("y", initial=0.0, final=y),  # downward
            Variable("v", initial=0.0, lower=0.0),
        ],
        controls=[Variable("angle", lower=-1.6, upper=1.6, guess=0.5)],  # below the horizon
        dynamics=lambda s, c, p: {
            "x": s.v * jnp.cos(c.angle),
            "y": s.v * jnp.sin(c.angle),
            "v": p.gravity * jnp.sin(c.angle),
        },
        initial_time=0.0,
    )
    problem.minimize(lambda e, p: e.slide.final_time)
    turn = brentq(lambda a: (1.0 - np.cos(a)) * x - (a - np.sin(a)) * y, 1e-3, 2.0 * np.pi - 1e-9, xtol=1e-14)
    return problem, float(turn * np.sqrt(y / (1.0 - np.cos(turn)) / gravity))


KINDS: tuple[Callable[[np.random.Generator], Stated], ...] = (
    stop, bounded, reach, soft, moon, sparing, effort, decay, swing, ferry, slide,
)  # fmt: skip


def stated(number: int) -> tuple[str, Problem, float]:
    """Return kind, statement and least objective of a problem."""
    kind = KINDS[number % len(KINDS)]
    return kind.__name__, *kind(np.random.default_rng([SEED, number]))


def row_of(number: int) -> tuple[Row, Solved]:
    """Return a problem's row and solution."""
    kind, problem, known = stated(number)
    began = time.process_time()
    solution = solve(problem, report=lambda line: None)
    verified = solution.verification is not None and solution.verification.passed
    error = solution.objective / known - 1.0
    seconds = round(time.process_time() - began, 2)
    outcome = solution.outcome.name.lower()
    return Row(number, kind, outcome, verified, solution.objective, known, error, seconds), solution


def summary(rows: pd.DataFrame) -> str:
    """Return, for each kind and for all, how many are verified, wrong and called infeasible, and the largest error."""
    lines = ["kind        count  verified  wrong  no feasible point  worst error of the verified  median cpu (s)"]
    for kind, part in [*rows.groupby("kind", sort=False), ("all", rows)]:
        good = part[part["verified"]]
        worst = good["error"].abs().max() if len(good) else np.nan
        lines.append(
            f"{kind:10s} {len(part):6d} {len(good):9d} {(good['error'].abs() > WRONG).sum():6d} "
            f"{(part['outcome'] == 'not_feasible').sum():18d} {worst:28.1e} {part['cpu_s'].median():15.1f}"
        )
    missed = rows[~rows["verified"] | (rows["error"].abs() > WRONG)]
    lines += [f"{r.number} {r.kind}: {r.outcome}, verified {r.verified}, {r.error:+.1e}" for r in missed.itertuples()]
    return "\n".join(lines)


def run(path: Path, numbers: Sequence[int]) -> None:
    """Solve those problems that the file does not hold yet, and add their rows."""
    done = set(pd.read_csv(path)["number"]) if path.exists() else set()
    for number in numbers:
        if number in done:
            continue
        row, _ = row_of(number)
        append_row(path, row)
        print(f"{number} {row.kind}: {row.outcome}, verified {row.verified}, {row.error:+.1e}", flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line and do as it says; return 1 if a problem is missed or wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="CSV file of the rows")
    parser.add_argument("--count", type=int, default=500, help="number of problems")
    parser.add_argument("--only", type=int, help="solve this problem and print its report")
    parser.add_argument("--summary", action="store_true", help="print the summary of the file")
    asked = parser.parse_args(arguments)
    if asked.only is not None:
        row, solution = row_of(asked.only)
        print(solution.report(), row, sep="\n\n")
        return 0
    if not asked.summary:
        run(asked.file, range(asked.count))
    rows = pd.read_csv(asked.file)
    print(summary(rows))
    return int(not rows["verified"].all() or (rows["error"].abs() > WRONG).any())


if __name__ == "__main__":
    sys.exit(main())
