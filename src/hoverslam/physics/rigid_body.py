"""Six-degree-of-freedom equations of motion: a rigid body that is steered by gimballed thrust, fins and cold gas.

State: position and velocity ``(3,)`` in the frame (downrange, left, up), mass, ``attitude`` ``(4,)`` (unit quaternion, scalar
first, from body to frame) and ``rate`` ``(3,)`` (angular velocity in body axes, rad/s). The body's third axis is its nose:
with the attitude (1, 0, 0, 0) it stands upright with its first axis downrange. Stations along the body are heights above
the engines' gimbal plane (m).

The spin that leaving propellant takes with it (jet damping) and the rate of change of the inertia are neglected; both act
over tens of seconds.
"""

from abc import abstractmethod
from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jax import Array

from hoverslam.physics.motion import Flight, Propulsion, Shape

_SMALL = 1e-12
_STARTED = 0.15  # of full thrust: below it the exhaust does not fill the nozzle


def rotation(attitude: Array) -> Array:
    """Matrix ``(3, 3)`` from body axes to the frame, of a unit quaternion ``(4,)``, scalar first."""
    w, x, y, z = attitude
    return jnp.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def attitude_rate(attitude: Array, rate: Array) -> Array:
    """Time derivative ``(4,)`` of an attitude that turns with ``rate`` ``(3,)`` in body axes (rad/s)."""
    w, x, y, z = attitude
    a, b, c = rate
    return 0.5 * jnp.stack(
        [-x * a - y * b - z * c, w * a + y * c - z * b, w * b + z * a - x * c, w * c + x * b - y * a]
    )


class MassProperties(NamedTuple):
    """At one mass: station of the centre of mass (m), and principal inertia ``(3,)`` about it (kg m2)."""

    centre: Array
    inertia: Array


class Body(eqx.Module):
    """Where mass, thrust and air act along a body.

    Attributes:
        engine_station: of the gimbal plane (m).
        pressure_station: of the centre of pressure (m).
    """

    engine_station: eqx.AbstractVar[float]
    pressure_station: eqx.AbstractVar[float]

    @abstractmethod
    def properties(self, mass: Array) -> MassProperties:
        """Centre of mass and inertia at ``mass`` (kg)."""


class FixedBody(Body):
    """A body whose centre of mass is at station 0 and whose inertia does not change, as landers of the literature have it."""

    inertia: tuple[float, float, float]
    engine_station: float
    pressure_station: float

    def properties(self, mass: Array) -> MassProperties:
        """The same at every mass."""
        return MassProperties(jnp.zeros(()), jnp.asarray(self.inertia, dtype=float))


class SolidCylinder(Body):
    """A homogeneous cylinder: inertia in proportion to mass, centre of mass fixed at station 0."""

    radius: float
    length: float
    engine_station: float
    pressure_station: float

    def properties(self, mass: Array) -> MassProperties:
        """Inertia of a cylinder of that mass."""
        across = self.radius**2 / 4.0 + self.length**2 / 12.0
        return MassProperties(jnp.zeros(()), mass * jnp.array([across, across, self.radius**2 / 2.0]))


