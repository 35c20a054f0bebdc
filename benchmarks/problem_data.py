"""The three problems, stated once for all tools with numbers and plain arithmetic, without an array library.

A :class:`Problem` is a chain of :class:`Phase`; each adapter states it for its tool. The functions take sequences of scalars
of the tool's number type, and the elementary functions of that type (:class:`Elementary`), and return lists. Each problem
maximises the final mass. README.md says how the reference answers were found.

``MARS``      powered descent on Mars, point mass: Açıkmeşe & Ploen's lander (JGCD 30(5), 2007), start of OpenSCvx.
``LANDING6``  powered descent with attitude: the six-degree-of-freedom example of OpenSCvx, with its limits as documented.
``DELTA3``    Delta III to a transfer orbit in four phases: Betts, Practical Methods for Optimal Control, SIAM 2010.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import acos, cos, inf, pi, radians, sin, sqrt, tan
from typing import Any, NamedTuple


class Elementary(NamedTuple):
    """The elementary functions of the tool's number type."""

    sqrt: Callable[[Any], Any]
    exp: Callable[[Any], Any]
    acos: Callable[[Any], Any]


@dataclass(frozen=True)
class Guess:
    """Guess of a phase: times, and one row a state and control; tools interpolate linearly."""

    time: Sequence[float]
    states: Sequence[Sequence[float]]
    controls: Sequence[Sequence[float]]


@dataclass(frozen=True)
class Phase:
    """One phase. Boxes are pairs (lowest, highest), one a state or control; equal numbers are a fixed value."""

    start: float  # s
    end: tuple[float, float]  # s
    state: Sequence[tuple[float, float]]  # at all times
    initial: Sequence[tuple[float, float]]
    final: Sequence[tuple[float, float]]
    control: Sequence[tuple[float, float]]
    dynamics: Callable[[Sequence[Any], Sequence[Any], Elementary], list[Any]]  # time derivatives of the states
    path: Callable[[Sequence[Any], Sequence[Any], Elementary], list[Any]]
    path_box: Sequence[tuple[float, float]]
    guess: Guess
    mesh: tuple[int, int]  # (equal intervals, collocation points in each), for tools with a fixed mesh
    state_scale: Sequence[float]  # typical size of each state
    path_scale: Sequence[float]
    time_scale: float = 1.0


@dataclass(frozen=True)
class Problem:
    """Phases in sequence, with the first ``linked`` states continuous between them and ``events`` = ``event_values``."""

    phases: Sequence[Phase]
    objective: int  # the state whose final value in the last phase is maximised
    answer_scale: float  # times that value = the answer, in ``unit``
    unit: str
    reference: float  # the answer without discretisation
    linked: int = 0
    events: Callable[[Sequence[Any], Sequence[Any], Elementary], list[Any]] = lambda first, last, el: []
    event_values: Sequence[float] = ()
    event_scale: Sequence[float] = ()


def fixed(values: Sequence[float]) -> list[tuple[float, float]]:
    """Return boxes that fix each state at a value."""
    return [(float(value), float(value)) for value in values]


def straight(duration: float, first: Sequence[float], last: Sequence[float], control: Sequence[float]) -> Guess:
    """Return a guess with states on a straight line from ``first`` to ``last`` and constant controls."""
    return Guess((0.0, duration), list(zip(first, last, strict=True)), [(value, value) for value in control])


# Mars landing. Units: km, 100 m/s, t, kN, s, so that all numbers are of order one.
# States x, y, z (up), vx, vy, vz, m; controls: the thrust vector.

MARS_GRAVITY = 3.7114  # m/s²
CANT = cos(radians(27))  # of the six engines: reduces their thrust along the axis, not their mass flow
MARS_THRUST = 6 * 0.3 * 3.1 * CANT, 6 * 0.8 * 3.1 * CANT  # kN, six engines at 30 % and 80 % of 3.1 kN
MARS_FLOW = 1 / (225 * 9.807 * CANT)  # t/s per kN
GLIDE = tan(radians(86))  # the lander stays above a cone 4 degrees over the ground


