"""Phases of the returning first stage: flip and boostback where the mode has them, coast, entry burn, glide, landing."""

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
from hoverslam.ocp.statement.names import Named, Variable
from hoverslam.vehicles.recovery import Recovery

# Bounds of the pitch (rad) in the boostback burn: the booster turns nose up past the vertical, never nose down.
OVER_THE_TOP = (np.pi / 3, 1.03 * np.pi)
CROSS_PLANE_SHARE = 0.3  # of the angle of attack, for steering out of the launch plane; 95 % remain in the plane

# Lower bound of the throttle in the ignition transient. It rises from zero there, and an interior-point solver cannot
# approach a start that lies on the bound.
IGNITION_THROTTLE_BOUND = -0.1

# Bounds of durations (s) that only keep the search of the solver finite.
LONGEST_COAST, BOOSTBACK, ENTRY, GLIDE, LONGEST_LANDING = 900.0, (2.0, 200.0), (1.0, 90.0), (5.0, 400.0), 50.0

STARTS = (
    "start.time",
    *(f"start.{kind}_{axis}" for kind in ("position", "velocity") for axis in ("downrange", "left", "up")),
)
"""Given parameters of a booster that starts alone: time (s), position (m), velocity (m/s)."""


class BoosterBuilder(PhaseBuilder):
    """Adds the first stage from cut-off to touchdown."""

    @property
    def home(self) -> Recovery:
        """How the vehicle comes home."""
        assert self.vehicle.recovery is not None
        return self.vehicle.recovery

    def booster(self, start: NDArray[np.float64] | None = None) -> None:
        """Add the phases from cut-off to touchdown.

        Args:
            start: Where the booster starts if the ascent is not part of the problem: time, position, velocity and pitch
                ``(8,)``.
        """
        home, off = self.home, vehicle_parameters.descent_inputs(0)
        alpha = home.angle_of_attack_max_deg.si
        first = "coast"
        if self.plan.recovery == "return_to_launch_site":
            self._boostback(None if start is None else float(start[7]))
            first = "flip"
        turn = np.pi / vehicle_parameters.flip_rate(self.vehicle)
        self.phase("coast", "descent", off, (turn, LONGEST_COAST), mesh=linear_control_mesh(8, 6))
        self._part_from_ascent(first) if start is None else self._start_alone(first, start)
        if first == "flip":
            self.problem.link("boostback", "coast")
        lit = vehicle_parameters.descent_inputs(home.entry_engines or 1)
        controls = self._descent_controls(_steady(home.entry_throttle_max), alpha)
        self.phase("entry", "descent", lit, ENTRY, controls, mesh=linear_control_mesh(5))
        gliding = self._descent_controls((0.0, 0.0), alpha)
        self.phase("glide", "descent", off, GLIDE, gliding, mesh=linear_control_mesh(20))
        frame, lowest = self.plan.frame, self.operations.entry_end_altitude_min_km.si
        self.problem.constrain(
            "entry burn: end altitude", lambda e, p: frame.altitude(e.entry.final.position), lowest, np.inf, "m"
        )
        self.problem.link("coast", "entry")
        self.problem.link("entry", "glide", controls=("alpha", "beta"))
        self._landing()

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
    def _part_from_ascent(self, first: str) -> None:
        """Start phase ``first`` where the ascent ends, without the upper stack."""
        self.problem.constrain(f"{first}: time", lambda e, p: e[first].initial_time - e.ascent.final_time, unit="s")
        for state in ("position", "velocity"):
            self.problem.constrain(f"{first}: {state}", _difference(first, state))
        self.problem.constrain(
            f"{first}: mass",
            lambda e, p: e[first].initial.mass - e.ascent.final.mass + vehicle_parameters.upper_stack_mass(p),
            unit="kg",
        )

    def _start_alone(self, first: str, start: NDArray[np.float64]) -> None:
        """Start phase ``first`` from given parameters, so that the optimum can be solved again for other starts."""
        for name, value in zip(STARTS, start, strict=False):
            self.problem.parameter(name, value=float(value))

        def begins(state: str, names: tuple[str, ...]) -> Callable[[Named, Named], Array]:
            return lambda e, p: e[first].initial[state] - jnp.stack([p[name] for name in names])

        self.problem.constrain(f"{first}: time", lambda e, p: e[first].initial_time - p[STARTS[0]], unit="s")
        self.problem.constrain(f"{first}: position", begins("position", STARTS[1:4]), unit="m")
        self.problem.constrain(f"{first}: velocity", begins("velocity", STARTS[4:7]), unit="m/s")

    def _boostback(self, pitch: float | None = None) -> None:
        """Add flip and boostback burn; ``pitch`` (rad) is the pitch at cut-off if the ascent is not in the problem."""
        home, rate = self.home, vehicle_parameters.flip_rate(self.vehicle)
        settling, longest = self.operations.booster_settling_s.si, np.pi / rate
        off, lit = vehicle_parameters.descent_inputs(0), vehicle_parameters.descent_inputs(home.boostback_engines or 1)
        self.phase("flip", "vacuum", off, (settling, settling + longest), mesh=linear_control_mesh(2))
        turning = self.operations.boostback_pitch_rate_max_deg_s.si
        controls = angle_controls(_steady(home.boostback_throttle_max), turning, OVER_THE_TOP)
        self.phase("boostback", "vacuum", lit, BOOSTBACK, controls, mesh=linear_control_mesh(4, 5))
        self.problem.link("flip", "boostback")

        # The angle of the flip is the change of pitch; yaw, of one or two degrees, is neglected.
        def spare_turn(e: Named, p: Named) -> Array:
            begun = e.ascent.final_control.pitch if pitch is None else pitch
            return rate * (e.flip.duration - settling) - (e.boostback.initial_control.pitch - begun)

        self.problem.constrain("flip: turn within the rate limit", spare_turn, 0.0, np.inf, "rad")

    # ---- landing ---------------------------------------------------------------------------------------------------
    def _landing(self) -> None:
        """Add the ignition transient and one phase for each engine count; touch down at rest, upright, on the target."""
        home = self.home
        most = min(self.operations.landing_angle_of_attack_max_deg.si, home.angle_of_attack_max_deg.si)
        self._ignition(most)
        last = "ignition"
        throttle = (landing_throttle_min(self.vehicle), home.landing_throttle_max.si)
        duration = (self.operations.landing_burn_min_s.si, LONGEST_LANDING)
        for engines in home.landing_engines:
            name, lit = f"landing_{engines}", vehicle_parameters.descent_inputs(engines)
            intervals = 8 if engines == home.landing_engines[-1] else 3
            controls = self._descent_controls(throttle, most)
            self.phase(name, "descent", lit, duration, controls, mesh=linear_control_mesh(intervals))
            follows = ("alpha", "beta", "throttle") if last == "ignition" else ("alpha", "beta")
            self.problem.link(last, name, controls=follows)
            last = name
        self._touchdown(last)

    def _ignition(self, most: float) -> None:
        """Add the ignition transient: the throttle rises from zero over the lead, no faster than linearly."""
        home, frame = self.home, self.plan.frame
        lead, top = home.ignition_lead_s.si, home.landing_throttle_max.si
        lit = vehicle_parameters.descent_inputs(home.landing_engines[0])
        controls = self._descent_controls((IGNITION_THROTTLE_BOUND, top), most, top / lead)
        self.phase("ignition", "descent", lit, lead, controls, mesh=linear_control_mesh(1, 10))
        self.problem.link("glide", "ignition", controls=("alpha", "beta"))
        self.problem.constrain("ignition: from nothing", lambda e, p: e.ignition.initial_control.throttle)
        lowest = home.landing_ignition_altitude_min_km
        if lowest is not None:
            self.problem.constrain(
                "ignition: altitude", lambda e, p: frame.altitude(e.ignition.initial.position), lowest.si, np.inf, "m"
            )
        if home.approach_angle_max_deg is not None:
            self._steep_approach(home.approach_angle_max_deg.si)

    def _steep_approach(self, most: float) -> None:
        """Hold the velocity within ``most`` (rad) of straight down where the landing burn is lit."""
        frame = self.plan.frame

        def spare(e: Named, p: Named) -> Array:
            position, velocity = frame.from_centre(e.ignition.initial.position), e.ignition.initial.velocity
            return -(velocity @ position) / (norm(velocity) * norm(position)) - np.cos(most)

        self.problem.constrain("ignition: steep approach", spare, 0.0, np.inf)

    def _touchdown(self, last: str) -> None:
        """Touch down at the end of phase ``last``: on the target, at rest, upright, with the landing reserve left."""
        target, frame = self.plan.target, self.plan.frame
        if target is None:
            self.problem.constrain("touchdown: altitude", lambda e, p: frame.altitude(e[last].final.position), unit="m")
        else:
            self.problem.constrain("touchdown: position", lambda e, p: e[last].final.position - target, unit="m")
        self.problem.constrain("touchdown: velocity", lambda e, p: e[last].final.velocity, unit="m/s")
        keep_upright_at_touchdown(self.problem, last, float(np.tan(self.operations.touchdown_tilt_max_deg.si)))
        self.problem.constrain(
            "touchdown: mass",
            lambda e, p: e[last].final.mass - p["stage1.dry_mass"] - p["stage1.residual"] - p["landing.reserve"],
            0.0,
            np.inf,
            "kg",
        )


def _steady(planned: Figure | None) -> tuple[float, float]:
    """Return equal bounds of the throttle: boostback and entry burns are flown at one steady throttle."""
    throttle = 1.0 if planned is None else planned.si
    return throttle, throttle


def _difference(first: str, state: str) -> Callable[[Named, Named], Array]:
    """Return the difference of a state between the start of a phase and the end of the ascent."""
    return lambda e, p: e[first].initial[state] - e.ascent.final[state]
