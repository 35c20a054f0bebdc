"""Phases of the first stage's ascent: vertical rise, flight with strap-on boosters if there are any, flight to cut-off."""

import numpy as np
from jax import Array

from hoverslam.flights.craft import vehicle_parameters
from hoverslam.flights.craft.conditions import linear_control_mesh
from hoverslam.flights.launch.phases import PhaseBuilder, angle_controls
from hoverslam.ocp.statement.names import Named, Variable

# Bounds that only keep the search of the solver finite.
ASCENT_PITCH = (-0.5, np.pi / 2 + 0.1)  # rad
ASCENT_DURATION = (5.0, 500.0)  # s


class AscentBuilder(PhaseBuilder):
    """Adds the ascent of the first stage."""

    def ascent(self) -> None:
        """Add vertical rise, strap-on phase if there is one, and ascent to cut-off, with the conditions at lift-off."""
        vehicle, engine = self.vehicle, self.vehicle.stage1.engine
        solids, throttle = vehicle.strap_ons, (engine.throttle_min.si, engine.throttle_max.si)
        rise = vehicle.limits.vertical_rise_s.si
        lit = vehicle_parameters.ascent_inputs(engine.count, solids is not None)
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
        last = "rise"
        if solids is not None:
            burn = solids.burn_time_s.si - rise
            self.phase("solids", "ascent", lit, burn, steering, mesh=linear_control_mesh(18))
            self.problem.link("rise", "solids", controls=("pitch", "yaw"))
            last = "solids"
        core = vehicle_parameters.ascent_inputs(engine.count, False)
        intervals = 22 if solids is None else 10
        self.phase("ascent", "ascent", core, ASCENT_DURATION, steering, mesh=linear_control_mesh(intervals))
        self.problem.link(last, "ascent", states=("position", "velocity"), controls=("pitch", "yaw"))
        dropped = (lambda p: p["strap_ons.dry_mass"]) if solids is not None else (lambda p: 0.0)
        self.problem.constrain(
            f"{last} -> ascent: mass", lambda e, p: e.ascent.initial.mass - e[last].final.mass + dropped(p), unit="kg"
        )

    def keep_at_cutoff(self, kept: float) -> None:
        """Hold that at least ``kept`` propellant (kg), beside the residual, is in the first stage at cut-off."""

        def spare(e: Named, p: Named) -> Array:
            empty = vehicle_parameters.upper_stack_mass(p) + p["stage1.dry_mass"] + p["stage1.residual"]
            return e.ascent.final.mass - empty - kept

        self.problem.constrain("cut-off: mass", spare, 0.0, np.inf, "kg")
