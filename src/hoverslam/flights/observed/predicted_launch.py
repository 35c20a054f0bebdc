"""The launch of a stated payload, optimised as an operator with certain habits would fly it.

An operator with propellant to spare does not fly with the least propellant. The first stage keeps a standard amount of
propellant at cut-off, reduces thrust for dynamic pressure, climbs below rated thrust, descends within a dynamic
pressure and an angle of attack, and ignites the landing burn at a standard altitude. Within these limits the mass left
in the upper stage is maximised.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import jax.numpy as jnp
import numpy as np

from hoverslam.flights.launch.attempts import ATTEMPTS, solve_patiently
from hoverslam.flights.launch.guess import LaunchGuess
from hoverslam.flights.launch.plan import LaunchPlan, make_plan
from hoverslam.flights.launch.problem import LaunchBuilder
from hoverslam.flights.launch.result import LaunchResult, summarise
from hoverslam.flights.launch.starts import guess_launch
from hoverslam.flights.launch.structure import Choice
from hoverslam.flights.observed.assumptions import assumptions
from hoverslam.flights.observed.habits import Habits
from hoverslam.flights.observed.observation import mission_frame
from hoverslam.ocp.solved import Solved
from hoverslam.ocp.solving.carry import guess_from
from hoverslam.ocp.statement.mesh import Mesh
from hoverslam.ocp.statement.names import Variable
from hoverslam.ocp.statement.phase import PathConstraint
from hoverslam.ocp.statement.problem import Problem
from hoverslam.vehicles.loading import load_vehicle
from hoverslam.vehicles.missions import Mission
from hoverslam.vehicles.models import Vehicle, operations_of

LONGEST_ATTEMPT = 75.0  # s: a mesh pass that converges takes 2 to 15
HIGHEST_STEP, LOWEST_STEP = 200e3, 20e3  # m between the orbits of a continuation towards a high one
LEAST_RESERVE = 0.1  # t: a vehicle file accepts no reserve of zero


class PredictionBuilder(LaunchBuilder):
    """The launch of a stated payload, within the habits of an operator."""

    def __init__(self, plan: LaunchPlan, guess: LaunchGuess, payload: float, habits: Habits):
        """Start a problem for ``payload`` (kg)."""
        super().__init__(plan, guess)
        self.payload, self.habits = payload, habits

    def phase(
        self,
        name: str,
        regime: str,
        inputs: Callable[..., Any],
        duration: float | tuple[float, float],
        controls: tuple[Variable, ...] = (),
        path: tuple[PathConstraint, ...] = (),
        mesh: Mesh | None = None,
        initial_time: float | None = None,
    ) -> None:
        """Add one phase as for a launch, with the thrust of the climb and the length of the entry burn limited."""
        given = assumptions().habits
        if name == "ascent":
            climb = self.habits.climb_thrust / self.habits.liftoff_thrust
            most = max(min(climb, 1.0), given.climb_thrust_min.si)
            controls = tuple(replace(c, upper=most) if c.name == "throttle" else c for c in controls)
            turn = PathConstraint(
                "angle_of_attack", self.limits["ascent"].angle_of_attack, upper=given.gravity_turn_deg.si, unit="rad"
            )
            path = (*path, turn)
        elif name == "entry":
            duration = (1.0, self.habits.entry_burn_max)
        super().phase(name, regime, inputs, duration, controls, path, mesh, initial_time)

    def build_launch(self) -> Problem:
        """Return the whole problem: the final mass of the upper stage is maximised."""
        problem, target, habits = super().build_launch(), self.plan.target, self.habits
        self._fix_payload()
        last, home = self.plan.structure.injection, self.plan.structure.branch("stage1")
        assert home is not None
        first = home.names[0]
        frame = self.plan.frame
        ground = 0.0 if target is None else float(frame.altitude(jnp.asarray(target)))
        held = self.plan.values["stage1.dry_mass"] + habits.propellant_held
        problem.constrain("cut-off: held", lambda e, p: e[first].initial.mass, held, np.inf, "kg")
        problem.constrain(
            "ignition: habit", lambda e, p: frame.altitude(e.ignition.initial.position) - ground,
            habits.ignition_altitude, np.inf, "m",
        )  # fmt: skip
        problem.maximize(lambda e, p: e[last].final.mass, unit="kg")
        return problem

    def _fix_payload(self) -> None:
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
    """Optimise the flight of ``mission`` as an operator with these ``habits`` would fly it.

    Args:
        mission: Pad, payload, orbit and landing site; nothing of how it was flown.
        vehicle: Name of a known vehicle or a vehicle file, in which figures are overridden.
        habits: Limits beside those of the vehicle.
        overrides: Calibrated figures by key of the vehicle file.
        report: Receives one line a solve.

    Raises:
        VehicleError: If the vehicle is unknown or an override cannot be used.
    """
    flown = load_vehicle(vehicle, _overrides(mission, load_vehicle(vehicle), habits, overrides or {}))
    back = mission.recovery == "return_to_launch_site"
    plan = make_plan(flown, mission.recovery, mission.orbit, choice=Choice(1, back, True))
    frame, site = mission_frame(mission), mission.landing
    target = None if site is None else frame.place(site.latitude, site.longitude, site.elevation)
    values = plan.values | ({} if mission.fairing else {"fairing.mass": 0.0})
    plan = replace(plan, frame=frame, target=target, values=values)
    solved = _solve_by_continuation(plan, mission.payload_kg.si, habits, report)
    return summarise(plan, solved, judge_bounds=False)


def _overrides(mission: Mission, base: Vehicle, habits: Habits, calibrated: Mapping[str, float]) -> dict[str, Any]:
    """Return all figures in which the predicted flight differs from the vehicle file."""
    home, upper = base.recovery, base.stage2
    assert home is not None
    assert upper is not None
    sea_level = calibrated.get("stage1.engine.thrust_sea_level_kN")
    rated = sea_level if sea_level is not None else base.stage1.engine.thrust_sea_level / 1e3
    reserve = max(LEAST_RESERVE, habits.propellant_left / 1e3 - base.stage1.residual_t.value)
    changed: dict[str, Any] = dict(calibrated)
    changed |= {
        "site": mission.site,
        "default_orbit": "sso700",  # any orbit that every pad reaches: the prediction flies to the mission's own
        "stage1.engine.thrust_sea_level_kN": rated * habits.liftoff_thrust,
        "limits.dynamic_pressure_max_kPa": habits.dynamic_pressure / 1e3,
        "recovery.dynamic_pressure_max_kPa": habits.return_dynamic_pressure / 1e3,
        "recovery.landing_reserve_t": reserve,
        "recovery.return_reserve_t": reserve,
        # Flights show 9 to 19 degrees, which are inferred and uncertain: the upper end of the file's band is taken.
        "recovery.angle_of_attack_max_deg": home.angle_of_attack_max_deg.high,
        "stage2.engine.thrust_vacuum_kN": _upper_thrust(base, habits.liftoff_thrust),
        # With a light payload and little propellant the thrust at the published throttle floor would exceed the limit on
        # the axial acceleration: the lower end of its band is taken.
        "stage2.engine.throttle_min": upper.engine.throttle_min.ends[0],
        # A lower rating of all engines at lift-off does not limit a few throttled engines.
        "recovery.landing_throttle_max": min(home.landing_throttle_max.value / habits.liftoff_thrust, 1.0),
    }
    if mission.landing is not None and mission.recovery == "return_to_launch_site":
        changed["recovery.landing_site"] = mission.landing_site
    return changed


def _solve_by_continuation(
    plan: LaunchPlan, payload: float, habits: Habits, report: Callable[[str], None] | None
) -> Solved:
    """Return the solution of a plan, by way of lower orbits where its orbit is high.

    The simulated guess of a single burn into a high orbit is too poor to converge from. The continuation starts at an
    orbit with a good guess and raises it in steps, which are halved where one fails.
    """
    # The third attempt, the slowest, has never converged where these two did not.
    attempts = [replace(a, ipopt={**a.ipopt, "max_cpu_time": LONGEST_ATTEMPT}) for a in ATTEMPTS[:2]]
    goal = plan.orbit.perigee_altitude
    altitude, step = min(goal, operations_of(plan.vehicle).two_burn_altitude_km.si), HIGHEST_STEP

    def at(altitude: float) -> LaunchPlan:
        apogee = plan.orbit.apogee_altitude - (goal - altitude)
        return replace(plan, orbit=plan.orbit.with_altitudes(altitude, apogee))

    def solved(altitude: float, guess: LaunchGuess) -> Solved:
        if report is not None and altitude < goal:
            report(f"by way of {altitude / 1e3:.0f} km")
        problem = PredictionBuilder(at(altitude), guess, payload, habits).build_launch()
        return solve_patiently(problem, report, attempts)

    found = solved(altitude, guess_launch(at(altitude), report))
    while found.converged and altitude < goal:
        guess = LaunchGuess({name: guess_from(part) for name, part in found.phases.items()}, payload)
        higher = min(altitude + step, goal)
        raised = solved(higher, guess)
        if raised.converged or step < LOWEST_STEP:
            found, altitude = raised, higher
        else:
            step /= 2.0
    return found


def _upper_thrust(vehicle: Vehicle, rating: float) -> float:
    """Return the vacuum thrust (kN) of an upper-stage engine of the same block, not below the figure's band."""
    assert vehicle.stage2 is not None
    figure = vehicle.stage2.engine.thrust_vacuum_kN
    return max(figure.value * min(rating, 1.0), figure.ends[0])
