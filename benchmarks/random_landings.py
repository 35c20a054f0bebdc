"""Random landings that are known to be possible, and others that are known to be impossible.

    python benchmarks/random_landings.py --feasible 1000 --infeasible 200
    python benchmarks/random_landings.py --only f12          # one of them again, with its report
    python benchmarks/random_landings.py --json > landings.json

A feasible landing is made by integrating backward in time, from rest on the pad, under random throttle and steering within
its limits. The landing starts where the integration ends, and its optimum burns no more than that flight. Half are without
air (random lander and gravity); a quarter each are a Falcon 9 booster over flat ground and over the rotating Earth. An
infeasible landing is impossible by a proof in closed form: too low to stop at full thrust, less propellant than an impulsive
landing needs, or a pad farther away than the lander can fly while its propellant lasts. Each landing has its own stream of
random numbers: f12 is the same landing whatever is solved beside it.
"""

import argparse
import json
import math
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from hoverslam import Lander, Landing, LandingLimits, LandingOutcome, LandingResult, LandingStart
from hoverslam.flights.craft.vehicle_parameters import descent_inputs
from hoverslam.flights.references.burn import CannotLand
from hoverslam.flights.references.stopping_burn import stopping_burn
from hoverslam.flights.references.vertical_landing import minimum_landing_propellant, vertical_landing
from hoverslam.ocp import Named
from hoverslam.physics import FlatGround, Flight, LaunchFrame, PoweredDescent
from hoverslam.physics.constants import STANDARD_GRAVITY

FEASIBLE, INFEASIBLE = ("vacuum", "air", "vacuum", "rotating"), ("too low", "too little propellant", "too far")
STEPS = 400  # of a flight backward
NO_WORSE = 1e-6  # of the propellant: the optimum may exceed that of the flight it was made from by rounding only
COAST, BURN = (0.0, 120.0), (0.1, 300.0)  # s
FASTEST = 450.0  # m/s, of a start in air
PAD = LaunchFrame(np.radians(28.6), np.radians(-80.6), 0.0, np.radians(90.0))
ANGLE_OF_ATTACK, TILT = np.radians(10.0), np.radians(35.0)  # limits of the booster
STEERED = 0.7  # share of the angle of attack that each angle is drawn within, so that both together stay inside


@dataclass(frozen=True)
class RandomLanding:
    """A landing to be solved.

    Attributes:
        name: ``f`` (feasible) or ``i`` (infeasible) and a number.
        kind: One of :data:`FEASIBLE` or :data:`INFEASIBLE`.
        lander: What lands.
        start: The state in which the landing begins.
        limits: The limits that it respects.
        ground: The frame at the pad.
        spent: Propellant of the flight that it was made from (kg); None where there is none.
        nearest: Lower bound on the distance of any touchdown from the pad (m).
        pad_only: Whether a landing away from the pad counts as no landing.
    """

    name: str
    kind: str
    lander: Lander
    start: LandingStart
    limits: LandingLimits
    ground: FlatGround | LaunchFrame
    spent: float | None = None
    nearest: float = 0.0
    pad_only: bool = False

    def landing(self) -> Landing:
        """Return the landing to be solved."""
        return Landing(
            self.lander, self.start, self.limits, ground=self.ground, coast=COAST, burn=BURN, pad_only=self.pad_only
        )


@dataclass(frozen=True)
class JudgedLanding:
    """The result of one landing; ``good`` says whether it is the expected one. Masses in kg, distance in m, time in s."""

    name: str
    kind: str
    good: bool
    outcome: str
    route: str
    verified: bool
    propellant: float | None
    spent: float | None
    miss: float | None
    seconds: float
    message: str


# ---- flights backward in time ----------------------------------------------------------------------------------------
@eqx.filter_jit
def _backward(flight: Flight, inputs: Any, x: jax.Array, controls: jax.Array, step: jax.Array) -> jax.Array:
    """Return states ``(n + 1, 7)`` before ``x`` under ``controls`` ``(2 n + 1, 3)`` at half steps; Runge-Kutta of order 4."""

    def rates(x: jax.Array, u: jax.Array) -> jax.Array:
        control = Named(thrust=u) if isinstance(flight, PoweredDescent) else Named(alpha=u[0], beta=u[1], throttle=u[2])
        rate = flight.rates(Named(position=x[:3], velocity=x[3:6], mass=x[6]), control, inputs)
        return -jnp.concatenate([rate["position"], rate["velocity"], jnp.atleast_1d(rate["mass"])])

    def one(x: jax.Array, u: jax.Array) -> tuple[jax.Array, jax.Array]:
        k1 = rates(x, u[0])
        k2 = rates(x + 0.5 * step * k1, u[1])
        k3 = rates(x + 0.5 * step * k2, u[1])
        k4 = rates(x + step * k3, u[2])
        x = x + step / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
        return x, x

    thirds = jnp.stack([controls[:-2:2], controls[1:-1:2], controls[2::2]], axis=1)
    return jnp.concatenate([x[None], jax.lax.scan(one, x, thirds)[1]])


