"""Phases of the stack up to cut-off: vertical rise, flight with boosters if there are any, flight of the first stage."""

from collections.abc import Callable

import jax.numpy as jnp
import numpy as np
from jax import Array

from hoverslam.flights.craft import vehicle_parameters
from hoverslam.flights.craft.conditions import linear_control_mesh
from hoverslam.flights.launch.phases import PhaseBuilder, angle_controls
from hoverslam.flights.launch.structure import Branch
from hoverslam.ocp.statement.names import Named, Variable

# Bounds that only keep the search of the solver finite.
ASCENT_PITCH = (-0.5, np.pi / 2 + 0.1)  # rad
ASCENT_DURATION = (5.0, 500.0)  # s


class AscentBuilder(PhaseBuilder):
    """Adds the ascent of the first stage."""

    def ascent(self, branch: Branch) -> None:
        """Add vertical rise, phase with boosters if there is one, and ascent to cut-off, with the conditions at lift-off."""
        vehicle, engine = self.vehicle, self.vehicle.stage1.engine
        throttle = (engine.throttle_min.si, engine.throttle_max.si)
        rise, boosters = vehicle.limits.vertical_rise_s.si, self.plan.boosters
        lit = vehicle_parameters.ascent_inputs(engine.count, boosters)
        upright = (np.pi / 2, np.pi / 2)
        vertical = (
            Variable("pitch", None, "rad", *upright),
            Variable("yaw", None, "rad", 0.0, 0.0),
            Variable("throttle", None, "", throttle[1], throttle[1]),
        )
        self.phase("rise", "ascent", lit, rise, vertical, mesh=linear_control_mesh(2), initial_time=0.0)
        self.problem.constrain("lift-off: position", lambda e, p: e.rise.initial.position, unit="m")
        self.problem.constrain("lift-off: velocity", lambda e, p: e.rise.initial.velocity, unit="m/s")
        self.problem.constrain(
            "lift-off: mass", lambda e, p: e.rise.initial.mass - vehicle_parameters.liftoff_mass(p), unit="kg"
        )
        steering = angle_controls(throttle, self.operations.pitch_rate_max_deg_s.si, ASCENT_PITCH)
        last = branch.names[-2]
        if boosters:
            self._boosted(last, rise)
        core = vehicle_parameters.ascent_inputs(engine.count)
        duration = self.search_range("ascent", *ASCENT_DURATION)
        self.phase("ascent", "ascent", core, duration, steering, mesh=linear_control_mesh(10 if boosters else 22))
        self.problem.link(last, "ascent", states=("position", "velocity"), controls=("pitch", "yaw"))

        dropped = self._dropped(last)

        def mass_lost(e: Named, p: Named) -> Array:
            return e.ascent.initial.mass - e[last].final.mass + dropped(e, p)

        self.problem.constrain(f"{last} -> ascent: mass", mass_lost, unit="kg")
        self._clean_separation("ascent")

    def _boosted(self, name: str, rise: float) -> None:
        """Add the phase in which boosters burn beside the first stage, until they are dropped."""
        vehicle, engine = self.vehicle, self.vehicle.stage1.engine
        lit = vehicle_parameters.ascent_inputs(engine.count, self.plan.boosters)
        throttle = (engine.throttle_min.si, engine.throttle_max.si)
        steering = angle_controls(throttle, self.operations.pitch_rate_max_deg_s.si, ASCENT_PITCH)
        if vehicle.strap_ons is not None:
            duration: float | tuple[float, float] = vehicle.strap_ons.burn_time_s.si - rise
        else:
            duration = self.search_range(name, *ASCENT_DURATION)
        self.phase(name, "ascent", lit, duration, steering, mesh=linear_control_mesh(18))
        self.problem.link("rise", name, controls=("pitch", "yaw"))
        self._clean_separation(name)
        if vehicle.side_boosters is None:
            return

        def spare(e: Named, p: Named) -> Array:
            left = vehicle_parameters.side_booster_mass(p, e[name].final_time)
            return jnp.asarray(left - p["side_boosters.dry_mass"] - p["side_boosters.residual"])

        self.problem.constrain("side boosters: propellant", spare, 0.0, np.inf, "kg")

    def _dropped(self, last: str) -> Callable[[Named, Named], Array | float]:
        """Return the mass (kg) that separates before the first stage flies on alone, as a function of the phases' ends."""
        if self.plan.boosters == "strap_ons":
            return lambda e, p: p["strap_ons.dry_mass"]
        if self.plan.boosters == "side_boosters":
            return lambda e, p: p["side_boosters.count"] * vehicle_parameters.side_booster_mass(p, e[last].final_time)
        return lambda e, p: 0.0

    def _clean_separation(self, phase: str) -> None:
        """Hold dynamic pressure and bending load at the end of ``phase``, where bodies separate, below the stated limits."""
        habits, limits = self.operations, self.limits["ascent"]
        calm, straight = habits.staging_dynamic_pressure_max_kPa.si, habits.staging_q_alpha_max_kPa_deg.si
        if phase != "ascent":
            calm = habits.booster_separation_dynamic_pressure_max_kPa.si

        def pressure(e: Named, p: Named) -> Array:
            return jnp.log(limits.dynamic_pressure(e[phase].final, Named(), None) / calm)

        def bending(e: Named, p: Named) -> Array:
            end = e[phase]
            return limits.q_alpha(end.final, end.final_control, vehicle_parameters.ascent_inputs(1)(p)) / straight

        self.problem.constrain(f"{phase}: dynamic pressure at separation", pressure, -np.inf, 0.0)
        self.problem.constrain(f"{phase}: q-alpha at separation", bending, -np.inf, 1.0)

    def keep_at_cutoff(self, kept: float) -> None:
        """Hold that at least ``kept`` propellant (kg), beside the residual, is in the first stage at cut-off."""

        def spare(e: Named, p: Named) -> Array:
            empty = vehicle_parameters.upper_stack_mass(p) + p["stage1.dry_mass"] + p["stage1.residual"]
            return e.ascent.final.mass - empty - kept

        self.problem.constrain("cut-off: mass", spare, 0.0, np.inf, "kg")

    def keep_in_side_boosters(self, kept: float) -> None:
        """Hold that each side booster has at least ``kept`` propellant (kg), beside the residual, where it separates."""
        after = self.plan.structure.branches[0].names[1]

        def spare(e: Named, p: Named) -> Array:
            left = vehicle_parameters.side_booster_mass(p, e[after].final_time)
            return jnp.asarray(left - p["side_boosters.dry_mass"] - p["side_boosters.residual"] - kept)

        self.problem.constrain("side boosters: propellant kept", spare, 0.0, np.inf, "kg")