def mars_dynamics(x: Sequence[Any], u: Sequence[Any], el: Elementary) -> list[Any]:
    """Return state rates of a point mass under thrust and constant gravity, without air."""
    m = x[6]
    thrust = el.sqrt(u[0] * u[0] + u[1] * u[1] + u[2] * u[2])
    accelerations = [u[0] / m / 100, u[1] / m / 100, (u[2] / m - MARS_GRAVITY) / 100]
    return [0.1 * x[3], 0.1 * x[4], 0.1 * x[5], *accelerations, -MARS_FLOW * thrust]


def mars_path(x: Sequence[Any], u: Sequence[Any], el: Elementary) -> list[Any]:
    """Return the squared thrust, and the height above the glide cone."""
    return [u[0] ** 2 + u[1] ** 2 + u[2] ** 2, (GLIDE * x[2]) ** 2 - x[0] ** 2 - x[1] ** 2]


def mars() -> Problem:
    """Return the Mars landing: final mass maximised, end time free."""
    start = [2.0, 0.0, 1.5, 0.80, 0.30, -0.75, 1.905]
    fastest = 500 / 360  # 500 km/h
    mass = (1.505, 1.905)
    phase = Phase(
        start=0.0,
        end=(10.0, 100.0),
        state=[(-3.0, 3.0), (-3.0, 3.0), (0.0, 3.0), *3 * [(-fastest, fastest)], mass],
        initial=fixed(start),
        final=[*fixed(6 * [0]), mass],
        control=3 * [(-MARS_THRUST[1], MARS_THRUST[1])],
        dynamics=mars_dynamics,
        path=mars_path,
        path_box=[(MARS_THRUST[0] ** 2, MARS_THRUST[1] ** 2), (0.0, inf)],
        guess=straight(70.0, start, [*6 * [0.0], 1.55], (0.0, 0.0, 8.0)),
        mesh=(20, 4),
        state_scale=7 * [1.0],
        path_scale=2 * [1.0],
    )
    return Problem([phase], objective=6, answer_scale=1000.0, unit="kg", reference=1535.763352)


# Landing with attitude, without units. States m, position (x up), velocity, quaternion from body to inertial axes
# (scalar last), rates; controls: the thrust vector in body axes, the body's long axis first.

INERTIA = 0.168 * 2e-2, 0.168, 0.168
THRUST6 = 1.5, 6.5
GIMBAL = cos(radians(20))
GLIDE6 = tan(radians(75))
TILT = 1 - cos(radians(75))
RATE = 0.3752
SPEED = 3.0


def landing6_dynamics(x: Sequence[Any], u: Sequence[Any], el: Elementary) -> list[Any]:
    """Return state rates of a rigid body: thrust 0.25 below and drag 0.05 above the centre of mass, gravity 1."""
    m, v, (q1, q2, q3, q4), w = x[0], x[4:7], (x[7], x[8], x[9], x[10]), x[11:14]
    rotation = [
        [q4**2 + q1**2 - q2**2 - q3**2, 2 * (q1 * q2 - q4 * q3), 2 * (q4 * q2 + q1 * q3)],
        [2 * (q4 * q3 + q1 * q2), q4**2 - q1**2 + q2**2 - q3**2, 2 * (q2 * q3 - q4 * q1)],
        [2 * (q1 * q3 - q4 * q2), 2 * (q4 * q1 + q2 * q3), q4**2 - q1**2 - q2**2 + q3**2],
    ]
    speed = el.sqrt(v[0] ** 2 + v[1] ** 2 + v[2] ** 2 + 1e-12)
    thrust = el.sqrt(u[0] ** 2 + u[1] ** 2 + u[2] ** 2 + 1e-12)
    body_speed = [sum(rotation[i][j] * v[i] for i in range(3)) for j in range(3)]
    drag = [-0.25 * speed * area * component for area, component in zip((0.5, 1.0, 1.0), body_speed, strict=True)]
    force = [u[i] + drag[i] for i in range(3)]
    pull = [sum(row[j] * force[j] for j in range(3)) / m for row in rotation]
    moment = [0.0, 0.25 * u[2] - 0.05 * drag[2], -0.25 * u[1] + 0.05 * drag[1]]
    j1, j2, j3 = INERTIA
    spin = [
        (moment[0] - (j3 - j2) * w[1] * w[2]) / j1,
        (moment[1] - (j1 - j3) * w[2] * w[0]) / j2,
        (moment[2] - (j2 - j1) * w[0] * w[1]) / j3,
    ]
    turn = [
        0.5 * (w[0] * q4 - w[1] * q3 + w[2] * q2),
        0.5 * (w[0] * q3 - w[2] * q1 + w[1] * q4),
        0.5 * (w[1] * q1 - w[0] * q2 + w[2] * q4),
        -0.5 * (w[0] * q1 + w[1] * q2 + w[2] * q3),
    ]
    return [-thrust / 30 - 0.01, v[0], v[1], v[2], pull[0] - 1.0, pull[1], pull[2], *turn, *spin]


