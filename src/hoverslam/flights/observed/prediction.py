"""Prediction: the flight of a mission before it is flown, from calibrated figures, its payload, its orbit and its pad.

    from hoverslam.flights.observed.prediction import leave_one_out

    print(leave_one_out(("crs11", "nrol76", "saocom1a"))["crs11"].report())

An operator with propellant to spare does not fly the least of it. What is held here is what flights show operators to
hold (:class:`Habits`): the first stage keeps a standard amount of propellant at cut-off, throttles down for dynamic
pressure and climbs below rated thrust, comes down within a dynamic pressure and an angle of attack, and lights the
landing burn high enough to fly it in mid-throttle. Within that the upper stage keeps as much as it can.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from hoverslam.data.figures import Figure
from hoverslam.flights.craft import vehicle_parameters
from hoverslam.flights.craft.limits import FlightLimits
from hoverslam.flights.launch.guess import LaunchGuess, Plan
from hoverslam.flights.launch.problem import LaunchBuilder
from hoverslam.flights.launch.result import LaunchResult, summarise
from hoverslam.flights.launch.solve import ATTEMPTS, TWO_BURN_ALTITUDE, guess_launch, make_plan, solve_patiently
from hoverslam.flights.observed.calibration import Calibration, calibrate, without
from hoverslam.flights.observed.reconstruction import Reconstruction
from hoverslam.ocp.solution import Solution
from hoverslam.ocp.solving.solver import guess_from
from hoverslam.ocp.statement.problem import PathConstraint, Problem
from hoverslam.physics.motion import Flight
from hoverslam.vehicles.loading import load_vehicle
from hoverslam.vehicles.missions import Mission
from hoverslam.vehicles.models import Vehicle
from hoverslam.vehicles.places import Orbit

# What a prediction is asked to meet: shares of what was flown, kilometres; and in words.
ASKED = {"staging speed": (0.03, "3 %"), "staging altitude": (5.0, "5 km"), "recovery propellant": (0.10, "10 %")}
LONGEST_ATTEMPT = 75.0  # s: a mesh pass that finds an answer takes 2 to 15
HIGHEST_STEP, LOWEST_STEP = 200e3, 20e3  # m from one orbit to the next on the way to a high one
GRAVITY_TURN = np.radians(3.0)  # rad: an ascent follows its own flow within this


@dataclass(frozen=True)
class Habits:
    """What an operator holds beside the vehicle's limits, means over flights that were seen.

    Attributes:
        held: propellant in the first stage at cut-off (kg).
        dynamic_pressure: greatest on the way up (Pa).
        climb: thrust of the ascent after the dip, over that of the vehicle file.
        liftoff: thrust at lift-off over that of the vehicle file.
        ignition: altitude of landing ignition above the ground (m).
        left: propellant left at touchdown (kg).
        entry: longest entry burn (s); not a mean, but the longest that any showed.
        return_pressure: greatest dynamic pressure on the way down (Pa).
    """

    held: float
    dynamic_pressure: float
    climb: float
    liftoff: float
    ignition: float
    left: float
    entry: float
    return_pressure: float


def habits_of(flights: Sequence[Reconstruction]) -> Habits:
    """What ``flights`` show."""

    def mean(of: Callable[[Reconstruction], float]) -> float:
        return float(np.mean([of(flight) for flight in flights]))

    return Habits(
        held=mean(_held),
        dynamic_pressure=mean(lambda flight: _greatest_pressure(flight, ["ascent"])),
        climb=mean(_climb),
        liftoff=mean(_rating),
        ignition=mean(_ignition),
        left=mean(_left),
        entry=max(map(_entry_seconds, flights)),
        return_pressure=mean(lambda flight: _greatest_pressure(flight, _falling(flight))),
    )


def _held(flight: Reconstruction) -> float:
    return flight.estimate("propellant held at cut-off").value


def _left(flight: Reconstruction) -> float:
    return flight.estimate("left").value


def _rating(flight: Reconstruction) -> float:
    return flight.estimate("rating").value


def _ignition(flight: Reconstruction) -> float:
    start = flight.phase("landing").initial
    ground = flight.mission.landing.elevation if flight.mission.landing is not None else 0.0
    return float(flight.seen.frame.altitude(start.position)) - ground


def _greatest_pressure(flight: Reconstruction, parts: Sequence[str]) -> float:
    """The greatest dynamic pressure (Pa) over phases of a flight."""
    limits, greatest = FlightLimits(Flight(flight.seen.frame, "ascent")), 0.0
    for part in map(flight.phase, parts):
        states, _ = part.sample(np.linspace(float(part.time[0]), float(part.time[1]), 100))
        pressure = jax.vmap(lambda state: limits.dynamic_pressure(state, None, None))(states)
        greatest = max(greatest, float(np.max(pressure)))
    return greatest


def _falling(flight: Reconstruction) -> list[str]:
    return [segment.name for segment in flight.seen.segments if segment.name in ("entry", "glide")]


def _entry_seconds(flight: Reconstruction) -> float:
    flown = any(segment.name == "entry" for segment in flight.seen.segments)
    return flight.phase("entry").duration if flown else 90.0


def _climb(flight: Reconstruction) -> float:
    """Mean thrust from well after the dip to just before cut-off."""
    part = flight.phase("ascent")
    _, control = part.sample(np.linspace(part.time[1] - 55.0, part.time[1] - 6.0, 50))
    return _rating(flight) * float(np.mean(control.throttle))


@dataclass
class Prediction:
    """A predicted flight beside the one flown."""

    mission: Mission
    habits: Habits
    result: LaunchResult
    flown: Reconstruction

    @property
    def verified(self) -> bool:
        """Whether the solver converged and the independent re-flight agrees."""
        return self.result.verified

    def rows(self) -> dict[str, tuple[float, float, str]]:
        """Predicted, flown and unit of each quantity compared, by name."""
        r, staging, frame = self.result, self.flown.staging(), self.result.plan.frame
        parts = [p for name, p in r.solution.phases.items() if name in ("flip", "boostback", "coast", "entry")]
        apogee = max((float(frame.altitude(x[:3])) for p in parts for x in p.states), default=np.nan)
        burned = self.flown.propellant
        first = r.solution["flip" if "flip" in r.solution.phases else "coast"]
        total = float(first.initial.mass) - _touchdown_mass(r.solution)
        rows = {
            "staging time": (r.staging_time, staging["time"], "s"),
            "staging speed": (r.staging_speed, staging["speed"], "m/s"),
            "staging altitude": (r.staging_altitude / 1e3, staging["altitude"] / 1e3, "km"),
            "staging path angle": (r.staging_path_angle_deg, staging["path_angle_deg"], "deg"),
            "apogee": (apogee / 1e3, self.flown.apogee() / 1e3, "km"),
        }
        for name, used in (
            ("boostback", r.boostback_propellant), ("entry", r.entry_propellant), ("landing", r.landing_propellant)
        ):  # fmt: skip
            if used is not None and name in burned:
                rows[f"{name} propellant"] = (used / 1e3, burned[name].value / 1e3, "t")
        rows["recovery propellant"] = (total / 1e3, self.flown.estimate("recovery propellant").value / 1e3, "t")
        return rows

    def met(self) -> dict[str, bool]:
        """Whether each of the three asked for is met."""
        rows = self.rows()

        def off(name: str) -> float:
            predicted, flown, _ = rows[name]
            return abs(predicted - flown) / (1.0 if name == "staging altitude" else flown)

        return {name: off(name) <= within for name, (within, _) in ASKED.items()}

    def as_json(self) -> dict[str, Any]:
        """Everything as plain numbers."""
        return {
            "mission": self.mission.name,
            "verified": self.verified,
            "status": self.result.status,
            "habits": self.habits.__dict__,
            "compared": {name: {"predicted": p, "flown": f, "unit": u} for name, (p, f, u) in self.rows().items()},
            "met": self.met(),
        }

    def report(self) -> str:
        """Predicted beside flown, as text."""
        verdict = "verified" if self.verified else f"NOT verified ({self.result.status})"
        lines = [f"{self.mission.title}, predicted from the other flights: {verdict}"]
        met = self.met()
        for name, (predicted, flown, unit) in self.rows().items():
            asked = "" if name not in met else "   met" if met[name] else "   MISSED"
            lines.append(
                f"  {name:22s} {predicted:9.2f} flown {flown:9.2f} {unit:4s} {100 * (predicted / flown - 1):+6.1f} %{asked}"
            )
        return "\n".join(lines)


def _touchdown_mass(solution: Solution) -> float:
    return float(list(solution.phases.values())[-1].final.mass)


class PredictionBuilder(LaunchBuilder):
    """The launch of a stated payload, with what an operator holds."""

    def __init__(self, plan: Plan, guess: Any, payload: float, habits: Habits):
        super().__init__(plan, guess)
        self.payload, self.habits = payload, habits

    def phase(
        self,
        name: str,
        regime: str,
        inputs: Any,
        duration: Any,
        controls: Any = (),
        path: Any = (),
        *more: Any,
        **named: Any,
    ) -> None:
        """As for a launch, with the ascent no harder than operators climb."""
        if name == "ascent":
            most = max(min(self.habits.climb / self.habits.liftoff, 1.0), 0.7)
            controls = tuple(replace(c, upper=most) if c.name == "throttle" else c for c in controls)
            turn = PathConstraint(
                "angle_of_attack", self.limits["ascent"].angle_of_attack, upper=GRAVITY_TURN, unit="rad"
            )
            path = (*path, turn)
        elif name == "entry":
            duration = (1.0, self.habits.entry)
        super().phase(name, regime, inputs, duration, controls, path, *more, **named)

    def build_launch(self) -> Problem:
        """The whole problem: as much left in the upper stage as can be."""
        problem, home, habits = super().build_launch(), self.plan.target, self.habits
        self._hold_payload()
        last = "second_burn" if self.plan.two_burns else "upper"
        first = "flip" if "flip" in problem.phases else "coast"
        frame = self.plan.frame
        ground = 0.0 if home is None else float(frame.altitude(jnp.asarray(home)))
        held = self.plan.values["stage1.dry_mass"] + habits.held
        problem.constrain("cut-off: held", lambda e, p: e[first].initial.mass, held, np.inf, "kg")
        problem.constrain(
            "ignition: habit", lambda e, p: frame.altitude(e.ignition.initial.position) - ground,
            habits.ignition, np.inf, "m",
        )  # fmt: skip
        problem.maximize(lambda e, p: e[last].final.mass, unit="kg")
        return problem

    def _hold_payload(self) -> None:
        problem = self.problem
        for i, variable in enumerate(problem.free):
            if variable.name == "payload":
                problem.free[i] = replace(variable, lower=self.payload, upper=self.payload)
        problem.free_guess["payload"] = self.payload


def predict(
    mission: Mission,
    vehicle: str,
    habits: Habits,
    overrides: Mapping[str, float] | None = None,
    report: Callable[[str], None] | None = None,
) -> LaunchResult:
    """Optimise the flight of ``mission`` as an operator with these ``habits`` would.

    Args:
        mission: pad, payload, orbit and landing place; nothing of how it was flown.
        vehicle: name of a known vehicle, whose file the figures come from.
        habits: what is held.
        overrides: calibrated figures by key.
        report: receives one line a solve.
    """
    sea_level = (overrides or {}).get("stage1.engine.thrust_sea_level_kN")
    base = load_vehicle(vehicle)
    rated = sea_level if sea_level is not None else base.stage1.engine.thrust_sea_level / 1e3
    home, upper = base.recovery, base.stage2
    assert home is not None
    assert upper is not None
    left = max(0.1, habits.left / 1e3 - base.stage1.residual_t.value)
    changed: dict[str, Any] = dict(overrides or {})
    changed |= {
        "site": mission.site,
        "default_orbit": "sso700",  # any that every pad reaches: the mission's own is flown to
        "stage1.engine.thrust_sea_level_kN": rated * habits.liftoff,
        "limits.dynamic_pressure_max_kPa": habits.dynamic_pressure / 1e3,
        "recovery.dynamic_pressure_max_kPa": habits.return_pressure / 1e3,
        "recovery.landing_reserve_t": left,
        "recovery.return_reserve_t": left,
        # What flights show, 9 to 19 degrees, is inferred and uncertain: the upper end of what the file allows.
        "recovery.angle_of_attack_max_deg": home.angle_of_attack_max_deg.high,
        "stage2.engine.thrust_vacuum_kN": _upper_thrust(base, habits.liftoff),
        # A light payload and what is left weigh so little that the higher floor would break the limit of acceleration.
        "stage2.engine.throttle_min": _lowest(upper.engine.throttle_min),
    }
    # What limits thrust at lift-off does not limit a few throttled engines.
    landing = min(home.landing_throttle_max.value / habits.liftoff, 1.0)
    changed["recovery.landing_throttle_max"] = landing
    if mission.landing is not None and mission.recovery == "return_to_launch_site":
        changed["recovery.landing_site"] = mission.landing_site
    flown = load_vehicle(vehicle, changed)
    plan = make_plan(flown, mission.recovery, mission.orbit)
    frame, site = (
        vehicle_parameters.orbit_frame(mission.launch_site, mission.orbit, not mission.northward),
        mission.landing,
    )
    target = None if site is None else frame.place(site.latitude, site.longitude, site.elevation)
    values = plan.values | ({} if mission.fairing else {"fairing.mass": 0.0})
    plan = replace(plan, frame=frame, target=target, values=values, two_burns=False)
    return summarise(plan, _climb_to(plan, mission.payload_kg.si, habits, report))


def _climb_to(plan: Plan, payload: float, habits: Habits, report: Callable[[str], None] | None) -> Solution:
    """Solved by way of lower orbits where the plan's is high: one burn to there has no good guess of its own."""
    # The third, patient attempt has never found what these two did not.
    attempts = [replace(a, ipopt={**a.ipopt, "max_wall_time": LONGEST_ATTEMPT}) for a in ATTEMPTS[:2]]
    goal = plan.orbit.perigee_altitude
    altitude, step = min(goal, TWO_BURN_ALTITUDE), HIGHEST_STEP

    def solved(altitude: float, guess: LaunchGuess) -> Solution:
        there = replace(plan, orbit=lowered(plan.orbit, goal - altitude))
        if report is not None and altitude < goal:
            report(f"by way of {altitude / 1e3:.0f} km")
        return solve_patiently(PredictionBuilder(there, guess, payload, habits).build_launch(), report, attempts)

    found = solved(altitude, guess_launch(replace(plan, orbit=lowered(plan.orbit, goal - altitude)), report))
    while found.converged and altitude < goal:
        guess = LaunchGuess({name: guess_from(part) for name, part in found.phases.items()}, payload)
        higher = min(altitude + step, goal)
        raised = solved(higher, guess)
        if raised.converged or step < LOWEST_STEP:
            found, altitude = raised, higher
        else:
            step /= 2.0
    return found


