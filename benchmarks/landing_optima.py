"""Random landings of every vehicle: is the landing that ``Landing.solve`` returns the best of ten starts, and of a walk?

    python benchmarks/landing_optima.py --count 2000 --store landings.jsonl   # goes on where an earlier run ended
    python benchmarks/landing_optima.py --only 12                             # one of them

Vehicle, engine counts, limits and start are drawn from a stream of random numbers of each landing, so that landing 12 is the
same whatever is solved beside it. Each landing is solved by ``Landing.solve``. Then the same landing is solved from ten
starts: every guess that the search knows, and starts drawn around the first. Last, a landing whose start lies 200 m uprange
is solved, and the solution is carried along the line to this start in four steps. The excess is the propellant of
``Landing.solve`` over the least of all verified ones. A line is written for each landing as soon as it is done, and a run
that finds the file skips what is in it; a line that a kill cut short is solved again.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from hoverslam import Lander, Landing, LandingLimits, LandingOutcome, LandingStart
from hoverslam.flights.landing.case import LandingCase, lit_engines, phase_names
from hoverslam.flights.landing.guess import landing_guesses
from hoverslam.flights.landing.result import LandingResult
from hoverslam.flights.landing.search import CLOSE, MOST_FULL, SAME, in_full, landing_problem
from hoverslam.flights.landing.solver_settings import attempts_for, options_for
from hoverslam.flights.outcome.verdict import passed
from hoverslam.ocp.solved import Solved, solve
from hoverslam.ocp.solving.carry import guess_from
from hoverslam.ocp.statement.phase import StatementError
from hoverslam.ocp.transcription.starts import drawn_start, with_guesses
from hoverslam.physics.constants import STANDARD_GRAVITY
from hoverslam.vehicles.loading import list_vehicles, load_vehicle

STARTS, WALK, WALKED = 10, 4, 200.0  # starts; steps of the walk, and its length (m)
COUNTS = (1, 2, 3, 5)  # engines that may be lit
AIM = 1e-3  # relative excess that counts as a miss
COARSE_ITERATIONS = 300


@dataclass(frozen=True)
class OptimumFound:
    """One landing: what ``Landing.solve`` found beside the best known. Masses in kg, times in s; None if not verified."""

    number: int
    vehicle: str
    sequence: tuple[int, ...]
    limits: str
    outcome: str
    propellant: float | None
    best_start: float | None
    start: str
    walked: float | None
    seconds: float

    @property
    def excess(self) -> float | None:
        """The propellant over the least known, minus one; infinite where only another start lands; None if none does."""
        known = [x for x in (self.best_start, self.walked, self.propellant) if x is not None]
        if not known:
            return None
        return np.inf if self.propellant is None else self.propellant / min(known) - 1.0


def drawn(seed: int, number: int) -> Landing:
    """Return random landing ``number``: a vehicle that lands, one engine sequence, limits, and a start above the pad."""
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(number,)))
    landing_vehicles = [n for n in list_vehicles() if load_vehicle(n).recovery is not None]
    vehicle = str(rng.choice(landing_vehicles))
    lander = Lander.of(vehicle)
    mass = lander.burnout_mass * rng.uniform(1.15, 1.6)
    strong = [n for n in COUNTS if n <= lander.engines and n * lander.thrust * lander.throttle[1] > 1.3 * mass * 9.81]
    first = int(rng.choice(strong[:3] if strong else [lander.engines]))
    fewer = [n for n in COUNTS if n < first]
    sequence = (first, int(rng.choice(fewer))) if fewer and rng.random() < 0.4 else (first,)
    degrees = np.radians
    limits = LandingLimits(
        angle_of_attack=None if rng.random() < 0.3 else degrees(rng.uniform(4.0, 15.0)),
        tilt=None if rng.random() < 0.4 else degrees(rng.uniform(15.0, 40.0)),
        glide_slope=None if rng.random() < 0.6 else degrees(rng.uniform(20.0, 60.0)),
    )
    fall, across, aside = rng.uniform(120.0, 350.0), rng.uniform(-40.0, 40.0), rng.uniform(-15.0, 15.0)
    slowing = max(first * lander.thrust * lander.throttle[1] / mass - STANDARD_GRAVITY, 2.0)
    height = fall**2 / (2.0 * slowing) * rng.uniform(1.4, 3.0)
    away = 1.3 * height / fall  # s, roughly, until touchdown
    position = (-across * away + rng.normal(0.0, 60.0), -aside * away + rng.normal(0.0, 60.0), height)
    start = LandingStart(position, (across, aside, -fall), mass)
    return Landing(replace(lander, sequences=(sequence,)), start, limits, pad_only=True)


def judged(seed: int, number: int) -> OptimumFound:
    """Return random landing ``number`` as ``Landing.solve`` finds it, beside ten starts and a walk."""
    landing = drawn(seed, number)
    case, sequence = landing.case, landing.case.lander.sequences[0]
    began = time.perf_counter()
    result = landing.solve(report=_silent)
    seconds = time.perf_counter() - began
    best, name = _best_start(result, seed + number)
    limits = ", ".join(n for n in ("angle_of_attack", "tilt", "glide_slope") if getattr(case.limits, n) is not None)
    return OptimumFound(
        number, case.lander.name, sequence, limits, result.outcome.name.lower(),
        result.propellant if result.verified else None, best, name, _walked(landing), seconds,
    )  # fmt: skip


def _starts(case: LandingCase, sequence: tuple[int, ...], seed: int, tried: int) -> Iterator[tuple[str, Solved]]:
    """Yield the coarse solutions of the guesses after the first ``tried``, and of drawn starts until there are ten."""
    options = replace(
        options_for(case.lander, attempts_for(case.lander)[-1]),
        max_passes=1, verify=False, diagnose=False, max_iterations=COARSE_ITERATIONS,
    )  # fmt: skip
    names, first = phase_names(case, sequence), None
    for number, (name, guess) in enumerate(landing_guesses(case, lit_engines(case, sequence), names)):
        problem = landing_problem(case, sequence, guesses=guess, coarse=True)
        first = first or problem
        if tried <= number < STARTS:
            yield name, solve(problem, options, _silent)
    assert first is not None
    for draw in range(STARTS - number - 1):
        try:
            yield f"drawn {draw}", solve(drawn_start(first, np.random.default_rng([seed, draw])), options, _silent)
        except StatementError:  # a drawn start may leave the domain of the equations
            continue


def _best_start(landing: LandingResult, seed: int) -> tuple[float | None, str]:
    """Return the least propellant of the optima of ten starts, verified, and the start's name.

    The two best coarse optima that the landing has not solved in full are solved in full.
    """
    case, sequence = landing.case, landing.sequence
    starts = landing.alternatives[0].starts
    done = [s.coarse for s in starts if s.full is not None]
    found = [(s.full, s.name) for s in starts if s.full is not None]
    coarse = [(float(s.objective), n, s) for n, s in _starts(case, sequence, seed, len(starts)) if s.converged]
    tried = 0
    for objective, name, scout in sorted(coarse, key=lambda c: c[0]):
        beaten = bool(done) and objective > min(done) * (1.0 + CLOSE)
        if beaten or tried == MOST_FULL:
            break
        if any(abs(objective / known - 1.0) < SAME for known in done):
            continue
        done.append(objective)
        tried += 1
        parts = {phase: guess_from(part) for phase, part in scout.phases.items()}
        full = in_full(with_guesses(landing_problem(case, sequence), parts), case, None, _silent, diagnose=False)
        if passed(full):
            found.append((float(full.objective), name))
    return min(found) if found else (None, "")


def _walked(landing: Landing) -> float | None:
    """Return the propellant after a walk along a line of starts; None if a step of it does not land."""
    start = landing.case.start
    x, y, z = start.position
    ways = [replace(start, position=(x - WALKED * (1.0 - step / WALK), y, z)) for step in range(WALK + 1)]
    case = landing.case
    result = Landing(case.lander, ways[0], case.limits, pad_only=True).solve(report=_silent)
    for way in ways[1:]:
        if result.outcome is not LandingOutcome.ON_PAD:
            return None
        result = result.resolve(way)
    return result.propellant if result.verified else None


def stored(path: Path) -> dict[int, OptimumFound]:
    """Return the landings of a file, by number; a last line that a kill cut short is left out."""
    found = {}
    for line in path.read_text().splitlines() if path.exists() else []:
        try:
            record = json.loads(line)
        except json.JSONDecodeError:
            continue
        found[record["number"]] = OptimumFound(**record | {"sequence": tuple(record["sequence"])})
    return found


def summary(done: Sequence[OptimumFound]) -> str:
    """Return counts, the worst excess and the landings that exceed the aim, as text."""
    solved = [d for d in done if d.excess is not None]
    finite = [d.excess for d in solved if d.excess is not None and np.isfinite(d.excess)]
    missed = [d for d in solved if d.excess is not None and d.excess > AIM]
    seconds = [d.seconds for d in done]
    lines = [
        f"{len(done)} landings, {len(solved)} of them possible as far as is known; worst excess {max(finite, default=0):.2e}, "
        f"{len(missed)} above {AIM:.0e}; {float(np.median(seconds)):.2f} s a landing (median)"
    ]
    for d in sorted(missed, key=lambda d: -(d.excess or 0.0)):
        spent = "none" if d.propellant is None else f"{d.propellant:.1f} kg"
        lines.append(
            f"  {d.number}: {d.vehicle} {d.sequence}, limits: {d.limits or 'none'}: {d.outcome}, {spent}; "
            f"best start {d.best_start} ({d.start}), walk {d.walked}"
        )
    return "\n".join(lines)


def _silent(line: str) -> None:
    pass


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge the landings, append each to the store, print the summary; 0 if none exceeds the aim, 1 if one does."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument(
        "--store", type=Path, help="file to which each landing is appended, and from which a run goes on"
    )
    parser.add_argument("--only", type=int, metavar="NUMBER", help="one landing")
    asked = parser.parse_args(arguments)
    if asked.only is not None:
        done = [judged(asked.seed, asked.only)]
        print(json.dumps(asdict(done[0]), indent=2))
    else:
        known = stored(asked.store) if asked.store else {}
        for number in range(asked.count):
            if number in known:
                continue
            known[number] = judged(asked.seed, number)
            print(known[number], file=sys.stderr, flush=True)
            if asked.store:
                _append(asked.store, known[number])
        done = list(known.values())
    print(summary(done))
    return int(any((d.excess or 0.0) > AIM for d in done))


def _append(path: Path, found: OptimumFound) -> None:
    """Append one landing; a line that a kill cut short is closed first, so that it spoils nothing after it."""
    cut = path.exists() and not path.read_text().endswith("\n") and path.stat().st_size > 0
    with path.open("a") as file:
        file.write(("\n" if cut else "") + json.dumps(asdict(found)) + "\n")


if __name__ == "__main__":
    raise SystemExit(main())