def landing6_path(x: Sequence[Any], u: Sequence[Any], el: Elementary) -> list[Any]:
    """Return height above the glide cone, tilt, squared rate, gimbal margin, squared thrust and squared speed."""
    r, v, w = x[1:4], x[4:7], x[11:14]
    squared_thrust = u[0] ** 2 + u[1] ** 2 + u[2] ** 2
    return [
        (GLIDE6 * r[0]) ** 2 - r[1] ** 2 - r[2] ** 2,
        2 * (x[8] ** 2 + x[9] ** 2),
        w[0] ** 2 + w[1] ** 2 + w[2] ** 2,
        u[0] ** 2 - GIMBAL**2 * squared_thrust,
        squared_thrust,
        v[0] ** 2 + v[1] ** 2 + v[2] ** 2,
    ]


def landing6_events(first: Sequence[Any], last: Sequence[Any], el: Elementary) -> list[Any]:
    """Return the squared norm of the initial quaternion, which is otherwise free."""
    return [first[7] ** 2 + first[8] ** 2 + first[9] ** 2 + first[10] ** 2]


def landing6() -> Problem:
    """Return the landing with attitude: upright at speed 0.1, final mass maximised, initial attitude and end time free."""
    box = [(1.0, 2.0), (0.0, 10.0), *2 * [(-10.0, 10.0)], *3 * [(-SPEED, SPEED)], *4 * [(-1.0, 1.0)]]
    box += 3 * [(-RATE, RATE)]
    start, end = [2.0, 7.5, 4.5, 2.5, -0.5, -2.8, 0.0], [0.0, 0.0, 0.0, -0.1, 0.0, 0.0]
    attitude = [0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0]  # upright and at rest
    phase = Phase(
        start=0.0,
        end=(1.0, 10.0),
        state=box,
        initial=[*fixed(start), *box[7:11], *fixed(3 * [0])],
        final=[box[0], *fixed(end), *fixed(attitude[:3]), box[10], *fixed(attitude[4:])],
        control=[(0.0, THRUST6[1]), *2 * [(-THRUST6[1], THRUST6[1])]],
        dynamics=landing6_dynamics,
        path=landing6_path,
        path_box=[
            (0, inf),
            (-inf, TILT),
            (-inf, RATE**2),
            (0, inf),
            (THRUST6[0] ** 2, THRUST6[1] ** 2),
            (-inf, SPEED**2),
        ],
        guess=straight(5.0, [*start, *attitude], [1.5, *end, *attitude], (2.0, 0.0, 0.0)),
        mesh=(15, 4),
        state_scale=14 * [1.0],
        path_scale=6 * [1.0],
    )
    return Problem(
        [phase],
        objective=0,
        answer_scale=1.0,
        unit="",
        reference=1.57001,
        events=landing6_events,
        event_values=[1.0],
        event_scale=[1.0],
    )


# Delta III. SI units, Earth-centred inertial axes. States: position, velocity, mass; controls: the thrust direction.

EARTH_PULL, EARTH_RADIUS, EARTH_RATE = 3.986012e14, 6378145.0, 7.29211585e-5  # m³/s², m, rad/s
AIR_DENSITY, AIR_HEIGHT, DRAG_AREA = 1.225, 7200.0, 0.5 * 4 * pi  # kg/m³, m, m²
LATITUDE = radians(28.5)
ORBIT = (
    24361140.0,
    0.7308,
    28.5,
    269.8,
    130.5,
)  # m, -, degrees: semi-major axis, eccentricity, inclination, node, argument of perigee

# Mass and propellant (kg), thrust (N), burn time (s) of one solid booster, the first and the second stage; payload (kg).
SOLID, FIRST, SECOND = (
    (19290.0, 17010.0, 628500.0, 75.2),
    (104380.0, 95550.0, 1083100.0, 261.0),
    (19300.0, 16820.0, 110094.0, 700.0),
)
PAYLOAD = 4164.0
SWITCHES = 0.0, 75.2, 150.4, 261.0, 961.0  # s: starts of the four phases, latest end


