"""Phases of the upper stages: staging coast, burn with and without fairing, coasts and further burns, and the orbit."""

import jax.numpy as jnp
import numpy as np
from jax import Array

from hoverslam.flights.craft import vehicle_parameters
from hoverslam.flights.craft.conditions import linear_control_mesh, norm
from hoverslam.flights.launch.phases import PhaseBuilder, angle_controls
from hoverslam.flights.launch.structure import CIRCULAR, UPPER_STAGING_COAST, Branch, Segment
from hoverslam.ocp.statement.names import Named
from hoverslam.physics.constants import EARTH_EQUATORIAL_RADIUS, EARTH_GRAVITATIONAL_PARAMETER, STANDARD_GRAVITY
from hoverslam.physics.earth import LaunchFrame
from hoverslam.vehicles.stages import UpperStage

# Bounds of durations (s) that only keep the search of the solver finite.
SHROUDED, BURN, ORBIT_COAST, LATER_BURN = (1.0, 600.0), (5.0, 1500.0), (300.0, 4000.0), (0.3, 600.0)
SHORTEST_RELIGHT = 0.3  # s, of a relit engine: estimate, the impulse of start and cut-off alone


def _orbit_vectors(e: Named, last: str, frame: LaunchFrame) -> tuple[Array, Array, Array]:
    """Return position from the Earth's centre, inertial velocity and angular momentum at the end of a phase."""
    end = e[last].final
    position, velocity = frame.from_centre(end.position), frame.inertial_velocity(end.position, end.velocity)
    return position, velocity, jnp.cross(position, velocity)