def _random_history(rng: np.random.Generator, bounds: tuple[float, float], knots: int) -> np.ndarray:
    """Return values at all half steps, linear between ``knots`` random values."""
    return np.interp(np.linspace(0.0, 1.0, 2 * STEPS + 1), np.linspace(0.0, 1.0, knots), rng.uniform(*bounds, knots))


def _flown_backward(
    flight: Flight, engines: int, lander: Lander, x: np.ndarray, controls: np.ndarray, seconds: float
) -> np.ndarray:
    # As arrays the inputs are traced, so that another lander needs no new compilation.
    inputs = jax.tree_util.tree_map(jnp.asarray, descent_inputs(engines)(lander.parameters()))
    return np.asarray(_backward(flight, inputs, jnp.asarray(x), jnp.asarray(controls), jnp.asarray(seconds / STEPS)))


def _allowed(path: np.ndarray, limits: LandingLimits) -> bool:
    """Return whether a path ``(n, 7)`` that starts on the pad stays above the ground and inside the glide slope."""
    if not np.all(np.isfinite(path)) or np.any(path[1:, 2] <= 0.0):
        return False
    depth = limits.glide_slope_depth
    distance = np.sqrt(path[:, 0] ** 2 + path[:, 1] ** 2 + (0.1 * depth) ** 2)
    return not limits.glide_slope or bool(np.all(path[:, 2] + depth >= np.tan(limits.glide_slope) * distance))


def _start(x: np.ndarray) -> LandingStart:
    return LandingStart(tuple(map(float, x[:3])), tuple(map(float, x[3:6])), float(x[6]))  # type: ignore[arg-type]


def in_vacuum(name: str, rng: np.random.Generator) -> RandomLanding:
    """Return a landing of a random lander under random gravity, flown backward from the pad."""
    while True:
        gravity, dry, exhaust = rng.uniform(1.6, 9.8), 10.0 ** rng.uniform(2.5, 4.5), rng.uniform(2000.0, 4400.0)
        lander = Lander.simple(
            "random lander", dry, dry * gravity * rng.uniform(1.5, 5.0), exhaust, (rng.uniform(0.1, 0.6), 1.0)
        )
        tilt = np.radians(rng.uniform(20.0, 80.0)) if rng.random() < 0.5 else None
        slope = np.radians(rng.uniform(2.0, 20.0)) if rng.random() < 0.3 else None
        limits, ground = LandingLimits(glide_slope=slope, tilt=tilt), FlatGround(gravity)
        throttle, knots = _random_history(rng, lander.throttle, int(rng.integers(2, 7))), int(rng.integers(2, 6))
        theta = _random_history(rng, (0.0, 0.99 * (tilt or np.radians(75.0))), knots)
        phi = _random_history(rng, (-np.pi, np.pi), knots)
        aim = np.stack([np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)], axis=1)
        landed = dry * rng.uniform(1.0, 1.1)
        burn = landed * rng.uniform(0.02, 0.5) * exhaust / (lander.thrust * float(np.mean(throttle)))
        flight, rest = PoweredDescent(FlatGround(jnp.asarray(gravity)), "vacuum"), np.array([0.0] * 6 + [landed])
        path = _flown_backward(flight, 1, lander, rest, throttle[:, None] * aim, burn)
        coast = rng.uniform(0.0, 0.5 * burn)
        before = path[-1] + np.zeros((50, 1))
        back = np.linspace(0.0, coast, 50)[:, None]
        before[:, :3] += -path[-1, 3:6] * back - 0.5 * gravity * np.array([0.0, 0.0, 1.0]) * back**2
        before[:, 5] += gravity * back[:, 0]
        path = np.concatenate([path, before])
        if burn < 0.9 * BURN[1] and coast < 0.9 * COAST[1] and _allowed(path, limits):
            spent = float(path[-1, 6] - landed)
            return RandomLanding(name, "vacuum", lander, _start(path[-1]), limits, ground, spent)


