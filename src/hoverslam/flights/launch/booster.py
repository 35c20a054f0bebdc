"""Phases of a body that comes home: flip and boostback or deorbit burn where it has them, coast, entry burn, glide, landing.

The same segments serve the first stage, side boosters and an upper stage; :class:`Returner` holds what differs.
"""

from collections.abc import Callable

import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from hoverslam.data.figures import Figure
from hoverslam.flights.craft import vehicle_parameters
from hoverslam.flights.craft.conditions import keep_upright_at_touchdown, linear_control_mesh, norm
from hoverslam.flights.launch.limits import landing_throttle_min
from hoverslam.flights.launch.phases import PhaseBuilder, angle_controls
from hoverslam.flights.launch.returner import Returner
from hoverslam.flights.launch.structure import Branch, Segment
from hoverslam.ocp.statement.names import Named, Variable
from hoverslam.physics.motion import Inputs
from hoverslam.vehicles.recovery import Recovery
from hoverslam.vehicles.upper_recovery import UpperRecovery

# Bounds of the pitch (rad) in the boostback burn: the booster turns nose up past the vertical, never nose down.
OVER_THE_TOP = (np.pi / 3, 1.03 * np.pi)
CROSS_PLANE_SHARE = 0.3  # of the angle of attack, for steering out of the launch plane; 95 % remain in the plane

# Lower bound of the throttle in the ignition transient. It rises from zero there, and an interior-point solver cannot
# approach a start that lies on the bound.
IGNITION_THROTTLE_BOUND = -0.1

# Bounds of durations (s) that only keep the search of the solver finite.
LONGEST_COAST, BOOSTBACK, ENTRY, GLIDE, LONGEST_LANDING = 900.0, (2.0, 200.0), (1.0, 90.0), (5.0, 400.0), 50.0
LONGEST_FLIP = 8.0  # times a turn of 180 degrees at the largest rate
FROM_ORBIT = {"coast": (60.0, 4000.0), "deorbit": (0.5, 200.0), "glide": (60.0, 1500.0)}  # of an upper stage

STARTS = (
    "start.time",
    *(f"start.{kind}_{axis}" for kind in ("position", "velocity") for axis in ("downrange", "left", "up")),
)
"""Given parameters of a booster that starts alone: time (s), position (m), velocity (m/s)."""