class TankBody(Body):
    """An empty stage with the rest of its propellant standing as one column on the tank's floor.

    Attributes:
        dry_mass: without propellant (kg).
        dry_centre: station of its centre of mass (m): low, for the engines are at the bottom.
        length, radius: of the stage (m); its empty inertia is that of a thin tube with the engines as a disc at the bottom.
        floor: station of the tank's floor (m).
        density: of the propellant, mixed (kg/m3).
    """

    dry_mass: float
    dry_centre: float
    length: float
    radius: float
    floor: float
    density: float
    pressure_station: float
    engine_station: float

    def properties(self, mass: Array) -> MassProperties:
        """Of the empty stage and the column together, by the parallel-axis theorem."""
        propellant = mass - self.dry_mass
        height = propellant / (self.density * jnp.pi * self.radius**2)
        column = self.floor + 0.5 * height
        centre = (self.dry_mass * self.dry_centre + propellant * column) / mass
        empty = self._empty_inertia() + self.dry_mass * (self.dry_centre - centre) ** 2
        slosh_free = propellant * (self.radius**2 / 4.0 + height**2 / 12.0 + (column - centre) ** 2)
        # A liquid does not turn with its tank about the long axis.
        return MassProperties(
            centre, jnp.stack([empty + slosh_free] * 2 + [self.dry_mass * self.radius**2 + 0.0 * mass])
        )

    def _empty_inertia(self) -> float:
        """Across, about the empty stage's own centre: a tube of such a share that the centre comes out where it is."""
        tube = self.dry_mass * self.dry_centre / (0.5 * self.length)
        return tube * (self.radius**2 / 2.0 + self.length**2 / 3.0) - self.dry_mass * self.dry_centre**2


class RigidInputs(NamedTuple):
    """Figures of one flight phase: one engine, how many are lit, and the shape that the air sees."""

    engine: Propulsion
    lit: Array | float
    shape: Shape


class Fins(NamedTuple):
    """Grid fins: station (m), area of one pair (m2), normal-force slope per rad, radius at which they act for roll (m)."""

    station: float
    area: float
    slope: float
    radius: float


class Ellipsoid(NamedTuple):
    """Air force of constant density and three coefficients: ``-1/2 density area |v| C v`` in body axes (SCvx literature)."""

    density_area: float
    coefficients: tuple[float, float, float]


