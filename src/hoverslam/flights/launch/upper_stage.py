"""Phases of the upper stage: staging coast, burn with and without fairing, perhaps coast and second burn, and the orbit."""

import jax.numpy as jnp
import numpy as np
from jax import Array

from hoverslam.flights.craft import vehicle_parameters
from hoverslam.flights.craft.conditions import linear_control_mesh, norm
from hoverslam.flights.launch.phases import PhaseBuilder, angle_controls
from hoverslam.flights.launch.plan import CIRCULAR
from hoverslam.ocp.statement.names import Named
from hoverslam.physics.constants import EARTH_EQUATORIAL_RADIUS, EARTH_GRAVITATIONAL_PARAMETER, STANDARD_GRAVITY

# Bounds of durations (s) that only keep the search of the solver finite.
SHROUDED, UPPER, ORBIT_COAST, SECOND_BURN = (1.0, 600.0), (5.0, 1500.0), (600.0, 3600.0), (1.0, 600.0)


class UpperStageBuilder(PhaseBuilder):
    """Adds the upper stage from staging to the orbit."""

    def upper_stage(self, impulsive: bool = False) -> None:
        """Add staging coast, burn with the fairing, burn to injection, and coast and second burn where the plan has them.

        Args:
            impulsive: Whether an instant burn at apogee stands in for coast and second burn: enough for a guess.
        """
        stage, hot = self.vehicle.stage2, self.vehicle.limits.free_molecular_heating_max_W_m2
        assert stage is not None
        engine = stage.engine
        throttle = (engine.throttle_min.si, engine.throttle_max.si)
        burning, off = vehicle_parameters.upper_inputs(engine.count), vehicle_parameters.upper_inputs(0)
        controls = angle_controls(throttle, self.operations.pitch_rate_max_deg_s.si)
        self.phase("staging", "vacuum", off, self.plan.staging_coast, mesh=linear_control_mesh(1))
        self.phase("shrouded", "ascent", burning, SHROUDED, controls, mesh=linear_control_mesh(4))
        self.phase("upper", "vacuum", burning, UPPER, controls, mesh=linear_control_mesh(14, 5))
        self.problem.link("ascent", "staging", states=("position", "velocity"))
        self.problem.constrain(
            "staging: mass", lambda e, p: e.staging.initial.mass - vehicle_parameters.upper_stack_mass(p), unit="kg"
        )
        self.problem.link("staging", "shrouded")
        self.problem.link("shrouded", "upper", states=("position", "velocity"), controls=("pitch", "yaw"))
        self.problem.constrain(
            "fairing: mass", lambda e, p: e.upper.initial.mass - e.shrouded.final.mass + p["fairing.mass"], unit="kg"
        )
        if hot is not None:
            heat_of = self.limits["vacuum"].heat_of
            self.problem.constrain(
                "fairing: heating", lambda e, p: jnp.log(heat_of(e.upper.initial) / hot.si), -np.inf, 0.0
            )
        if self.plan.two_burns and impulsive:
            self._transfer_orbit()
            return
        last = "upper"
        if self.plan.two_burns:
            self.phase("orbit_coast", "vacuum", off, ORBIT_COAST, mesh=linear_control_mesh(6, 8))
            self.phase("second_burn", "vacuum", burning, SECOND_BURN, controls, mesh=linear_control_mesh(3))
            self.problem.link("upper", "orbit_coast")
            self.problem.link("orbit_coast", "second_burn")
            frame = self.plan.frame
            self.problem.constrain(
                "coast: altitude", lambda e, p: frame.altitude(e.upper.final.position), self._lowest_coast, np.inf, "m"
            )
            last = "second_burn"
        self._orbit(last)
        self.problem.constrain(
            "injection: mass", lambda e, p: e[last].final.mass - vehicle_parameters.injected_mass(p), 0.0, np.inf, "kg"
        )

    @property
    def _lowest_coast(self) -> float:
        """Lowest altitude of an unpowered orbital flight (m)."""
        return self.operations.coast_altitude_min_km.si

    def _vectors(self, e: Named, last: str) -> tuple[Array, Array, Array]:
        """Return position from the Earth's centre, inertial velocity and angular momentum at the end of a phase."""
        end, frame = e[last].final, self.plan.frame
        position = frame.from_centre(end.position)
        velocity = frame.inertial_velocity(end.position, end.velocity)
        return position, velocity, jnp.cross(position, velocity)

    def _inclination(self, last: str) -> None:
        """Hold the inclination of the orbit at the end of phase ``last``."""
        wanted, axis = np.cos(self.plan.orbit.inclination), self.plan.frame.axis

        def error(e: Named, p: Named) -> Array:
            momentum = self._vectors(e, last)[2]
            return momentum @ axis / norm(momentum) - wanted

        self.problem.constrain("orbit: inclination", error)

    def _transfer_orbit(self) -> None:
        """Hold an ellipse whose apogee touches the orbit, with the mass after an instant burn that circularises there."""
        mu, apogee = EARTH_GRAVITATIONAL_PARAMETER, EARTH_EQUATORIAL_RADIUS + self.plan.orbit.apogee_altitude
        perigee = EARTH_EQUATORIAL_RADIUS + self._lowest_coast
        least = np.sqrt(2 * mu * apogee * perigee / (apogee + perigee))

        def energy_error(e: Named, p: Named) -> Array:
            position, velocity, momentum = self._vectors(e, "upper")
            energy = 0.5 * velocity @ velocity - mu / norm(position)
            return (energy + mu / apogee - momentum @ momentum / (2 * apogee**2)) * apogee / mu

        def spare(e: Named, p: Named) -> Array:
            missing = np.sqrt(mu / apogee) - norm(self._vectors(e, "upper")[2]) / apogee
            burned = jnp.exp(-missing / (STANDARD_GRAVITY * p["stage2.isp_vacuum"]))
            return e.upper.final.mass * burned - vehicle_parameters.injected_mass(p)

        self.problem.constrain("transfer: apogee", energy_error)
        self.problem.constrain(
            "transfer: perigee", lambda e, p: norm(self._vectors(e, "upper")[2]) / least, 1.0, np.inf
        )
        self.problem.constrain("injection: mass", spare, 0.0, np.inf, "kg")
        self._inclination("upper")

    def _orbit(self, last: str) -> None:
        """Hold the target orbit by conditions on vectors; orbital elements contain arc-cosines, with singular derivatives."""
        orbit, problem = self.plan.orbit, self.problem
        perigee = EARTH_EQUATORIAL_RADIUS + orbit.perigee_altitude
        apogee = EARTH_EQUATORIAL_RADIUS + orbit.apogee_altitude
        mu = EARTH_GRAVITATIONAL_PARAMETER

        def vectors(e: Named) -> tuple[Array, Array, Array]:
            return self._vectors(e, last)

        if apogee - perigee < CIRCULAR:
            speed = np.sqrt(mu / perigee)
            problem.constrain("orbit: radius", lambda e, p: norm(vectors(e)[0]) - perigee, unit="m")
            problem.constrain("orbit: speed", lambda e, p: norm(vectors(e)[1]) - speed, unit="m/s")
            problem.constrain("orbit: level", lambda e, p: vectors(e)[0] @ vectors(e)[1] / (perigee * speed))
        else:
            energy, momentum = -mu / (perigee + apogee), np.sqrt(2 * mu * perigee * apogee / (perigee + apogee))

            def energy_error(e: Named, p: Named) -> Array:
                position, velocity, _ = vectors(e)
                return (0.5 * velocity @ velocity - mu / norm(position)) / energy - 1.0

            problem.constrain("orbit: energy", energy_error)
            problem.constrain("orbit: angular momentum", lambda e, p: norm(vectors(e)[2]) / momentum - 1.0)
        self._inclination(last)