class BoosterBuilder(PhaseBuilder):
    """Adds the bodies that come home, from their separation to touchdown."""

    def way_home(self, branch: Branch, start: NDArray[np.float64] | None = None) -> None:
        """Add the segments of a branch, joined to each other, to the body's separation and to its landing place.

        Args:
            branch: The segments.
            start: Where the body starts if the ascent is not part of the problem: time, position, velocity and pitch
                ``(8,)``.
        """
        body = self.plan.returner(branch.body)
        first = branch.segments[0]
        before = ""
        for segment in branch.segments:
            self._home_segment(body, branch, segment, before, None if start is None else float(start[7]))
            if segment is first:
                self._part(branch, body, first.name) if start is None else self._start_alone(first.name, start)
            before = segment.name
        self._touchdown(body, before)

    def _home_segment(self, body: Returner, branch: Branch, segment: Segment, before: str, pitch: float | None) -> None:
        """Add one segment of a recovery."""
        name, off = segment.name, vehicle_parameters.descent_inputs(0, body.body)
        alpha = body.home.angle_of_attack_max_deg.si
        if segment.kind == "flip":
            self._flip(body, branch, name, pitch)
        elif segment.kind == "boostback":
            self._boostback(body, name, before)
        elif segment.kind == "deorbit":
            self._deorbit(name)  # at once: waiting in orbit for the landing place costs no propellant
        elif segment.kind == "coast":
            self._coast(body, name, off, before)
        elif segment.kind == "entry":
            self._entry(body, name, alpha, before)
        elif segment.kind == "glide":
            gliding = self._descent_controls((0.0, 0.0), alpha)
            range_ = FROM_ORBIT["glide"] if body.body == "upper_stage" else GLIDE
            self.phase(name, "descent", off, self.search_range(name, *range_), gliding, mesh=linear_control_mesh(20))
            braked = before.endswith("entry")
            self.problem.link(before, name, controls=("alpha", "beta") if braked else ())
        elif segment.kind == "ignition":
            self._ignition(body, name, before)
        else:
            self._landing(body, branch, segment, before)

    def _coast(self, body: Returner, name: str, off: Callable[[Named], Inputs], before: str) -> None:
        """Add the flight without thrust after the turn, long enough for the turn to the attitude of the descent."""
        turn = np.pi / vehicle_parameters.flip_rate(self.vehicle)
        least = turn if body.body != "upper_stage" else 0.0
        longest = FROM_ORBIT["coast"] if body.body == "upper_stage" else (turn, LONGEST_COAST)
        duration = self.search_range(name, *longest, least=least)
        self.phase(name, "descent", off, duration, mesh=linear_control_mesh(8, 6))
        if before:
            self.problem.link(before, name)

    def _entry(self, body: Returner, name: str, alpha: float, before: str) -> None:
        """Add the burn that slows the body before it meets denser air."""
        home = body.home
        assert isinstance(home, Recovery)
        lit = vehicle_parameters.descent_inputs(home.entry_engines or 1, body.body)
        controls = self._descent_controls(_steady(home.entry_throttle_max), alpha)
        self.phase(name, "descent", lit, self.search_range(name, *ENTRY), controls, mesh=linear_control_mesh(5))
        frame, lowest = self.plan.frame, self.operations.entry_end_altitude_min_km.si
        self.problem.constrain(
            f"{name}: end altitude", lambda e, p: frame.altitude(e[name].final.position), lowest, np.inf, "m"
        )
        self.problem.link(before, name)

    def _descent_controls(
        self, throttle: tuple[float, float], alpha: float, ramp: float | None = None
    ) -> tuple[Variable, ...]:
        """Return the controls of a descending stage: two angles from the flow, as tangents, and throttle.

        The limit ``alpha`` (rad) on the angle of attack is a circle in the two tangents. A box inside the circle makes it
        a bound on the controls, which holds between nodes as well; most of it is left to the launch plane.
        """
        low, high = throttle
        most, rate = float(np.tan(alpha)), self.operations.descent_angle_rate_max_deg_s.si
        in_plane, across = most * np.sqrt(1.0 - CROSS_PLANE_SHARE**2), most * CROSS_PLANE_SHARE
        return (
            Variable("alpha", None, "", -in_plane, in_plane, rate=rate),
            Variable("beta", None, "", -across, across, rate=rate),
            Variable("throttle", None, "", low, high, rate=ramp),
        )

    # ---- start -----------------------------------------------------------------------------------------------------
    def _part(self, branch: Branch, body: Returner, first: str) -> None:
        """Start phase ``first`` where the phase ends in which the body still belongs to the stack."""
        after, kind = branch.after, body.body
        self.problem.constrain(f"{first}: time", lambda e, p: e[first].initial_time - e[after].final_time, unit="s")
        for state in ("position", "velocity"):
            self.problem.constrain(f"{first}: {state}", _difference(first, after, state))

        def mass(e: Named, p: Named) -> Array:
            final = e[after].final.mass
            if kind == "stage1":
                alone = final - vehicle_parameters.upper_stack_mass(p)
            elif kind == "side_boosters":
                alone = vehicle_parameters.side_booster_mass(p, e[after].final_time)
            else:
                alone = final - p["payload"] - p["payload.adapter"]
            return e[first].initial.mass - alone

        self.problem.constrain(f"{first}: mass", mass, unit="kg")

    def _start_alone(self, first: str, start: NDArray[np.float64]) -> None:
        """Start phase ``first`` from given parameters, so that the optimum can be solved again for other starts."""
        for name, value in zip(STARTS, start, strict=False):
            self.problem.parameter(name, value=float(value))

        def begins(state: str, names: tuple[str, ...]) -> Callable[[Named, Named], Array]:
            return lambda e, p: e[first].initial[state] - jnp.stack([p[name] for name in names])

        self.problem.constrain(f"{first}: time", lambda e, p: e[first].initial_time - p[STARTS[0]], unit="s")
        self.problem.constrain(f"{first}: position", begins("position", STARTS[1:4]), unit="m")
        self.problem.constrain(f"{first}: velocity", begins("velocity", STARTS[4:7]), unit="m/s")

    def _flip(self, body: Returner, branch: Branch, name: str, pitch: float | None) -> None:
        """Add the turn before the boostback; ``pitch`` (rad) is the pitch at cut-off if the ascent is not in the problem."""
        rate, settling = vehicle_parameters.flip_rate(self.vehicle), self.operations.booster_settling_s.si
        low, high = self.search_range(name, settling, settling + LONGEST_FLIP * np.pi / rate, least=settling)
        off = vehicle_parameters.descent_inputs(0, body.body)
        self.phase(name, "descent", off, (low, high), mesh=linear_control_mesh(2))
        burn, after = body.prefix + "boostback", branch.after

        # The angle of the flip is the change of pitch; yaw, of one or two degrees, is neglected.
        def spare_turn(e: Named, p: Named) -> Array:
            begun = e[after].final_control.pitch if pitch is None else pitch
            return rate * (e[name].duration - settling) - (e[burn].initial_control.pitch - begun)

        self.problem.constrain(f"{name}: turn within the rate limit", spare_turn, 0.0, np.inf, "rad")

    def _boostback(self, body: Returner, name: str, before: str) -> None:
        """Add the burn against the flight."""
        home = body.home
        assert isinstance(home, Recovery)
        lit = vehicle_parameters.descent_inputs(home.boostback_engines or 1, body.body)
        turning = self.operations.boostback_pitch_rate_max_deg_s.si
        controls = angle_controls(_steady(home.boostback_throttle_max), turning, OVER_THE_TOP)
        duration = self.search_range(name, *BOOSTBACK)
        self.phase(name, "turning", lit, duration, controls, mesh=linear_control_mesh(4, 5))
        self.problem.link(before, name)

    def _deorbit(self, name: str) -> None:
        """Add the burn by which an upper stage leaves its orbit."""
        stage = self.vehicle.stage2
        assert stage is not None
        lit = vehicle_parameters.deorbit_inputs(stage.engine.count, "stage2")
        throttle = (stage.engine.throttle_min.si, stage.engine.throttle_max.si)
        controls = angle_controls(throttle, self.operations.boostback_pitch_rate_max_deg_s.si)
        duration = self.search_range(name, *FROM_ORBIT["deorbit"])
        self.phase(name, "turning", lit, duration, controls, mesh=linear_control_mesh(3))

    # ---- landing ---------------------------------------------------------------------------------------------------
    def _most_lean(self, home: Recovery | UpperRecovery) -> float:
        """Return the largest angle of attack in a landing burn (rad)."""
        return min(self.operations.landing_angle_of_attack_max_deg.si, home.angle_of_attack_max_deg.si)

    def _landing(self, body: Returner, branch: Branch, segment: Segment, before: str) -> None:
        """Add the part of the landing burn that is flown with one engine count."""
        home, name = body.home, segment.name
        lit = vehicle_parameters.descent_inputs(segment.engines, body.body)
        throttle = (landing_throttle_min(self.vehicle, body.body), home.landing_throttle_max.si)
        shortest = self.operations.landing_burn_min_s.si
        duration = self.search_range(name, shortest, LONGEST_LANDING, least=shortest)
        controls = self._descent_controls(throttle, self._most_lean(home))
        intervals = 8 if segment is branch.segments[-1] else 3
        self.phase(name, "descent", lit, duration, controls, mesh=linear_control_mesh(intervals))
        follows = ("alpha", "beta", "throttle") if before.endswith("ignition") else ("alpha", "beta")
        self.problem.link(before, name, controls=follows)

    def _ignition(self, body: Returner, name: str, before: str) -> None:
        """Add the ignition transient: the throttle rises from zero over the lead, no faster than linearly."""
        home, frame = body.home, self.plan.frame
        lead, top = home.ignition_lead_s.si, home.landing_throttle_max.si
        lit = vehicle_parameters.descent_inputs(home.landing_engines[0], body.body)
        controls = self._descent_controls((IGNITION_THROTTLE_BOUND, top), self._most_lean(home), top / lead)
        self.phase(name, "descent", lit, lead, controls, mesh=linear_control_mesh(1, 10))
        self.problem.link(before, name, controls=("alpha", "beta"))
        self.problem.constrain(f"{name}: from nothing", lambda e, p: e[name].initial_control.throttle)
        if not isinstance(home, Recovery):
            return
        lowest = home.landing_ignition_altitude_min_km
        if lowest is not None:
            self.problem.constrain(
                f"{name}: altitude", lambda e, p: frame.altitude(e[name].initial.position), lowest.si, np.inf, "m"
            )
        if home.approach_angle_max_deg is not None:
            self._steep_approach(name, home.approach_angle_max_deg.si)

    def _steep_approach(self, name: str, most: float) -> None:
        """Hold the velocity within ``most`` (rad) of straight down where the landing burn is lit."""
        frame = self.plan.frame

        def spare(e: Named, p: Named) -> Array:
            position, velocity = frame.from_centre(e[name].initial.position), e[name].initial.velocity
            return -(velocity @ position) / (norm(velocity) * norm(position)) - np.cos(most)

        self.problem.constrain(f"{name}: steep approach", spare, 0.0, np.inf)

    def _touchdown(self, body: Returner, last: str) -> None:
        """Touch down at the end of phase ``last``: on the target, at rest there, upright, with the landing reserve left."""
        target, drift, frame, what = body.target, body.target_velocity, self.plan.frame, f"{body.prefix}touchdown"
        if target is None:
            self.problem.constrain(f"{what}: altitude", lambda e, p: frame.altitude(e[last].final.position), unit="m")
        else:
            self.problem.constrain(
                f"{what}: position",
                lambda e, p: e[last].final.position - target - drift * e[last].final_time,
                unit="m",
            )
        self.problem.constrain(f"{what}: velocity", lambda e, p: e[last].final.velocity - drift, unit="m/s")
        tangent = float(np.tan(self.operations.touchdown_tilt_max_deg.si))
        keep_upright_at_touchdown(self.problem, last, tangent, what)
        least = body.least_mass
        self.problem.constrain(f"{what}: mass", lambda e, p: e[last].final.mass - least(p), 0.0, np.inf, "kg")


def _steady(planned: Figure | None) -> tuple[float, float]:
    """Return equal bounds of the throttle: boostback and entry burns are flown at one steady throttle."""
    throttle = 1.0 if planned is None else planned.si
    return throttle, throttle


def _difference(first: str, after: str, state: str) -> Callable[[Named, Named], Array]:
    """Return the difference of a state between the start of phase ``first`` and the end of phase ``after``."""
    return lambda e, p: e[first].initial[state] - e[after].final[state]
