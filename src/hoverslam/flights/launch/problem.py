"""The launch as an optimal-control problem: which phases there are, what limits them, how they join.

The phases form a tree: the ascent ends at staging, where the upper stage (coast, burn with fairing, burn without,
perhaps coast and burn again) and the booster (flip and boostback where the mode needs them, coast, entry burn, glide,
ignition, one landing phase an engine count) part as two branches of one problem.
"""

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np

from hoverslam.flights.craft import vehicle_parameters
from hoverslam.flights.craft.limits import FlightLimits
from hoverslam.flights.launch.guess import LaunchGuess, Plan
from hoverslam.ocp.statement.mesh import Mesh
from hoverslam.ocp.statement.names import Variable
from hoverslam.ocp.statement.problem import PathConstraint, Problem
from hoverslam.physics.constants import EARTH_EQUATORIAL_RADIUS, EARTH_GRAVITATIONAL_PARAMETER, STANDARD_GRAVITY
from hoverslam.physics.motion import Flight

SETTLING = 4.0  # s from cut-off until the booster may begin to turn
PITCH_RATE = np.radians(2.0)  # rad/s under thrust on ascent and upper stage
OVER_THE_TOP = (np.pi / 3, 1.03 * np.pi)  # rad, pitch during boostback: flipped nose up, never through the ground side
BOOSTBACK_RATE = np.radians(4.0)  # rad/s during boostback
ANGLE_RATE = np.radians(4.0)  # rad/s of the angle from the flow on the way down
CROSS_PLANE_SHARE = 0.3  # of the angle of attack, left for steering out of the launch plane
TILT_AT_TOUCHDOWN = np.radians(0.5)
LOWEST_COAST = 150e3  # m: no unpowered orbital flight below this
ENTRY_FLOOR = 30e3  # m: every flown Falcon 9 entry burn has ended above 31 km
LONGEST_LANDING = 50.0  # s
LANDING_ACCELERATION = 30.0  # m/s2, non-gravitational: 20 to 40 in lvreuse (IAC-18-D2.4.3), 19 to 23 flown by Falcon 9
LANDING_ANGLE = np.radians(
    3.0
)  # from the flow under landing thrust: lift there nearly cancels, or reverses, what a lean does
SHORTEST_BURN = 3.0  # s for each engine count of the landing burn: what guidance needs to settle after a hand-over

STARTS = (
    "start.time",
    *(f"start.{kind}_{axis}" for kind in ("position", "velocity") for axis in ("downrange", "left", "up")),
)
"""Given parameters of a booster that starts alone: time (s), position (m), velocity (m/s)."""

STATES = (Variable("position", 3, "m"), Variable("velocity", 3, "m/s"), Variable("mass", None, "kg", lower=1.0))


def _controls(
    throttle: tuple[float, float], rate: float | None = PITCH_RATE, pitch: tuple[float, float] = (-7.0, 7.0)
) -> tuple[Variable, ...]:
    low, high = throttle
    return (
        Variable("pitch", None, "rad", *pitch, rate=rate),
        Variable("yaw", None, "rad", -1.3, 1.3, rate=rate),
        Variable("throttle", None, "", low, high),
    )


def _braking_controls(throttle: tuple[float, float], alpha: float, ramp: float | None = None) -> tuple[Variable, ...]:
    """Controls of a descending stage: two angles from the flow, as tangents, and throttle.

    The limit on the angle of attack is a circle in the two tangents; the box inside it that leaves nearly all of it to
    the launch plane makes it a bound on the controls, which holds between nodes as well.
    """
    low, high = throttle
    most = float(np.tan(alpha))
    in_plane, across = most * np.sqrt(1.0 - CROSS_PLANE_SHARE**2), most * CROSS_PLANE_SHARE
    return (
        Variable("alpha", None, "", -in_plane, in_plane, rate=ANGLE_RATE),
        Variable("beta", None, "", -across, across, rate=ANGLE_RATE),
        Variable("throttle", None, "", low, high, rate=ramp),
    )


def _steady(planned: Any) -> tuple[float, float]:
    """Boostback and entry burns are flown at one steady throttle; only their length is free."""
    throttle = 1.0 if planned is None else planned.si
    return throttle, throttle


def _mesh(intervals: int, points: int) -> Mesh:
    """Even intervals with piecewise linear controls: rate limits that hold at the nodes then hold everywhere."""
    return Mesh.uniform(intervals, points, control_degree=1)


