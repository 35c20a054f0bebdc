"""The result of a launch: payload, staging, propellant by burn, limits reached, verification, trajectory."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hoverslam.flights.launch.attempts import AGAIN, FINAL
from hoverslam.flights.launch.changes import PayloadSlope, changed_plan, restated
from hoverslam.flights.launch.falling.drop_zones import DropZones, drop_zones
from hoverslam.flights.launch.flight_check import FlightCheck
from hoverslam.flights.launch.limits import LaunchLimit
from hoverslam.flights.launch.plan import LaunchPlan
from hoverslam.flights.launch.search_record import Search
from hoverslam.flights.launch.structure import SHORTEST_BY_FLIGHT
from hoverslam.flights.launch.trajectory import downrange, trajectory
from hoverslam.flights.launch.validity import check_flight
from hoverslam.flights.outcome.limits_reached import LimitReached, limits_table, path_limits_reached
from hoverslam.flights.outcome.trajectories import trajectory_frame
from hoverslam.flights.outcome.verdict import passed, verdict
from hoverslam.ocp.answers.prediction import Prediction, predicted
from hoverslam.ocp.solved import Solved, solve_from
from hoverslam.ocp.solving.known import KnownPoint
from hoverslam.ocp.solving.solver import statement_shape
from hoverslam.ocp.statement.names import resolve
from hoverslam.physics.winds import Wind
from hoverslam.reports.json_text import Json, record
from hoverslam.reports.results import Result, write_netcdf
from hoverslam.vehicles.models import Vehicle
from hoverslam.vehicles.places import OrbitLike

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from matplotlib.figure import Figure

AT_BOUND = 1e-4  # relative: a duration closer to a bound of the search counts as at it
LEAST_BURN = 1e-3  # kg: a smaller change of mass is rounding


@dataclass
class LaunchResult(Result):
    """A solved launch. Masses in kg, speeds relative to the rotating Earth in m/s, altitudes and distances in m, times in s.

    Attributes:
        vehicle: Name of the vehicle.
        title: Name of the vehicle for a person.
        recovery: Recovery mode.
        orbit: Name of the orbit.
        inclination_deg: Inclination of the orbit (deg).
        payload: The greatest payload.
        liftoff_mass: Mass at lift-off.
        staging_time: Time of first-stage cut-off.
        staging_speed: Speed at cut-off.
        staging_altitude: Altitude at cut-off.
        staging_path_angle_deg: Flight-path angle at cut-off (deg).
        boostback_propellant: Propellant of the boostback burn; None where there is none.
        entry_propellant: Propellant of the entry burn; None for an expended booster.
        landing_propellant: Propellant of the landing burn; None for an expended booster.
        landing_reserve: Propellant left at touchdown; None for an expended booster.
        landing_downrange: Distance of the touchdown from the pad; None for an expended booster.
        landing_time: Time of touchdown; None for an expended booster.
        injection_time: Time of injection into the orbit.
        propellant: Propellant of each powered phase by name.
        limits: Path constraints of all phases, and what was reached of each.
        refly_error: Error of the independent re-flight, relative.
        path_violation: Largest violation of a limit between nodes, relative.
        converged: Whether the solver converged.
        verified: Whether the verification passed.
        status: Status of the solver.
        iterations: Iterations of the solver.
        seconds: Time of the solve.
        solution: The solution of the optimal-control problem.
        plan: The plan that was solved.
        structure: What is flown where there are several ways, as text.
        at_search_bounds: Phases whose duration is at a bound that only helps the search; empty in an accepted flight.
        search: What was tried; None where one structure was solved from one start.
    """

    vehicle: str
    title: str
    recovery: str
    orbit: str
    inclination_deg: float
    payload: float
    liftoff_mass: float
    staging_time: float
    staging_speed: float
    staging_altitude: float
    staging_path_angle_deg: float
    boostback_propellant: float | None
    entry_propellant: float | None
    landing_propellant: float | None
    landing_reserve: float | None
    landing_downrange: float | None
    landing_time: float | None
    injection_time: float
    propellant: dict[str, float]
    limits: list[LimitReached]
    refly_error: float
    path_violation: float
    converged: bool
    verified: bool
    status: str
    iterations: int
    seconds: float
    solution: Solved
    plan: LaunchPlan
    structure: str
    at_search_bounds: tuple[str, ...] = ()
    search: Search | None = None

    @property
    def burns(self) -> dict[str, float]:
        """Propellant of each burn by phase (kg), without coasts, whose mass changes by rounding only."""
        return {name: mass for name, mass in self.propellant.items() if mass > LEAST_BURN}

    def exchange_ratios(self) -> tuple[float, float]:
        """Return the change of payload (kg) per kilogram of landing reserve, and per kilogram of first-stage dry mass."""
        slopes = self.solution.sensitivities()
        return slopes["landing.reserve"], slopes["stage1.dry_mass"]

    def resolve(
        self,
        changes: Mapping[str, float] | None = None,
        *,
        orbit: OrbitLike | None = None,
        constraints: Sequence[LaunchLimit] | None = None,
        verify: bool = True,
        report: Callable[[str], None] | None = None,
    ) -> "LaunchResult":
        """Solve the launch again with other figures, another orbit or other limits, from this flight and on its mesh.

        The structure stays as it is: other numbers of burns are not tried. Where the mesh is too coarse for the changed
        flight, it is refined.

        Args:
            changes: New values of figures of the vehicle file by key, such as ``{"stage1.dry_mass_t": 40.0}``, in the unit
                of the key.
            orbit: Another orbit.
            constraints: The limits beside those of the vehicle, all of them.
            verify: Whether to verify the flight. Without it the answer comes sooner, and is not verified.
            report: Receives one line for each pass of a refinement.

        Returns:
            The changed launch; look at ``verified`` before using it.

        Raises:
            KeyError: For a key that is no figure of the vehicle.
            VehicleError: For an orbit that is unknown or out of reach.
        """
        plan = changed_plan(self.plan, changes, orbit=orbit, constraints=constraints)
        figures_alone = bool(changes) and orbit is None and constraints is None
        moved = self._slope.moved_parameters(changes or (), plan) if figures_alone else None
        return self._again(plan, verify, report, moved)

    def predict(self, changes: Mapping[str, float]) -> Prediction:
        """Return, to first order, the payload (kg) for other figures of the vehicle file; nothing is solved.

        The derivative by a figure is computed when it is first asked for; later calls take microseconds. Within one per
        cent of a figure the payload is met to a thousandth.

        Args:
            changes: New values by key, such as ``{"stage1.dry_mass_t": 40.0}``, in the unit of the key.

        Raises:
            KeyError: For a key that is no figure of the vehicle.
            ValueError: If the launch did not converge.
        """
        known = {key: figure.value for key, figure in self.plan.vehicle.figures()}
        return predicted(self.payload, {key: self.slope(key) for key in changes}, known, changes)

    def slope(self, key: str) -> float:
        """Return the derivative of the payload by a figure of the vehicle file (kg per unit of the key).

        Raises:
            KeyError: For a key that is no figure of the vehicle.
            ValueError: If the launch did not converge.
        """
        return self._slope(key)

    @cached_property
    def _slope(self) -> PayloadSlope:
        return PayloadSlope(self.solution, self.plan, self.payload)

    def with_vehicle(
        self, vehicle: Vehicle, *, verify: bool = True, report: Callable[[str], None] | None = None
    ) -> "LaunchResult":
        """Solve the launch again for another vehicle of the same kind, such as a changed copy; see :meth:`resolve`.

        Raises:
            VehicleError: For a vehicle without the recovery mode, or whose pad does not reach the orbit.
            ValueError: For a vehicle whose launch has other phases.
        """
        return self._again(changed_plan(self.plan, vehicle=vehicle), verify, report)

    def _again(
        self,
        plan: LaunchPlan,
        verify: bool,
        report: Callable[[str], None] | None,
        moved: Mapping[str, float] | None = None,
    ) -> "LaunchResult":
        """Solve a changed plan on the mesh of this flight, else on finer ones.

        Args:
            plan: The plan.
            verify: Whether to verify the flight.
            report: Receives one line for each pass of a refinement.
            moved: New values of given parameters (SI), if the plan differs in them alone; else it is stated again.
        """
        found = self._on_same_mesh(plan, verify, moved)
        if found is not None and found.converged and (passed(found) or not verify):
            return summarise(plan, found)
        start = KnownPoint.of(found if found is not None and found.converged else self.solution)
        problem = restated(self.solution, plan, self.payload)
        return summarise(plan, solve_from(problem, start, replace(FINAL, verify=verify), report or (lambda line: None)))

    def _on_same_mesh(self, plan: LaunchPlan, verify: bool, moved: Mapping[str, float] | None) -> Solved | None:
        """Return the solution of a changed plan on the mesh of this flight; None if it has other constraints."""
        if moved is not None:
            return self.solution.resolve(moved, AGAIN, verify)
        problem = restated(self.solution, plan, self.payload)
        if statement_shape(problem) != statement_shape(self.solution.problem):
            return None
        return self.solution.resolve(options=AGAIN, verify=verify, problem=problem)

    def check(self) -> FlightCheck:
        """Fly every phase again with the full physics and compare it with every limit that applies to it.

        Raises:
            ValueError: If nothing was flown, because the solution was not verified.
        """
        plan = self.plan
        return check_flight(self.trajectory(), plan.vehicle, plan.recovery, plan.orbit, plan.constraints)

    def trajectory(self) -> "xr.Dataset":
        """Return labelled time histories of every phase at its re-flown samples."""
        return self._trajectory.copy(deep=True)

    @cached_property
    def _trajectory(self) -> "xr.Dataset":
        return trajectory(self.plan, self.solution)

    def drop_zones(self, wind: Wind | None = None, ground_altitude: float = 0.0) -> DropZones:
        """Return where the bodies that are not recovered come down; see :func:`hoverslam.drop_zones`.

        Args:
            wind: Wind profile that every body falls through; still air if left out.
            ground_altitude: Altitude of the ground at the drop zones (m).
        """
        return drop_zones(self, wind, ground_altitude)

    def report(self) -> str:
        """Return payload, staging, propellant by burn, landing, limits and verdict as text."""
        lines = [
            f"{self.title}, {self.recovery.replace('_', ' ')}, to {self.orbit} at {self.inclination_deg:.1f} deg",
            f"payload {self.payload:,.1f} kg, lift-off mass {self.liftoff_mass:,.0f} kg",
            f"staging at {self.staging_time:.1f} s: {self.staging_speed:,.1f} m/s, {self.staging_altitude / 1e3:.2f} km, "
            f"flight-path angle {self.staging_path_angle_deg:.1f} deg",
            f"injection at {self.injection_time:.1f} s",
            f"structure: {self.structure}",
            "propellant: " + ", ".join(f"{name} {mass:,.0f} kg" for name, mass in self.burns.items()),
        ]
        if self.landing_time is not None and self.landing_downrange is not None:
            lines.append(
                f"touchdown at {self.landing_time:.1f} s, {self.landing_downrange / 1e3:,.1f} km from the pad, "
                f"landing reserve {self.landing_reserve or 0.0:,.0f} kg"
            )
        if self.search is not None:
            lines.append(self.search.line())
        return "\n".join([*lines, "", limits_table(self.limits), "", self._verdict()])

    def _verdict(self) -> str:
        found = verdict(self.converged, self.verified).heading
        errors = f"re-flight error {self.refly_error:.1e}, path violation {self.path_violation:.1e}"
        text = f"{found}: {self.status}, {errors}; {self.iterations} iterations, {self.seconds:.1f} s"
        if self.at_search_bounds:
            text += f"\nnot accepted: the duration of {', '.join(self.at_search_bounds)} is at a bound of the search"
        return text

    def as_json(self) -> dict[str, Json]:
        """Return the figures as plain values; keys carry units."""
        reached_km = None if self.landing_downrange is None else self.landing_downrange / 1e3
        return record(
            {
                "vehicle": self.vehicle,
                "title": self.title,
                "recovery": self.recovery,
                "orbit": self.orbit,
                "inclination_deg": self.inclination_deg,
                "payload_kg": self.payload,
                "liftoff_mass_kg": self.liftoff_mass,
                "staging_time_s": self.staging_time,
                "staging_speed_m_s": self.staging_speed,
                "staging_altitude_km": self.staging_altitude / 1e3,
                "staging_path_angle_deg": self.staging_path_angle_deg,
                "boostback_propellant_kg": self.boostback_propellant,
                "entry_propellant_kg": self.entry_propellant,
                "landing_propellant_kg": self.landing_propellant,
                "landing_reserve_kg": self.landing_reserve,
                "landing_downrange_km": reached_km,
                "landing_time_s": self.landing_time,
                "injection_time_s": self.injection_time,
                "propellant_kg": self.burns,
                "limits": [limit.as_json() for limit in self.limits],
                "refly_error": self.refly_error,
                "path_violation": self.path_violation,
                "converged": self.converged,
                "verified": self.verified,
                "status": self.status,
                "iterations": self.iterations,
                "solve_s": self.seconds,
                "structure": self.structure,
                "at_search_bounds": list(self.at_search_bounds),
                "search": self.search.as_json() if self.search is not None else None,
            }
        )

    def to_frame(self) -> "pd.DataFrame":
        """Return the trajectory as a table, one row a sample."""
        return trajectory_frame(self.trajectory())

    def plot(self) -> "Figure":
        """Return altitude over downrange distance, speed and dynamic pressure of each body, and propellant by burn."""
        from hoverslam.flights.launch.picture import draw_launch  # matplotlib is slow to import

        return draw_launch(self.trajectory(), self.burns, f"{self.title}, {self.recovery.replace('_', ' ')}")

    def _writers(self) -> Mapping[str, Callable[[Path], None]]:
        return {**super()._writers(), ".nc": write_netcdf(lambda path: self.trajectory().to_netcdf(path))}


def at_search_bounds(plan: LaunchPlan, solution: Solved) -> tuple[str, ...]:
    """Return the phases whose duration is at a bound that only keeps the search finite."""
    found = []
    for segment in plan.structure.segments:
        part = solution[segment.name]
        low, high = (resolve(bound, solution.values) for bound in part.phase.duration)
        if low == high:
            continue
        shortest = segment.kind not in SHORTEST_BY_FLIGHT and part.duration <= low * (1.0 + AT_BOUND)
        if shortest or part.duration >= high * (1.0 - AT_BOUND):
            found.append(segment.name)
    return tuple(found)


def summarise(plan: LaunchPlan, solution: Solved, judge_bounds: bool = True) -> LaunchResult:
    """Return the result of a solved plan. One whose solution was not verified is not verified either.

    Args:
        plan: The plan.
        solution: Its solution.
        judge_bounds: Whether a duration at its bound means that the search was too narrow; False where an operator's
            habits bound durations.
    """
    staging, check = solution["ascent"].final, solution.verification
    used = {
        n: float(s.states[0, 6] - s.states[-1, 6])
        for n, s in solution.phases.items()
        if s.states[0, 6] > s.states[-1, 6]
    }
    home = plan.structure.branch("stage1")
    landing = [] if home is None else [s.name for s in home.segments if s.kind in ("ignition", "landing")]
    down = solution[landing[-1]] if home is not None else None
    speed = float(np.linalg.norm(staging.velocity))
    climb = float(staging.velocity @ plan.frame.up(staging.position))
    bounds = at_search_bounds(plan, solution) if judge_bounds else ()
    return LaunchResult(
        vehicle=plan.vehicle.name,
        title=plan.vehicle.title,
        recovery=plan.recovery,
        orbit=plan.orbit.name,
        inclination_deg=float(np.degrees(plan.orbit.inclination)),
        payload=float(solution.parameters.payload),
        liftoff_mass=float(solution["rise"].initial.mass),
        staging_time=float(solution["ascent"].time[1]),
        staging_speed=speed,
        staging_altitude=float(plan.frame.altitude(staging.position)),
        staging_path_angle_deg=float(np.degrees(np.arcsin(np.clip(climb / speed, -1, 1)))),
        boostback_propellant=used.get("boostback"),
        entry_propellant=used.get("entry", 0.0) if home is not None else None,
        landing_propellant=sum(used.get(n, 0.0) for n in landing) if home is not None else None,
        landing_reserve=plan.values["landing.reserve"] if home is not None else None,
        landing_downrange=float(downrange(plan, down.final.position)) if down is not None else None,
        landing_time=float(down.time[1]) if down is not None else None,
        injection_time=float(solution[plan.structure.injection].time[1]),
        propellant=used,
        limits=path_limits_reached(solution) if check is not None else [],
        refly_error=check.refly_error if check is not None else np.nan,
        path_violation=check.path_violation if check is not None else np.nan,
        converged=solution.converged,
        verified=passed(solution) and not bounds,
        status=solution.status,
        iterations=solution.iterations,
        seconds=solution.seconds,
        solution=solution,
        plan=plan,
        structure=plan.structure.label,
        at_search_bounds=bounds,
    )