def in_air(name: str, rng: np.random.Generator, ground: FlatGround | LaunchFrame, kind: str) -> RandomLanding:
    """Return a landing of a Falcon 9 booster on one engine, flown backward from the pad."""
    lander = Lander.of("falcon9", [(1,)])
    limits = LandingLimits(angle_of_attack=ANGLE_OF_ATTACK, tilt=TILT)
    flight, most = Flight(ground, "descent"), STEERED * float(np.tan(ANGLE_OF_ATTACK))
    while True:
        landed, burn, coast = (
            lander.burnout_mass + rng.uniform(0.0, 3000.0),
            rng.uniform(8.0, 22.0),
            rng.uniform(0.5, 10.0),
        )
        knots = int(rng.integers(2, 1 + int(burn / 3.0)))  # 3 s apart at least: within the turn rate
        angles = [_random_history(rng, (-most, most), knots) for _ in range(2)]
        throttle = _random_history(rng, lander.throttle, int(rng.integers(2, 7)))
        rest = np.array([0.0] * 6 + [landed])
        burned = _flown_backward(flight, 1, lander, rest, np.stack([*angles, throttle], axis=1), burn)
        fallen = _flown_backward(flight, 0, lander, burned[-1], np.zeros((2 * STEPS + 1, 3)), coast)
        path = np.concatenate([burned, fallen])
        if not _allowed(path, limits) or np.max(np.linalg.norm(path[:, 3:6], axis=1)) > FASTEST:
            continue
        upright = _upright(flight, burned, np.stack(angles, axis=1)[::2])
        if np.min(upright) > np.cos(0.99 * TILT):
            return RandomLanding(name, kind, lander, _start(path[-1]), limits, ground, float(path[-1, 6] - landed))


def _upright(flight: Flight, path: np.ndarray, angles: np.ndarray) -> np.ndarray:
    """Return the cosine of the tilt along a path."""

    def cosine(x: jax.Array, u: jax.Array) -> jax.Array:
        return flight.body_axis(Named(position=x[:3], velocity=x[3:6]), Named(alpha=u[0], beta=u[1]))[2]

    return np.asarray(jax.vmap(cosine)(jnp.asarray(path), jnp.asarray(angles)))


def feasible(seed: int, number: int) -> RandomLanding:
    """Return landing ``f<number>``, which is possible."""
    rng, name = _stream(seed, 0, number), f"f{number}"
    kind = kind_of(name)
    if kind == "vacuum":
        return in_vacuum(name, rng)
    return in_air(name, rng, PAD if kind == "rotating" else FlatGround(STANDARD_GRAVITY), kind)