class LaunchBuilder:
    """Adds the phases of one launch to a problem."""

    def __init__(self, plan: Plan, guess: LaunchGuess, like: Problem | None = None):
        """Start a problem; ``like`` is one of the same frame, whose translated equations serve again."""
        self.plan, self.guess, self.vehicle = plan, guess, plan.vehicle
        self.flights = {regime: Flight(plan.frame, regime) for regime in ("ascent", "descent", "vacuum")}
        self.limits = {regime: FlightLimits(flight) for regime, flight in self.flights.items()}
        for phase in like.phases.values() if like is not None else ():
            for function in (phase.dynamics, *(c.function for c in phase.path)):
                owner = getattr(function, "__self__", None)
                if isinstance(owner, Flight):
                    self.flights[owner.regime] = owner
                elif isinstance(owner, FlightLimits):
                    self.limits[owner.flight.regime] = owner
        self.problem = Problem(f"{plan.vehicle.name} {plan.recovery} {plan.orbit.name}")
        for name, value in plan.values.items():
            self.problem.parameter(name, value=value)
        self.problem.parameter("payload", guess=guess.payload, lower=0.0, upper=5.0 * guess.payload, unit="kg")

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
        """Add one phase; without controls the engines are off and the body flies ballistically."""
        flight = self.flights[regime]
        self.problem.phase(
            name,
            states=STATES,
            controls=controls,
            dynamics=flight.rates if controls else flight.coast_rates,
            inputs=inputs,
            path=path,
            duration=duration,
            initial_time=initial_time,
            mesh=mesh,
            guess=self.guess.phases[name],
        )

    # ---- up --------------------------------------------------------------------------------------------------------
    def ascent(self) -> None:
        """Vertical rise, strap-ons if any, then to cut-off."""
        vehicle, limits, engine = self.vehicle, self.vehicle.limits, self.vehicle.stage1.engine
        solids, throttle = vehicle.strap_ons, (engine.throttle_min.si, engine.throttle_max.si)
        rise = limits.vertical_rise_s.si
        lit = vehicle_parameters.ascent_inputs(engine.count, solids is not None)
        upright = (np.pi / 2, np.pi / 2)
        vertical = (
            Variable("pitch", None, "rad", *upright),
            Variable("yaw", None, "rad", 0.0, 0.0),
            Variable("throttle", None, "", throttle[1], throttle[1]),
        )
        self.phase("rise", "ascent", lit, rise, vertical, mesh=_mesh(2, 4), initial_time=0.0)
        self.problem.constrain("lift-off: position", lambda e, p: e.rise.initial.position, unit="m")
        self.problem.constrain("lift-off: velocity", lambda e, p: e.rise.initial.velocity, unit="m/s")
        self.problem.constrain(
            "lift-off: mass", lambda e, p: e.rise.initial.mass - vehicle_parameters.liftoff_mass(p), unit="kg"
        )

        own = self.limits["ascent"]
        path = (
            PathConstraint(
                "dynamic_pressure", own.dynamic_pressure, upper=limits.dynamic_pressure_max_kPa.si, unit="Pa"
            ),
            PathConstraint("q_alpha", own.q_alpha, upper=limits.q_alpha_max_kPa_deg.si, unit="Pa rad"),
            PathConstraint(
                "axial_acceleration", own.axial_acceleration, upper=limits.axial_acceleration_max_g.si, unit="m/s2"
            ),
        )
        steering, last = _controls(throttle, pitch=(-0.5, np.pi / 2 + 0.1)), "rise"
        if solids is not None:
            burn = solids.burn_time_s.si - rise
            self.phase("solids", "ascent", lit, burn, steering, path, _mesh(18, 4))
            self.problem.link("rise", "solids", controls=("pitch", "yaw"))
            last = "solids"
        count = 22 if solids is None else 10
        self.phase(
            "ascent",
            "ascent",
            vehicle_parameters.ascent_inputs(engine.count, False),
            (5.0, 500.0),
            steering,
            path,
            _mesh(count, 4),
        )
        self.problem.link(last, "ascent", states=("position", "velocity"), controls=("pitch", "yaw"))
        dropped = (lambda p: p["strap_ons.dry_mass"]) if solids is not None else (lambda p: 0.0)
        self.problem.constrain(
            f"{last} -> ascent: mass", lambda e, p: e.ascent.initial.mass - e[last].final.mass + dropped(p), unit="kg"
        )

    def upper_stage(self, impulsive: bool = False) -> None:
        """Staging coast, burn with the fairing on, burn to injection, and the second burn where there is one.

        ``impulsive`` stands in for coast and second burn by an instant one at apogee: good enough for a guess.
        """
        stage, limits = self.vehicle.stage2, self.vehicle.limits
        assert stage is not None
        engine = stage.engine
        most = limits.upper_axial_acceleration_max_g or limits.axial_acceleration_max_g
        throttle, burning = (
            (engine.throttle_min.si, engine.throttle_max.si),
            vehicle_parameters.upper_inputs(engine.count),
        )
        controls, off = _controls(throttle), vehicle_parameters.upper_inputs(0)
        own = self.limits["vacuum"]
        acceleration = PathConstraint("axial_acceleration", own.axial_acceleration, upper=most.si, unit="m/s2")
        heating = limits.free_molecular_heating_max_W_m2
        hot = PathConstraint(
            "free_molecular_heating", own.free_molecular_heating, upper=heating.si if heating else np.inf, unit="W/m2"
        )
        self.phase("staging", "vacuum", off, self.plan.staging_coast, mesh=_mesh(1, 4))
        self.phase("shrouded", "ascent", burning, (1.0, 600.0), controls, (), _mesh(4, 4))
        self.phase("upper", "vacuum", burning, (5.0, 1500.0), controls, (acceleration, hot), _mesh(14, 5))
        self.problem.link("ascent", "staging", states=("position", "velocity"))
        self.problem.constrain(
            "staging: mass", lambda e, p: e.staging.initial.mass - vehicle_parameters.upper_stack_mass(p), unit="kg"
        )
        self.problem.link("staging", "shrouded")
        self.problem.link("shrouded", "upper", states=("position", "velocity"), controls=("pitch", "yaw"))
        self.problem.constrain(
            "fairing: mass", lambda e, p: e.upper.initial.mass - e.shrouded.final.mass + p["fairing.mass"], unit="kg"
        )
        if heating is not None:
            self.problem.constrain(
                "fairing: heating", lambda e, p: jnp.log(own.heat_of(e.upper.initial) / heating.si), -np.inf, 0.0
            )
        if self.plan.two_burns and impulsive:
            self._transfer_orbit()
            return
        last = "upper"
        if self.plan.two_burns:
            self.phase("orbit_coast", "vacuum", off, (600.0, 3600.0), mesh=_mesh(6, 8))
            self.phase("second_burn", "vacuum", burning, (1.0, 600.0), controls, (acceleration,), _mesh(3, 4))
            self.problem.link("upper", "orbit_coast")
            self.problem.link("orbit_coast", "second_burn")
            frame = self.plan.frame
            self.problem.constrain(
                "coast: altitude", lambda e, p: frame.altitude(e.upper.final.position), LOWEST_COAST, np.inf, "m"
            )
            last = "second_burn"
        self._orbit(last)
        self.problem.constrain(
            "injection: mass", lambda e, p: e[last].final.mass - vehicle_parameters.injected_mass(p), 0.0, np.inf, "kg"
        )

    def _vectors(self, e: Any, last: str) -> tuple[Any, Any, Any]:
        """Position from the Earth's centre, inertial velocity and angular momentum at the end of phase ``last``."""
        end, frame = e[last].final, self.plan.frame
        position = frame.from_centre(end.position)
        velocity = frame.inertial_velocity(end.position, end.velocity)
        return position, velocity, jnp.cross(position, velocity)

    def _inclination(self, last: str) -> None:
        wanted, axis = np.cos(self.plan.orbit.inclination), self.plan.frame.axis

        def error(e: Any, p: Any) -> Any:
            momentum = self._vectors(e, last)[2]
            return momentum @ axis / _size(momentum) - wanted

        self.problem.constrain("orbit: inclination", error)

    def _transfer_orbit(self) -> None:
        """Injection into an ellipse whose apogee touches the orbit; the mass pays for circularising there at once."""
        mu, apogee = EARTH_GRAVITATIONAL_PARAMETER, EARTH_EQUATORIAL_RADIUS + self.plan.orbit.apogee_altitude
        perigee = EARTH_EQUATORIAL_RADIUS + LOWEST_COAST
        least = np.sqrt(2 * mu * apogee * perigee / (apogee + perigee))

        def energy_error(e: Any, p: Any) -> Any:
            position, velocity, momentum = self._vectors(e, "upper")
            energy = 0.5 * velocity @ velocity - mu / _size(position)
            return (energy + mu / apogee - momentum @ momentum / (2 * apogee**2)) * apogee / mu

        def spare(e: Any, p: Any) -> Any:
            missing = np.sqrt(mu / apogee) - _size(self._vectors(e, "upper")[2]) / apogee
            burned = jnp.exp(-missing / (STANDARD_GRAVITY * p["stage2.isp_vacuum"]))
            return e.upper.final.mass * burned - vehicle_parameters.injected_mass(p)

        self.problem.constrain("transfer: apogee", energy_error)
        self.problem.constrain(
            "transfer: perigee", lambda e, p: _size(self._vectors(e, "upper")[2]) / least, 1.0, np.inf
        )
        self.problem.constrain("injection: mass", spare, 0.0, np.inf, "kg")
        self._inclination("upper")

    def _orbit(self, last: str) -> None:
        """The target orbit as conditions on vectors, never on arc-cosines of elements."""
        orbit, problem = self.plan.orbit, self.problem
        perigee = EARTH_EQUATORIAL_RADIUS + orbit.perigee_altitude
        apogee = EARTH_EQUATORIAL_RADIUS + orbit.apogee_altitude
        mu = EARTH_GRAVITATIONAL_PARAMETER

        def vectors(e: Any) -> tuple[Any, Any, Any]:
            return self._vectors(e, last)

        if apogee - perigee < 1e3:
            speed = np.sqrt(mu / perigee)
            problem.constrain("orbit: radius", lambda e, p: _size(vectors(e)[0]) - perigee, unit="m")
            problem.constrain("orbit: speed", lambda e, p: _size(vectors(e)[1]) - speed, unit="m/s")
            problem.constrain("orbit: level", lambda e, p: vectors(e)[0] @ vectors(e)[1] / (perigee * speed))
        else:
            energy, momentum = -mu / (perigee + apogee), np.sqrt(2 * mu * perigee * apogee / (perigee + apogee))

            def energy_error(e: Any, p: Any) -> Any:
                position, velocity, _ = vectors(e)
                return (0.5 * velocity @ velocity - mu / _size(position)) / energy - 1.0

            problem.constrain("orbit: energy", energy_error)
            problem.constrain("orbit: angular momentum", lambda e, p: _size(vectors(e)[2]) / momentum - 1.0)
        self._inclination(last)

    # ---- home ------------------------------------------------------------------------------------------------------
    def booster(self, start: np.ndarray | None = None) -> None:
        """The first stage from cut-off to touchdown; alone from ``start`` (time, position, velocity, pitch) if given."""
        home, off = self.vehicle.recovery, vehicle_parameters.descent_inputs(0)
        assert home is not None
        own, alpha = self.limits["descent"], home.angle_of_attack_max_deg.si
        hot = (
            PathConstraint("dynamic_pressure", own.dynamic_pressure, upper=home.dynamic_pressure_max_kPa.si, unit="Pa"),
            PathConstraint(
                "heating",
                own.heating,
                upper=home.heating_max_kW_m2.si if home.heating_max_kW_m2 else np.inf,
                unit="W/m2",
            ),
        )
        first = "coast"
        if self.plan.recovery == "return_to_launch_site":
            self._boostback(None if start is None else float(start[7]))
            first = "flip"
        turn = np.pi / vehicle_parameters.flip_rate(self.vehicle)
        self.phase("coast", "descent", off, (turn, 900.0), path=hot, mesh=_mesh(8, 6))
        self._part_from_ascent(first) if start is None else self._start_alone(first, start)
        if first == "flip":
            self.problem.link("boostback", "coast")

        entry = _steady(home.entry_throttle_max)
        self.phase(
            "entry", "descent", vehicle_parameters.descent_inputs(home.entry_engines or 1), (1.0, 90.0),
            _braking_controls(entry, alpha), hot, _mesh(5, 4),
        )  # fmt: skip
        self.phase("glide", "descent", off, (5.0, 400.0), _braking_controls((0.0, 0.0), alpha), hot, _mesh(20, 4))
        frame = self.plan.frame
        self.problem.constrain(
            "entry burn: end altitude", lambda e, p: frame.altitude(e.entry.final.position), ENTRY_FLOOR, np.inf, "m"
        )
        self.problem.link("coast", "entry")
        self.problem.link("entry", "glide", controls=("alpha", "beta"))
        self._landing()

    def _part_from_ascent(self, first: str) -> None:
        self.problem.constrain(f"{first}: time", lambda e, p: e[first].initial_time - e.ascent.final_time, unit="s")
        for state in ("position", "velocity"):
            self.problem.constrain(f"{first}: {state}", _difference(first, state))
        self.problem.constrain(
            f"{first}: mass",
            lambda e, p: e[first].initial.mass - e.ascent.final.mass + vehicle_parameters.upper_stack_mass(p),
            unit="kg",
        )

    def _start_alone(self, first: str, start: np.ndarray) -> None:
        """Where the booster begins, as given parameters: the optimum can be solved again, and differentiated, for others."""
        for name, value in zip(STARTS, start, strict=False):
            self.problem.parameter(name, value=float(value))

        def begins(state: str, names: tuple[str, ...]) -> Callable[[Any, Any], Any]:
            return lambda e, p: e[first].initial[state] - jnp.stack([p[name] for name in names])

        self.problem.constrain(f"{first}: time", lambda e, p: e[first].initial_time - p[STARTS[0]], unit="s")
        self.problem.constrain(f"{first}: position", begins("position", STARTS[1:4]), unit="m")
        self.problem.constrain(f"{first}: velocity", begins("velocity", STARTS[4:7]), unit="m/s")

    def _landing_acceleration(self, engines: int) -> float:
        """Limit (m/s2) with ``engines`` lit: the usual one, or what they cannot help on the floor with light tanks."""
        least = engines * self._floor() * self.vehicle.stage1.engine.thrust_vacuum / self.vehicle.stage1.dry_mass
        return max(LANDING_ACCELERATION, 1.1 * least)

    def _floor(self) -> float:
        """Least throttle planned in a landing burn."""
        home = self.vehicle.recovery
        assert home is not None
        return (home.landing_throttle_min or self.vehicle.stage1.engine.throttle_min).si

    def _boostback(self, pitch: float | None = None) -> None:
        home, rate = self.vehicle.recovery, vehicle_parameters.flip_rate(self.vehicle)
        assert home is not None
        throttle = _steady(home.boostback_throttle_max)
        longest = np.pi / rate
        self.phase(
            "flip", "vacuum", vehicle_parameters.descent_inputs(0), (SETTLING, SETTLING + longest), mesh=_mesh(2, 4)
        )
        self.phase(
            "boostback", "vacuum", vehicle_parameters.descent_inputs(home.boostback_engines or 1), (2.0, 200.0),
            _controls(throttle, BOOSTBACK_RATE, OVER_THE_TOP), (), _mesh(4, 5),
        )  # fmt: skip
        self.problem.link("flip", "boostback")

        # Nose up over the top: the turn is then the change of pitch (yaw, a degree or two, is left out).
        def spare_turn(e: Any, p: Any) -> Any:
            begun = e.ascent.final_control.pitch if pitch is None else pitch
            return rate * (e.flip.duration - SETTLING) - (e.boostback.initial_control.pitch - begun)

        self.problem.constrain("flip: turn within the rate limit", spare_turn, 0.0, np.inf, "rad")

    def _landing(self) -> None:
        """Ignition transient, one phase an engine count, touchdown at rest, upright, on the target."""
        home, frame = self.vehicle.recovery, self.plan.frame
        assert home is not None
        top = home.landing_throttle_max.si
        most = min(LANDING_ANGLE, home.angle_of_attack_max_deg.si)
        lead = home.ignition_lead_s.si
        first = home.landing_engines[0]
        # The throttle rises from nothing over the lead, no faster than evenly. Its lower
        # bound stays clear of the zero it starts from, where the solver could not come near the start from inside.
        self.phase(
            "ignition",
            "descent",
            vehicle_parameters.descent_inputs(first),
            lead,
            _braking_controls((-0.1, top), most, top / lead),
            (),
            _mesh(1, 10),
        )
        self.problem.link("glide", "ignition", controls=("alpha", "beta"))
        self.problem.constrain("ignition: from nothing", lambda e, p: e.ignition.initial_control.throttle)
        lowest = home.landing_ignition_altitude_min_km
        if lowest is not None:
            self.problem.constrain(
                "ignition: altitude", lambda e, p: frame.altitude(e.ignition.initial.position), lowest.si, np.inf, "m"
            )
        if home.approach_angle_max_deg is not None:
            self._steep_approach(home.approach_angle_max_deg.si)
        last = "ignition"
        for engines in home.landing_engines:
            name = f"landing_{engines}"
            final = engines == home.landing_engines[-1]
            own = self.limits["descent"]
            gentle = PathConstraint(
                "axial_acceleration", own.axial_acceleration, upper=self._landing_acceleration(engines), unit="m/s2"
            )
            self.phase(
                name, "descent", vehicle_parameters.descent_inputs(engines), (SHORTEST_BURN, LONGEST_LANDING),
                _braking_controls((self._floor(), top), most), (gentle,), _mesh(8 if final else 3, 4),
            )  # fmt: skip
            follows = ("alpha", "beta", "throttle") if last == "ignition" else ("alpha", "beta")
            self.problem.link(last, name, controls=follows)
            last = name
        target = self.plan.target
        if target is None:
            self.problem.constrain("touchdown: altitude", lambda e, p: frame.altitude(e[last].final.position), unit="m")
        else:
            self.problem.constrain("touchdown: position", lambda e, p: e[last].final.position - target, unit="m")
        self.problem.constrain("touchdown: velocity", lambda e, p: e[last].final.velocity, unit="m/s")

        # At rest the axis is up where the two angles are zero: upright is a bound on them.
        tilt = float(np.tan(TILT_AT_TOUCHDOWN))
        for angle in ("alpha", "beta"):
            self.problem.constrain(f"touchdown: {angle}", _final_control(last, angle), -tilt, tilt)
        self.problem.constrain(
            "touchdown: mass",
            lambda e, p: e[last].final.mass - p["stage1.dry_mass"] - p["stage1.residual"] - p["landing.reserve"],
            0.0,
            np.inf,
            "kg",
        )

    def _steep_approach(self, most: float) -> None:
        """Falling within ``most`` (rad) of straight down where the landing burn is lit."""
        frame = self.plan.frame

        def spare(e: Any, p: Any) -> Any:
            position, velocity = frame.from_centre(e.ignition.initial.position), e.ignition.initial.velocity
            return -(velocity @ position) / (_size(velocity) * _size(position)) - np.cos(most)

        self.problem.constrain("ignition: steep approach", spare, 0.0, np.inf)

    def build_launch(self) -> Problem:
        """The whole problem: payload as large as possible."""
        self.ascent()
        self.upper_stage()
        if self.plan.recovery == "expendable":
            self._keep(0.0)
        else:
            self.booster()
        self.problem.maximize(lambda e, p: p.payload, unit="kg")
        return self.problem

    def build_way_up(self, kept: float) -> Problem:
        """Ascent and upper stage alone, with ``kept`` propellant (kg) still in the first stage at cut-off."""
        self.ascent()
        self.upper_stage(impulsive=True)
        self._keep(kept)
        self.problem.maximize(lambda e, p: p.payload, unit="kg")
        return self.problem

    def build_way_home(self, start: np.ndarray) -> Problem:
        """The booster alone from ``start`` (time, position, velocity, pitch), with as little propellant as possible."""
        self.booster(start)
        first = next(iter(self.problem.phases))
        self.problem.minimize(lambda e, p: e[first].initial.mass, unit="kg")
        return self.problem

    def _keep(self, kept: float) -> None:
        def spare(e: Any, p: Any) -> Any:
            empty = vehicle_parameters.upper_stack_mass(p) + p["stage1.dry_mass"] + p["stage1.residual"]
            return e.ascent.final.mass - empty - kept

        self.problem.constrain("cut-off: mass", spare, 0.0, np.inf, "kg")


def _difference(first: str, state: str) -> Callable[[Any, Any], Any]:
    return lambda e, p: e[first].initial[state] - e.ascent.final[state]


def _final_control(phase: str, control: str) -> Callable[[Any, Any], Any]:
    return lambda e, p: e[phase].final_control[control]


def _size(vector: Any) -> Any:
    return jnp.sqrt(vector @ vector)