def burn(solids: int, stage: tuple[float, ...]) -> tuple[float, float]:
    """Return thrust (N) and mass flow (kg/s) of some solid boosters and a stage together."""
    return solids * SOLID[2] + stage[2], solids * SOLID[1] / SOLID[3] + stage[1] / stage[3]


BURNS = burn(6, FIRST), burn(3, FIRST), burn(0, FIRST), burn(0, SECOND)


def delta3_masses() -> list[tuple[float, float]]:
    """Return the mass (kg) at the start of each phase and after its longest burn; empty parts are dropped between phases."""
    dropped = 6 * (SOLID[0] - SOLID[1]), 3 * (SOLID[0] - SOLID[1]), FIRST[0] - FIRST[1], 0.0
    mass, masses = 9 * SOLID[0] + FIRST[0] + SECOND[0] + PAYLOAD, []
    for phase, (_, flow) in enumerate(BURNS[:3]):
        burnt = mass - flow * (SWITCHES[phase + 1] - SWITCHES[phase])
        masses.append((mass, burnt))
        mass = burnt - dropped[phase]
    return [*masses, (mass, PAYLOAD)]


def cross(a: Sequence[Any], b: Sequence[Any]) -> list[Any]:
    """Return the vector product."""
    return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]


def dot(a: Sequence[Any], b: Sequence[Any]) -> Any:
    """Return the scalar product."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def delta3_dynamics(thrust: float, flow: float) -> Callable[[Sequence[Any], Sequence[Any], Elementary], list[Any]]:
    """Return the state rates: a point mass over a spherical Earth with an exponential atmosphere that rotates with it."""

    def dynamics(x: Sequence[Any], u: Sequence[Any], el: Elementary) -> list[Any]:
        position, velocity, mass = x[0:3], x[3:6], x[6]
        radius = el.sqrt(dot(position, position))
        wind = [velocity[0] + EARTH_RATE * position[1], velocity[1] - EARTH_RATE * position[0], velocity[2]]
        airspeed = el.sqrt(dot(wind, wind) + 1e-12)  # zero on the pad, where the root has no derivative
        drag = 0.5 * AIR_DENSITY * DRAG_AREA * el.exp((EARTH_RADIUS - radius) / AIR_HEIGHT) * airspeed
        gravity = EARTH_PULL / radius**3
        pull = [(thrust * u[i] - drag * wind[i]) / mass - gravity * position[i] for i in range(3)]
        return [velocity[0], velocity[1], velocity[2], *pull, -flow]

    return dynamics


def delta3_path(x: Sequence[Any], u: Sequence[Any], el: Elementary) -> list[Any]:
    """Return the length of the thrust direction, and the distance from the Earth's centre."""
    return [el.sqrt(dot(u, u)), el.sqrt(dot(x[0:3], x[0:3]))]


def orbit_elements(first: Sequence[Any], last: Sequence[Any], el: Elementary) -> list[Any]:
    """Return semi-major axis (m), eccentricity, and three angles (degrees) of the final orbit, in the quadrants of ORBIT."""
    position, velocity, degrees = last[0:3], last[3:6], 180 / pi
    radius, square = el.sqrt(dot(position, position)), dot(velocity, velocity)
    momentum = cross(position, velocity)
    node = [-momentum[1], momentum[0]]
    node_length = el.sqrt(node[0] ** 2 + node[1] ** 2)
    inward, along = square - EARTH_PULL / radius, dot(position, velocity)
    perigee = [(inward * position[i] - along * velocity[i]) / EARTH_PULL for i in range(3)]
    eccentricity = el.sqrt(dot(perigee, perigee))
    return [
        1 / (2 / radius - square / EARTH_PULL),
        eccentricity,
        el.acos(momentum[2] / el.sqrt(dot(momentum, momentum))) * degrees,
        360 - el.acos(node[0] / node_length) * degrees,
        el.acos((node[0] * perigee[0] + node[1] * perigee[1]) / (node_length * eccentricity)) * degrees,
    ]