# ---- impossible landings ---------------------------------------------------------------------------------------------
def infeasible(seed: int, number: int) -> RandomLanding:
    """Return landing ``i<number>``, which is impossible; half of those too far away may land away from the pad."""
    rng, name = _stream(seed, 1, number), f"i{number}"
    kind = kind_of(name)
    pad_only = bool(number // len(INFEASIBLE) % 2)
    drawn = replace(in_vacuum(name, rng), kind=kind, spent=None, pad_only=pad_only)
    return {"too low": _too_low, "too far": _too_far}.get(kind, _too_little)(drawn, rng)


def _too_low(drawn: RandomLanding, rng: np.random.Generator) -> RandomLanding:
    """Return a vertical fall too fast for its height at full thrust; thrust sideways would only reduce the upward thrust."""
    lander, gravity = drawn.lander, float(drawn.ground.gravity)  # type: ignore[union-attr]
    mass, speed = lander.burnout_mass * rng.uniform(1.2, 1.4), rng.uniform(50.0, 300.0)
    lander = replace(lander, thrust=max(lander.thrust, 1.2 * mass * gravity))
    figures = {"mass": mass, "thrust": lander.thrust, "exhaust_speed": lander.exhaust_speed, "gravity": gravity}
    height = stopping_burn(speed=speed, **figures).ignition_height * rng.uniform(0.3, 0.95)
    try:
        vertical_landing(height=height, velocity=-speed, **figures)
    except CannotLand:
        start, limits = LandingStart((0.0, 0.0, height), (0.0, 0.0, -speed), mass), LandingLimits()
        return replace(drawn, lander=lander, start=start, limits=limits)
    raise AssertionError(f"{drawn.name}: it can land after all")


def _too_little(drawn: RandomLanding, rng: np.random.Generator) -> RandomLanding:
    """Return a landing with less propellant than any history of thrust needs to come to rest on the ground."""
    start = drawn.start
    least = minimum_landing_propellant(
        speed=float(np.linalg.norm(start.velocity)),
        mass=start.mass,
        exhaust_speed=drawn.lander.exhaust_speed,
        height=start.position[2],
        gravity=float(drawn.ground.gravity),  # type: ignore[union-attr]
    ).impulsive
    return replace(drawn, lander=replace(drawn.lander, burnout_mass=start.mass - least * rng.uniform(0.4, 0.95)))


def _too_far(drawn: RandomLanding, rng: np.random.Generator) -> RandomLanding:
    """Return a landing on a pad farther away than the greatest speed reaches in the longest coast and burn."""
    lander, start = drawn.lander, drawn.start
    ideal = lander.exhaust_speed * math.log(start.mass / lander.burnout_mass)
    longest = COAST[1] + min(
        BURN[1], (start.mass - lander.burnout_mass) * lander.exhaust_speed / (lander.throttle[0] * lander.thrust)
    )
    speed = math.hypot(*start.velocity[:2])
    within = speed * longest + ideal * (longest - COAST[1])
    distance, azimuth = within * rng.uniform(1.1, 2.0), rng.uniform(-np.pi, np.pi)
    position = (distance * math.cos(azimuth), distance * math.sin(azimuth), start.position[2])
    limits = replace(drawn.limits, glide_slope=None)  # a start outside the cone would be impossible for another reason
    return replace(drawn, start=replace(start, position=position), limits=limits, nearest=distance - within)


def _stream(seed: int, which: int, number: int) -> np.random.Generator:
    """Return the random stream of one landing: child ``number`` of child ``which`` of the seed."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(which, number)))


# ---- solving ---------------------------------------------------------------------------------------------------------
class Solver:
    """Solver of random landings, from a new problem, or boosters from one solved landing a kind if ``warm``.

    Random starts have little in common: a warm solve converges for one in three and then takes 4.3 s; a new problem takes
    1.4 s. Where the warm solve fails a new problem is solved.
    """

    def __init__(self, warm: bool = False) -> None:
        self.warm = warm
        self._built: dict[str, LandingResult | None] = {}

    def solve(self, drawn: RandomLanding) -> tuple[JudgedLanding, LandingResult]:
        """Return the judged result of one landing, and the landing itself."""
        built = self._base(drawn.kind) if self.warm and drawn.kind in ("air", "rotating") else None
        began = time.perf_counter()
        result = built.resolve(drawn.start) if built is not None else None
        route = "warm"
        if result is None or not _good(drawn, result):
            result, route = drawn.landing().solve(report=lambda line: None), "cold"
        return _judged(drawn, result, route, time.perf_counter() - began), result

    def _base(self, kind: str) -> LandingResult | None:
        if kind not in self._built:
            ground = PAD if kind == "rotating" else FlatGround(STANDARD_GRAVITY)
            result = in_air("base", np.random.default_rng(0), ground, kind).landing().solve(report=lambda line: None)
            self._built[kind] = result if result.outcome is LandingOutcome.ON_PAD and result.verified else None
        return self._built[kind]


def _good(drawn: RandomLanding, result: LandingResult) -> bool:
    """Return whether the result is the expected one."""
    if drawn.spent is not None:
        lands = result.outcome is LandingOutcome.ON_PAD and result.verified
        return lands and result.propellant <= drawn.spent * (1.0 + NO_WORSE)
    diagnosis = result.solution.diagnosis
    named = result.outcome is LandingOutcome.INFEASIBLE and diagnosis is not None and bool(diagnosis.shortfalls)
    if drawn.kind != "too far" or drawn.pad_only:
        return named
    return result.outcome is LandingOutcome.NEAREST and result.verified and result.miss >= drawn.nearest


def _judged(drawn: RandomLanding, result: LandingResult, route: str, seconds: float) -> JudgedLanding:
    lands = result.outcome in (LandingOutcome.ON_PAD, LandingOutcome.NEAREST)
    kind = drawn.kind + (" (pad only)" if drawn.pad_only else "")
    return JudgedLanding(
        drawn.name, kind, _good(drawn, result), result.outcome.name.lower(), route, result.verified,
        result.propellant if lands else None, drawn.spent, result.miss if lands else None, seconds, result.message,
    )  # fmt: skip


def campaign(
    seed: int, names: Sequence[str], progress: Any = None, warm: bool = False
) -> tuple[list[JudgedLanding], bool]:
    """Return the judged landings of these names, and whether Ctrl-C ended the campaign early."""
    solver, done = Solver(warm), []
    try:
        for name in names:
            judged, _ = solver.solve(landing_named(seed, name))
            done.append(judged)
            if progress is not None:
                progress(judged, len(names))
    except KeyboardInterrupt:
        return done, True
    return done, False


def kind_of(name: str) -> str:
    """Return the kind of landing that a name stands for."""
    kinds = FEASIBLE if name[0] == "f" else INFEASIBLE
    return kinds[int(name[1:]) % len(kinds)]


def landing_named(seed: int, name: str) -> RandomLanding:
    """Return the landing of a name.

    Raises:
        ValueError: For a name that is not ``f`` or ``i`` and a number.
    """
    if name[:1] not in ("f", "i") or not name[1:].isdigit():
        raise ValueError(f"no landing {name!r}: give f or i and a number, such as f12")
    return (feasible if name[0] == "f" else infeasible)(seed, int(name[1:]))


# ---- report ----------------------------------------------------------------------------------------------------------
def summary(done: Sequence[JudgedLanding]) -> dict[str, Any]:
    """Return for each kind the counts of landings, of expected results, of outcomes and routes, and seconds a landing."""
    report = {}
    for kind in sorted({c.kind for c in done}):
        own = [c for c in done if c.kind == kind]
        seconds = [c.seconds for c in own]
        report[kind] = {
            "landings": len(own),
            "good": sum(c.good for c in own),
            "outcomes": dict(Counter(c.outcome for c in own)),
            "routes": dict(Counter(c.route for c in own)),
            "median_s": float(np.median(seconds)),
            "p90_s": float(np.percentile(seconds, 90)),
        }
    return report


def _print(done: Sequence[JudgedLanding], interrupted: bool) -> None:
    for kind, of in summary(done).items():
        counts = ", ".join(f"{n} {what}" for what, n in (of["outcomes"] | of["routes"]).items())
        times = f"{of['median_s']:.2f} s median, {of['p90_s']:.2f} s at 90 %"
        print(f"{kind:34s} {of['good']:4d} of {of['landings']:4d} as expected; {counts}; {times}")
    for judged in done:
        if not judged.good:
            worse = (
                ""
                if judged.spent is None or judged.propellant is None
                else f", {judged.propellant / judged.spent - 1:+.2e}"
            )
            print(f"  {judged.name} ({judged.kind}, {judged.route}): {judged.message}{worse}")
    if interrupted:
        print(f"interrupted after {len(done)} landings")


def _progress(judged: JudgedLanding, total: int) -> None:
    print(f"{judged.name} of {total}: {judged.outcome}{'' if judged.good else ' <-- not as expected'}", file=sys.stderr)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the campaign and return 0 if all results are the expected ones, 1 if not, 2 for wrong input, 130 for Ctrl-C."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--feasible", type=int, default=1000, help="how many that can be flown")
    parser.add_argument("--infeasible", type=int, default=200, help="how many that cannot")
    parser.add_argument("--first", type=int, default=0, help="number of the first of each")
    parser.add_argument(
        "--kind", action="append", choices=[*dict.fromkeys(FEASIBLE), *INFEASIBLE], help="only of these"
    )
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--only", metavar="NAME", help="one landing, such as f12 or i7, with its report")
    parser.add_argument("--warm", action="store_true", help="boosters warm from one built landing first")
    parser.add_argument("--json", action="store_true", help="print JSON on standard output")
    asked = parser.parse_args(arguments)
    if asked.only:
        try:
            judged, result = Solver(asked.warm).solve(landing_named(asked.seed, asked.only))
        except ValueError as error:
            print(error, file=sys.stderr)
            return 2
        print(json.dumps(asdict(judged), indent=2) if asked.json else f"{result.report()}\n\n{judged}")
        return int(not judged.good)
    counts = ("f", asked.feasible), ("i", asked.infeasible)
    names = [f"{letter}{n}" for letter, count in counts for n in range(asked.first, asked.first + count)]
    names = [name for name in names if not asked.kind or kind_of(name) in asked.kind]
    done, interrupted = campaign(asked.seed, names, _progress, asked.warm)
    if asked.json:
        report = {"seed": asked.seed, "interrupted": interrupted, "kinds": summary(done)}
        print(json.dumps(report | {"landings": [asdict(c) for c in done]}, indent=2))
    else:
        _print(done, interrupted)
    return 130 if interrupted else int(not all(c.good for c in done))


if __name__ == "__main__":
    raise SystemExit(main())