class UpperStageBuilder(PhaseBuilder):
    """Adds the upper stages from staging to the orbit."""

    def upper_stage(self, branch: Branch, impulsive: bool = False) -> None:
        """Add the segments of one upper stage, and for the last stage the orbit.

        Args:
            branch: The segments.
            impulsive: Whether an instant burn at apogee stands in for the coast and the burns after it: enough for a guess.
        """
        stage = self.vehicle.stage3 if branch.body == "stage3" else self.vehicle.stage2
        assert stage is not None
        before = branch.after
        for segment in branch.segments:
            if impulsive and segment.kind == "orbit_coast":
                break
            self._segment(segment, branch, stage, before)
            before = segment.name
        if branch is not self.plan.structure.upper[-1]:
            self._burned_out(before)
        elif impulsive and self.plan.structure.choice.burns > 1:
            self._transfer_orbit(before, branch.body)
        else:
            self._orbit(before)
            self.problem.constrain(
                "injection: mass",
                lambda e, p: e[before].final.mass - vehicle_parameters.injected_mass(p),
                0.0,
                np.inf,
                "kg",
            )

    def _segment(self, segment: Segment, branch: Branch, stage: UpperStage, before: str) -> None:
        """Add one segment and join it to the one before it."""
        engine, name, body = stage.engine, segment.name, branch.body
        burning = vehicle_parameters.upper_inputs(engine.count, branch.body)
        off = vehicle_parameters.upper_inputs(0, branch.body)
        controls = angle_controls(
            (engine.throttle_min.si, engine.throttle_max.si), self.operations.pitch_rate_max_deg_s.si
        )
        if segment.kind == "staging":
            coast = self.plan.staging_coast if branch.body == "stage2" else UPPER_STAGING_COAST
            self.phase(name, "ascent", off, coast, mesh=linear_control_mesh(1))
            self.problem.link(before, name, states=("position", "velocity"))
            self.problem.constrain(
                f"{name}: mass",
                lambda e, p: e[name].initial.mass - vehicle_parameters.upper_stack_mass(p, body),
                unit="kg",
            )
        elif segment.kind == "shrouded":
            duration = self.search_range(name, *SHROUDED)
            self.phase(name, "ascent", burning, duration, controls, mesh=linear_control_mesh(4))
            self.problem.link(before, name)
        elif segment.kind == "orbit_coast":
            self.phase(name, "ascent", off, self.search_range(name, *ORBIT_COAST), mesh=linear_control_mesh(6, 8))
            self.problem.link(before, name)
            self._coast_above_floor(before)
        else:
            later = before.startswith("orbit_coast")
            duration = (
                self.search_range(name, *LATER_BURN, SHORTEST_RELIGHT) if later else self.search_range(name, *BURN)
            )
            mesh = linear_control_mesh(3) if later else linear_control_mesh(14, 5)
            self.phase(name, "ascent", burning, duration, controls, mesh=mesh)
            self._join_burn(before, name)

    def _join_burn(self, before: str, name: str) -> None:
        """Join a burn to the segment before it; the fairing is dropped between the shrouded burn and this one."""
        if before != "shrouded":
            self.problem.link(before, name)
            return
        self.problem.link(before, name, states=("position", "velocity"), controls=("pitch", "yaw"))
        self.problem.constrain(
            "fairing: mass", lambda e, p: e[name].initial.mass - e[before].final.mass + p["fairing.mass"], unit="kg"
        )
        hot, heat_of = self.vehicle.limits.free_molecular_heating_max_W_m2, self.limits["ascent"].heat_of
        if hot is not None:
            most = hot.si
            self.problem.constrain(
                "fairing: heating", lambda e, p: jnp.log(heat_of(e[name].initial) / most), -np.inf, 0.0
            )

    def _burned_out(self, last: str) -> None:
        """Hold that an upper stage which another one follows burns no more than its usable propellant."""

        def spare(e: Named, p: Named) -> Array:
            above = vehicle_parameters.upper_stack_mass(p, "stage3")
            return e[last].final.mass - above - p["stage2.dry_mass"] - p["stage2.residual"]

        self.problem.constrain("second stage: propellant", spare, 0.0, np.inf, "kg")

    def _coast_above_floor(self, last: str) -> None:
        """Hold altitude and perigee of the coast that begins at the end of ``last`` above the floor.

        A body at radius r with perigee below the floor radius R moves outwards or inwards at R: there the square of its
        radial speed, 2 (energy + mu / R) - (momentum / R)^2, is positive. The condition has no root and no quotient.
        """
        frame, floor = self.plan.frame, EARTH_EQUATORIAL_RADIUS + self._lowest_coast
        mu = EARTH_GRAVITATIONAL_PARAMETER

        def radial(e: Named, p: Named) -> Array:
            position, velocity, momentum = _orbit_vectors(e, last, frame)
            energy = 0.5 * velocity @ velocity - mu / norm(position)
            return (2.0 * (energy + mu / floor) - momentum @ momentum / floor**2) * floor / mu

        self.problem.constrain(
            f"{last}: altitude of the coast",
            lambda e, p: frame.altitude(e[last].final.position),
            self._lowest_coast,
            np.inf,
            "m",
        )
        self.problem.constrain(f"{last}: perigee of the coast", radial, -np.inf, 0.0)

    @property
    def _lowest_coast(self) -> float:
        """Lowest altitude of an unpowered orbital flight (m)."""
        return self.operations.coast_altitude_min_km.si

    def _inclination(self, last: str) -> None:
        """Hold the inclination of the orbit at the end of phase ``last``."""
        wanted, frame = np.cos(self.plan.orbit.inclination), self.plan.frame

        def error(e: Named, p: Named) -> Array:
            momentum = _orbit_vectors(e, last, frame)[2]
            return momentum @ frame.axis / norm(momentum) - wanted

        self.problem.constrain("orbit: inclination", error)

    def _transfer_orbit(self, last: str, stage: str) -> None:
        """Hold an ellipse whose apogee touches the orbit, with the mass after an instant burn that circularises there.

        Args:
            last: Name of the phase that ends on the ellipse.
            stage: The stage that burns.
        """
        mu, frame = EARTH_GRAVITATIONAL_PARAMETER, self.plan.frame
        apogee = EARTH_EQUATORIAL_RADIUS + self.plan.orbit.apogee_altitude
        perigee = EARTH_EQUATORIAL_RADIUS + self._lowest_coast
        least = np.sqrt(2 * mu * apogee * perigee / (apogee + perigee))

        def energy_error(e: Named, p: Named) -> Array:
            position, velocity, momentum = _orbit_vectors(e, last, frame)
            energy = 0.5 * velocity @ velocity - mu / norm(position)
            return (energy + mu / apogee - momentum @ momentum / (2 * apogee**2)) * apogee / mu

        def spare(e: Named, p: Named) -> Array:
            missing = np.sqrt(mu / apogee) - norm(_orbit_vectors(e, last, frame)[2]) / apogee
            burned = jnp.exp(-missing / (STANDARD_GRAVITY * p[f"{stage}.isp_vacuum"]))
            return e[last].final.mass * burned - vehicle_parameters.injected_mass(p)

        self.problem.constrain("transfer: apogee", energy_error)
        self.problem.constrain(
            "transfer: perigee", lambda e, p: norm(_orbit_vectors(e, last, frame)[2]) / least, 1.0, np.inf
        )
        self.problem.constrain("injection: mass", spare, 0.0, np.inf, "kg")
        self._inclination(last)

    def _orbit(self, last: str) -> None:
        """Hold the target orbit by conditions on vectors; orbital elements contain arc-cosines, with singular derivatives."""
        orbit, problem, frame = self.plan.orbit, self.problem, self.plan.frame
        perigee = EARTH_EQUATORIAL_RADIUS + orbit.perigee_altitude
        apogee = EARTH_EQUATORIAL_RADIUS + orbit.apogee_altitude
        mu = EARTH_GRAVITATIONAL_PARAMETER

        def vectors(e: Named) -> tuple[Array, Array, Array]:
            return _orbit_vectors(e, last, frame)

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
            self._perigee_at(orbit.argument_of_perigee, (apogee - perigee) / (apogee + perigee), last)
        self._inclination(last)

    def _perigee_at(self, argument: float | None, eccentricity: float, last: str) -> None:
        """Hold the argument of perigee (rad) of the orbit at the end of phase ``last``; None leaves it free.

        The eccentricity vector points to the perigee. In the plane of the orbit it is resolved along the wanted direction
        and across it.
        """
        if argument is None:
            return
        mu, frame = EARTH_GRAVITATIONAL_PARAMETER, self.plan.frame

        def resolved(e: Named, along: float, across: float) -> Array:
            position, velocity, momentum = _orbit_vectors(e, last, frame)
            towards = jnp.cross(velocity, momentum) / mu - position / norm(position)
            node = jnp.cross(frame.axis, momentum)
            node, beside = node / norm(node), jnp.cross(momentum, node) / norm(momentum) / norm(node)
            return towards @ (along * node + across * beside) / eccentricity

        cosine, sine = float(np.cos(argument)), float(np.sin(argument))
        self.problem.constrain("orbit: argument of perigee", lambda e, p: resolved(e, -sine, cosine))
        self.problem.constrain("orbit: side of the perigee", lambda e, p: resolved(e, cosine, sine), 0.0, np.inf)