def lowered(orbit: Orbit, by: float) -> Orbit:
    """The orbit with perigee and apogee lower by so many metres."""
    change = {
        name: figure.model_copy(update={"value": figure.value - by / 1e3, "low": None, "high": None})
        for name in ("perigee_altitude_km", "apogee_altitude_km")
        for figure in (getattr(orbit, name),)
    }
    return orbit.model_copy(update=change)


def _upper_thrust(vehicle: Vehicle, rating: float) -> float:
    """Vacuum thrust (kN) of an upper-stage engine of the same block, no less than its band says."""
    assert vehicle.stage2 is not None
    figure = vehicle.stage2.engine.thrust_vacuum_kN
    return max(figure.value * min(rating, 1.0), _lowest(figure))


def _lowest(figure: Figure) -> float:
    return figure.value if figure.low is None else figure.low


def leave_one_out(
    missions: Sequence[str],
    report: Callable[[str], None] | None = None,
    whole: Calibration | None = None,
) -> dict[str, Prediction]:
    """Predict each mission from figures and habits of the others, and compare it with its own reconstruction.

    Args:
        missions: known missions of one vehicle, to be predicted.
        report: receives one line a solve.
        whole: the calibration over all there are, whose reconstructions are compared with; from ``missions`` if left out.
    """
    whole = whole or calibrate(missions, report=report)
    found = {}
    for name in missions:
        others = without(whole, name, report)
        habits = habits_of(list(others.flights.values()))
        mission = whole.flights[name].mission
        block = mission.engine_rating.value  # what is known beforehand of the block it belongs to
        habits = replace(habits, liftoff=_block_rating(others, block))
        result = predict(mission, others.vehicle.name, habits, others.overrides(), report)
        found[name] = Prediction(mission, habits, result, whole.flights[name])
    return found


def _block_rating(others: Calibration, block: float) -> float:
    """Rating of engines of the same block, from the others if they have one, else as stated."""
    same = [_rating(f) for f in others.flights.values() if f.mission.engine_rating.value == block]
    return float(np.mean(same)) if same else block