def perigee_state() -> tuple[list[float], list[float]]:
    """Return position (m) and velocity (m/s) at the perigee of ORBIT."""
    size, eccentricity, *angles = ORBIT
    inclination, node, argument = (radians(angle) for angle in angles)
    radial = [
        cos(node) * cos(argument) - sin(node) * sin(argument) * cos(inclination),
        sin(node) * cos(argument) + cos(node) * sin(argument) * cos(inclination),
        sin(argument) * sin(inclination),
    ]
    forward = [
        -cos(node) * sin(argument) - sin(node) * cos(argument) * cos(inclination),
        -sin(node) * sin(argument) + cos(node) * cos(argument) * cos(inclination),
        cos(argument) * sin(inclination),
    ]
    speed = sqrt(EARTH_PULL / size * (1 + eccentricity) / (1 - eccentricity))
    return [size * (1 - eccentricity) * part for part in radial], [speed * part for part in forward]


def pad_state() -> tuple[list[float], list[float]]:
    """Return position (m) and velocity (m/s) of the pad, which rotates with the Earth."""
    east = EARTH_RADIUS * cos(LATITUDE)
    return [east, 0.0, EARTH_RADIUS * sin(LATITUDE)], [0.0, EARTH_RATE * east, 0.0]


def delta3_guess(phase: int, masses: tuple[float, float]) -> Guess:
    """Return a guess with height, latitude, longitude and velocity linear in time from pad to perigee, thrust along y."""
    velocity, (there, orbital) = pad_state()[1], perigee_state()
    height = sqrt(dot(there, there)) - EARTH_RADIUS
    latitude = pi / 2 - acos(there[2] / (EARTH_RADIUS + height))
    longitude = -acos(there[0] / sqrt(there[0] ** 2 + there[1] ** 2)) * (-1 if there[1] > 0 else 1)
    times = [SWITCHES[phase] + (SWITCHES[phase + 1] - SWITCHES[phase]) * k / 8 for k in range(9)]
    columns = []
    for k, time in enumerate(times):
        part = time / SWITCHES[4]
        radius, up = EARTH_RADIUS + part * height, LATITUDE + part * (latitude - LATITUDE)
        position = [
            radius * cos(up) * cos(part * longitude),
            radius * cos(up) * sin(part * longitude),
            radius * sin(up),
        ]
        speeds = [a + part * (b - a) for a, b in zip(velocity, orbital, strict=True)]
        columns.append([*position, *speeds, masses[0] + (masses[1] - masses[0]) * k / 8])
    return Guess(times, list(zip(*columns, strict=True)), [9 * (0.0,), 9 * (1.0,), 9 * (0.0,)])


def delta3() -> Problem:
    """Return Delta III: the final mass in the transfer orbit is maximised; the end of the last burn is free."""
    velocity_scale = sqrt(EARTH_PULL / EARTH_RADIUS)
    masses, phases = delta3_masses(), []
    motion = [*3 * [(-2 * EARTH_RADIUS, 2 * EARTH_RADIUS)], *3 * [(-10000.0, 10000.0)]]
    for phase, (full, empty) in enumerate(masses):
        last = phase == 3
        box = [*motion, (empty - 10, full + 10)]  # 10 kg to spare
        pad = fixed([*pad_state()[0], *pad_state()[1]])
        phases.append(
            Phase(
                start=SWITCHES[phase],
                end=(SWITCHES[3], SWITCHES[4]) if last else (SWITCHES[phase + 1], SWITCHES[phase + 1]),
                state=box,
                initial=[*(motion if phase else pad), *fixed([full])],
                final=[*motion, (empty, full + 10)] if last else box,
                control=3 * [(-1.1, 1.1)],
                dynamics=delta3_dynamics(*BURNS[phase]),
                path=delta3_path,
                path_box=[(1.0, 1.0), (EARTH_RADIUS, inf)],
                guess=delta3_guess(phase, (full, empty)),
                mesh=(5, 5),
                state_scale=[*3 * [EARTH_RADIUS], *3 * [velocity_scale], masses[0][0]],
                path_scale=[1.0, EARTH_RADIUS],
                time_scale=EARTH_RADIUS / velocity_scale,
            )
        )
    return Problem(
        phases,
        objective=6,
        answer_scale=1.0,
        unit="kg",
        reference=7529.712296,
        linked=6,
        events=orbit_elements,
        event_values=ORBIT,
        event_scale=[EARTH_RADIUS, 1.0, 1.0, 1.0, 1.0],
    )


PROBLEMS = {"mars": mars, "landing6": landing6, "delta3": delta3}