class RigidFlight(Flight):
    """Dynamics of a rigid body; the frame, the air and the engines are those of :class:`Flight`.

    Attributes:
        body: mass properties and stations.
        fins: grid fins, or None.
        ellipsoid: the air of the literature instead of the atmosphere and curves, or None.
        lag: time constant with which the thrust follows its command (s); zero obeys at once.
        gimballed: whether the control is ``throttle`` and ``gimbal`` ``(2,)`` (tangents); else it is ``thrust`` ``(3,)`` in
            body axes, whose size is the throttle.

    With a lag the state has ``level``: thrust in units of one engine at full throttle, which follows the count of lit
    engines times the throttle. So engines come up at ignition, and those shut down fade.
    """

    body: Body = eqx.field(kw_only=True)
    fins: Fins | None = eqx.field(kw_only=True, default=None)
    ellipsoid: Ellipsoid | None = eqx.field(kw_only=True, default=None)
    lag: float = eqx.field(kw_only=True, static=True, default=0.0)
    gimballed: bool = eqx.field(kw_only=True, static=True, default=False)

    def body_axis(self, state, control) -> Array:  # type: ignore[no-untyped-def]
        """Unit vector ``(3,)`` along the nose, in the frame."""
        w, x, y, z = state.attitude
        return jnp.stack([2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)])

    def throttle(self, control) -> Array:  # type: ignore[no-untyped-def]
        """Throttle asked of the lit engines."""
        if self.gimballed:
            return control.throttle
        return jnp.sqrt(control.thrust @ control.thrust + _SMALL**2)

    def direction(self, control) -> Array:  # type: ignore[no-untyped-def]
        """Unit vector ``(3,)`` of the thrust in body axes."""
        if not self.gimballed:
            return control.thrust / self.throttle(control)
        aside = jnp.append(control.gimbal, 1.0)
        return aside / jnp.sqrt(aside @ aside)

    def gimbal_cosine(self, control) -> Array:  # type: ignore[no-untyped-def]
        """Cosine of the angle between thrust and nose."""
        return self.direction(control)[2]

    def rates(self, state, control, inputs: RigidInputs):  # type: ignore[no-untyped-def, override]
        """Time derivative of the state under thrust."""
        asked = inputs.lit * self.throttle(control)
        rates = self._rates(state, control, inputs, state.level if self.lag else asked, self.direction(control))
        if self.lag:
            rates["level"] = (asked - state.level) / self.lag
        return rates

    def coast_rates(self, state, control, inputs: RigidInputs):  # type: ignore[no-untyped-def, override]
        """Time derivative of the state with engines off."""
        return self._rates(state, control, inputs, jnp.zeros(()), jnp.array([0.0, 0.0, 1.0]))

    def _rates(self, state, control, inputs: RigidInputs, level, direction):  # type: ignore[no-untyped-def]
        turn, body = rotation(state.attitude), self.body.properties(state.mass)
        _, air, air_velocity, speed_squared = self.flow(state)
        thrust = self.thrust(level, air.pressure, inputs)
        push = thrust * direction
        force, torque = push, self._lever(self.body.engine_station - body.centre, push)
        if self.regime != "vacuum" or self.ellipsoid is not None:
            acting = self._air(turn, air, air_velocity, speed_squared, thrust, inputs)
            force, torque = force + acting, torque + self._lever(self.body.pressure_station - body.centre, acting)
        if self.fins is not None and "fins" in control:
            side, twist = self._fin_force(turn.T @ air_velocity, air, speed_squared, control)
            force = force + side
            torque = torque + self._lever(self.fins.station - body.centre, side) + jnp.array([0.0, 0.0, 1.0]) * twist
        if "torque" in control:  # of cold gas
            torque = torque + control.torque
        spin = (torque - jnp.cross(state.rate, body.inertia * state.rate)) / body.inertia
        return {
            "position": state.velocity,
            "velocity": turn @ force / state.mass + self.frame.acceleration(state.position, state.velocity),
            "mass": -level * inputs.engine.mass_flow,
            "attitude": attitude_rate(state.attitude, state.rate),
            "rate": spin,
        }

    def thrust(self, level: Array, pressure: Array, inputs: RigidInputs) -> Array:
        """Thrust (N) of engines that together run at ``level`` of one; the air's pressure acts on those that burn."""
        if self.regime == "vacuum":
            return level * inputs.engine.thrust_vacuum
        burning = inputs.lit * jnp.tanh(level / (_STARTED * inputs.lit + _SMALL))
        return level * inputs.engine.thrust_vacuum - burning * inputs.engine.exit_area * pressure

    @staticmethod
    def _lever(arm: Array, force: Array) -> Array:
        """Torque ``(3,)`` of a force ``(3,)`` in body axes at ``arm`` (m) along the nose from the centre of mass."""
        return arm * jnp.stack([-force[1], force[0], jnp.zeros(())])

    def _air(self, turn, air, air_velocity, speed_squared, thrust, inputs: RigidInputs):  # type: ignore[no-untyped-def]
        """Force of the air on the body ``(3,)`` in body axes (N)."""
        if self.ellipsoid is not None:
            speed = jnp.sqrt(air_velocity @ air_velocity + _SMALL)
            along = turn.T @ air_velocity
            return -0.5 * self.ellipsoid.density_area * speed * jnp.asarray(self.ellipsoid.coefficients) * along
        mach = jnp.sqrt(speed_squared) / air.speed_of_sound
        axis = turn[:, 2]
        axial, normal = self._aerodynamics(axis, air_velocity, speed_squared, mach, air.density, thrust, inputs.shape)
        return turn.T @ (axial * axis + normal)

    def _fin_force(self, flow, air, speed_squared, control):  # type: ignore[no-untyped-def]
        """Side force ``(3,)`` (N) and roll torque (N m) of deflections ``control.fins`` ``(3,)`` (rad): two sides, roll.

        The fins' own angle to the flow is that of the body, whose normal force has it already.
        """
        assert self.fins is not None
        pressure = 0.5 * air.density * speed_squared
        each = pressure * self.fins.area * self.fins.slope * control.fins
        return jnp.stack([each[0], each[1], jnp.zeros(())]), each[2] * self.fins.radius
