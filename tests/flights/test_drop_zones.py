"""Drop zones: the fall of a body against closed forms, the ellipse against Monte Carlo, and the bodies of a launch."""

import json
from dataclasses import replace
from types import SimpleNamespace

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
from jax import Array

from hoverslam.flights.launch.falling.bodies import FallingBody, apsides, bodies_of, local_axes
from hoverslam.flights.launch.falling.drop_zones import DropZones, along_and_across, drop_zones, zones_of
from hoverslam.flights.launch.falling.ellipse import (
    SOURCES,
    covariance_of,
    disturbed,
    ellipse_of,
    errors_of,
    fall_with_differences,
    horizontal,
)
from hoverslam.flights.launch.falling.fall import Start, fall
from hoverslam.flights.launch.falling.figures import fall_figures, relative_sigma
from hoverslam.flights.launch.falling.picture import neighbours
from hoverslam.flights.launch.solve import solve_launch
from hoverslam.physics.atmosphere import air_at
from hoverslam.physics.constants import (
    EARTH_EQUATORIAL_RADIUS,
    EARTH_GRAVITATIONAL_PARAMETER,
    EARTH_J2,
    STANDARD_GRAVITY,
)
from hoverslam.physics.earth import FlatGround, LaunchFrame
from hoverslam.physics.motion import Flight
from hoverslam.physics.winds import percentile_wind
from hoverslam.vehicles.loading import load_vehicle

MU, RADIUS = EARTH_GRAVITATIONAL_PARAMETER, 6.371e6


class Sphere(eqx.Module):
    """A sphere that does not rotate, with the frame's origin on its surface: (downrange, left, up)."""

    radius: float = RADIUS

    def from_centre(self, position: Array) -> Array:
        return position + jnp.array([0.0, 0.0, self.radius])

    def altitude(self, position: Array) -> Array:
        return jnp.linalg.norm(self.from_centre(position)) - self.radius

    def up(self, position: Array) -> Array:
        centre = self.from_centre(position)
        return centre / jnp.linalg.norm(centre)

    def acceleration(self, position: Array, velocity: Array) -> Array:
        centre = self.from_centre(position)
        return -MU * centre / jnp.linalg.norm(centre) ** 3

    def east_north(self, position: Array) -> tuple[Array, Array]:
        up = self.up(position)
        east = jnp.stack([up[2], 0.0 * up[0], -up[0]])
        return east / jnp.linalg.norm(east), jnp.array([0.0, 1.0, 0.0])


def kepler_fall(altitude: float, speed: float, angle: float) -> tuple[float, float]:
    """Range angle (rad) and time (s) of a fall in vacuum to a sphere, from the orbit equation and Kepler's equation."""
    r = RADIUS + altitude
    p = (r * speed * np.cos(angle)) ** 2 / MU
    a = 1.0 / (2.0 / r - speed**2 / MU)
    e = np.sqrt(1.0 - p / a)
    start, end = np.arccos((p / r - 1.0) / e), 2.0 * np.pi - np.arccos((p / RADIUS - 1.0) / e)

    def mean(true: float) -> float:
        eccentric = 2.0 * np.arctan2(np.sqrt(1.0 - e) * np.sin(true / 2.0), np.sqrt(1.0 + e) * np.cos(true / 2.0))
        return eccentric - e * np.sin(eccentric)

    time = (mean(end) - mean(start)) * np.sqrt(a**3 / MU)
    return end - start, time


def start_of(position, velocity, drag=0.0, wind=(0.0, 0.0)) -> Start:
    """One body."""
    return Start(np.array([position], float), np.array([velocity], float), np.array([drag]), np.array([wind], float))


ANGLE = np.radians(25.0)
STAGE = FallingBody(
    name="first stage",
    time=150.0,
    position=np.array([70e3, 0.0, 62e3]),
    velocity=2400.0 * np.array([np.cos(ANGLE), 0.0, np.sin(ANGLE)]),
    mass=26e3,
    drag_area=110.0,
    radius=1.8,
    drag_sigma=0.1,
    velocity_sigma=(6.0, 3.0, 6.0),
)
FRAME = LaunchFrame(np.radians(28.5), np.radians(-80.5), 0.0, np.radians(93.0))
FLIGHT = Flight(FRAME, "descent")
TRACK = np.linspace([0.0, 0.0, 0.0], [500e3, 0.0, 100e3], 30)


# ---- the fall -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("altitude", "speed", "degrees"), [(60e3, 2500.0, 30.0), (110e3, 5500.0, 3.0), (80e3, 900.0, 70.0)]
)
def test_a_fall_in_vacuum_over_a_sphere_ends_where_and_when_keplers_orbit_does(altitude, speed, degrees):
    angle = np.radians(degrees)
    done = fall(
        Flight(Sphere(), "descent"),
        start_of([0.0, 0.0, altitude], speed * np.array([np.cos(angle), 0.0, np.sin(angle)])),
    )
    span, time = kepler_fall(altitude, speed, angle)
    centre = done.position[0] + [0.0, 0.0, RADIUS]
    assert done.time[0] == pytest.approx(time, rel=1e-8)
    assert RADIUS * np.arctan2(centre[0], centre[2]) == pytest.approx(RADIUS * span, abs=0.1)
    assert np.linalg.norm(centre) == pytest.approx(RADIUS, abs=1e-3)


def test_a_fall_in_vacuum_over_the_rotating_ellipsoid_keeps_the_energy():
    def energy(position, velocity):
        r = np.asarray(FRAME.from_centre(position))
        v = np.asarray(FRAME.inertial_velocity(jnp.asarray(position), jnp.asarray(velocity)))
        distance, sine = np.linalg.norm(r), r @ FRAME.axis / np.linalg.norm(r)
        oblate = EARTH_J2 * (EARTH_EQUATORIAL_RADIUS / distance) ** 2 * (1.5 * sine**2 - 0.5)
        return 0.5 * v @ v - MU / distance * (1.0 - oblate)

    done = fall(FLIGHT, start_of(STAGE.position, STAGE.velocity))
    assert energy(done.position[0], done.velocity[0]) == pytest.approx(
        energy(STAGE.position, STAGE.velocity), rel=1e-10
    )
    assert FRAME.geodetic(done.position[0])[2] == pytest.approx(0.0, abs=2.0)


def test_a_body_reaches_the_ground_at_its_terminal_speed():
    done = fall(FLIGHT, disturbed(FLIGHT, STAGE, np.zeros((1, 7))))
    density = float(air_at(jnp.asarray(0.0)).density)
    terminal = np.sqrt(2.0 * STAGE.mass * STANDARD_GRAVITY / (density * STAGE.drag_area))
    assert np.linalg.norm(done.velocity[0]) == pytest.approx(terminal, rel=0.01)


def test_the_largest_deceleration_of_a_steep_entry_follows_allen_and_eggers():
    """Their largest deceleration, v^2 sin(angle) / (2 e H), does not depend on the body (NACA report 1381, 1958).

    Both bodies reach it between 11 and 20 km, where the temperature and so the scale height H are constant. They start at
    60 km: from higher up the gain of speed by gravity, which the formula leaves out, would be more than 2 %.
    """
    speed, angle, scale_height = 7000.0, np.radians(60.0), 287.05 * 216.65 / 9.77
    velocity = speed * np.array([np.cos(angle), 0.0, -np.sin(angle)])
    for drag in (0.0008, 0.0013):
        done = fall(Flight(Sphere(), "descent"), start_of([0.0, 0.0, 60e3], velocity, drag))
        deceleration = done.largest_loads(0, 1.0)[0] * drag
        assert deceleration == pytest.approx(speed**2 * np.sin(angle) / (2.0 * np.e * scale_height), rel=0.03)


def test_a_body_that_moves_with_the_wind_from_the_start_is_carried_by_it_all_the_way():
    """Over flat ground the fall in a uniform wind is the fall in still air, seen from a frame that moves with the wind."""
    flight, wind = Flight(FlatGround(9.8), "descent"), np.array([12.0, -7.0])
    still = fall(flight, start_of([0.0, 0.0, 30e3], [300.0, 0.0, 50.0], 0.004))
    carried = fall(flight, start_of([0.0, 0.0, 30e3], [312.0, -7.0, 50.0], 0.004, wind))
    assert carried.time[0] == pytest.approx(still.time[0], rel=1e-7)
    assert (carried.position - still.position)[0, :2] == pytest.approx(wind * still.time[0], rel=1e-5)


def test_bodies_of_one_call_land_each_at_its_own_time():
    light, heavy = 0.02, 0.002
    both = Start(
        np.tile(STAGE.position, (2, 1)), np.tile(STAGE.velocity, (2, 1)), np.array([light, heavy]), np.zeros((2, 2))
    )
    together = fall(FLIGHT, both)
    assert together.time[0] > together.time[1] + 60.0
    for number, drag in enumerate((light, heavy)):
        alone = fall(FLIGHT, start_of(STAGE.position, STAGE.velocity, drag))
        assert together.time[number] == pytest.approx(alone.time[0], abs=1e-3)
        assert np.linalg.norm(together.position[number] - alone.position[0]) < 1.0


def test_higher_ground_ends_the_fall_earlier():
    low, high = (fall(FLIGHT, start_of(STAGE.position, STAGE.velocity, 0.004), ground) for ground in (0.0, 1500.0))
    assert float(FRAME.altitude(high.position[0])) == pytest.approx(1500.0, abs=1e-2)
    assert high.time[0] < low.time[0] - 10.0


# ---- the ellipse ----------------------------------------------------------------------------------------------------
def test_the_ellipse_of_a_linear_map_has_its_axes_and_azimuth():
    turn = np.radians(30.0)
    along, across = np.array([np.sin(turn), np.cos(turn)]), np.array([-np.cos(turn), np.sin(turn)])
    slopes = np.stack([along, across], axis=1) * [200.0, 50.0]
    ellipse = ellipse_of(covariance_of(slopes, np.array([5.0, 4.0])))
    assert (ellipse.semi_major, ellipse.semi_minor) == pytest.approx((3000.0, 600.0))
    assert ellipse.azimuth == pytest.approx(turn)
    assert ellipse.area == pytest.approx(np.pi * 3000.0 * 600.0)
    outline = ellipse.outline()
    assert np.abs(outline @ along).max() == pytest.approx(3000.0)
    assert np.abs(outline @ across).max() == pytest.approx(600.0, rel=1e-3)


def test_derivatives_of_the_impact_point_are_those_of_keplers_orbit():
    speed, angle, step = 2400.0, np.radians(25.0), 1.0
    body = replace(STAGE, position=np.array([0.0, 0.0, 62e3]), drag_area=0.0)
    body = replace(body, velocity=speed * np.array([np.cos(angle), 0.0, np.sin(angle)]))
    _, slopes = fall_with_differences(Flight(Sphere(), "descent"), body)

    def span(along: float, up: float) -> float:
        return RADIUS * kepler_fall(62e3, np.hypot(along, up), np.arctan2(up, along))[0]

    along, up = speed * np.cos(angle), speed * np.sin(angle)
    by_along = (span(along + step, up) - span(along - step, up)) / (2.0 * step)
    by_up = (span(along, up + step) - span(along, up - step)) / (2.0 * step)
    assert slopes[0, :3] == pytest.approx([by_along, 0.0, by_up], rel=1e-4, abs=1e-3)
    assert slopes[:, 3:] == pytest.approx(0.0, abs=1e-6)


def test_the_ellipse_scales_with_the_errors():
    _, slopes = fall_with_differences(FLIGHT, STAGE)
    errors = errors_of(STAGE, fall_figures().air)
    one, two = (ellipse_of(covariance_of(slopes, factor * errors)) for factor in (1.0, 2.0))
    assert (two.semi_major, two.semi_minor) == pytest.approx((2.0 * one.semi_major, 2.0 * one.semi_minor), rel=1e-9)
    assert two.azimuth == pytest.approx(one.azimuth, abs=1e-9)


def test_each_error_moves_the_impact_point():
    _, slopes = fall_with_differences(FLIGHT, STAGE)
    moved = np.linalg.norm(slopes, axis=0) * errors_of(STAGE, fall_figures().air)
    assert dict(zip(SOURCES, moved > 100.0, strict=True)) == dict.fromkeys(SOURCES, True)


def test_five_hundred_disturbed_falls_scatter_as_the_ellipse_says():
    count = 500
    found = fall_with_differences(FLIGHT, STAGE)
    planned, slopes = found
    errors = errors_of(STAGE, fall_figures().air)
    draws = np.random.default_rng(7).normal(size=(count, 7)) * errors
    done = fall(FLIGHT, disturbed(FLIGHT, STAGE, draws))
    points = horizontal(FLIGHT, done.position, planned.position[0])
    covariance = covariance_of(slopes, errors)
    values, vectors = np.linalg.eigh(covariance)
    scatter = (points - points.mean(axis=0)) @ vectors
    assert scatter.std(axis=0) == pytest.approx(
        np.sqrt(values), rel=3.0 / np.sqrt(2.0 * count)
    )  # three standard errors
    distance = np.einsum("ni,ij,nj->n", points, np.linalg.inv(covariance), points)
    inside = 1.0 - np.exp(-4.5)  # share of a normal distribution in two dimensions within three standard deviations
    assert np.mean(distance < 9.0) == pytest.approx(inside, abs=3.0 * np.sqrt(inside * (1.0 - inside) / count))


def test_the_sigma_of_a_triangular_band():
    band = fall_figures().stage.drag_coefficient.model_copy(update={"low": 0.0, "value": 1.0, "high": 2.0})
    assert relative_sigma(band) == pytest.approx(1.0 / np.sqrt(6.0))


# ---- frames and orbits -----------------------------------------------------------------------------------------------
def test_downrange_and_cross_range_are_distances_over_the_ground():
    def point(azimuth: float, distance: float) -> np.ndarray:
        radius = np.linalg.norm(FRAME.origin)
        outwards = FRAME.origin / radius
        ahead = np.array([np.cos(azimuth), np.sin(azimuth), 0.0])
        ahead -= (ahead @ outwards) * outwards
        ahead /= np.linalg.norm(ahead)
        return radius * (np.cos(distance / radius) * outwards + np.sin(distance / radius) * ahead) - FRAME.origin

    assert along_and_across(FRAME, point(0.0, 800e3)) == pytest.approx((800e3, 0.0), abs=1.0)
    assert along_and_across(FRAME, point(np.pi / 2.0, 90e3)) == pytest.approx((0.0, 90e3), abs=1.0)


def test_local_axes_are_orthonormal_with_the_velocity_in_the_plane_of_the_first_and_third():
    axes = local_axes(FRAME, STAGE.position, STAGE.velocity)
    assert axes @ axes.T == pytest.approx(np.eye(3), abs=1e-12)
    assert axes[1] @ STAGE.velocity == pytest.approx(0.0, abs=1e-9)
    assert axes[0] @ STAGE.velocity > 0.0


def test_errors_of_the_velocity_are_along_the_flight_path_to_its_left_and_up():
    body = replace(STAGE, velocity=np.array([0.0, 900.0, 0.0]), position=np.array([0.0, 0.0, 60e3]))
    errors = np.zeros((3, 7))
    errors[:, :3] = 5.0 * np.eye(3)
    moved = disturbed(FLIGHT, body, errors).velocity - body.velocity
    assert moved == pytest.approx(5.0 * np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]), abs=0.01)


def in_orbit(perigee: float, apogee: float) -> FallingBody:
    """A stage at the perigee of an orbit above the pad, along the launch azimuth."""
    up, r = FRAME.origin / np.linalg.norm(FRAME.origin), EARTH_EQUATORIAL_RADIUS + perigee
    position = r * up - FRAME.origin
    ahead = np.array([1.0, 0.0, 0.0]) - up[0] * up
    ahead /= np.linalg.norm(ahead)
    speed = np.sqrt(MU * (2.0 / r - 2.0 / (r + EARTH_EQUATORIAL_RADIUS + apogee)))
    turning = np.asarray(FRAME.inertial_velocity(jnp.asarray(position), jnp.zeros(3)))
    return replace(
        STAGE, name="upper stage", position=position, velocity=speed * ahead - turning, mass=4e3, drag_area=40.0
    )


def test_a_stage_in_orbit_is_reported_with_its_apsides_and_does_not_fall():
    zones = zones_of("a launch", FRAME, [in_orbit(300e3, 420e3)], TRACK)
    assert not zones.zones
    assert (zones.in_orbit[0].perigee, zones.in_orbit[0].apogee) == pytest.approx((300e3, 420e3), abs=1.0)
    assert "stays in an orbit of 300 x 420 km" in zones.report()
    assert zones.to_frame()["fate"].tolist() == ["in orbit"]
    assert zones.plot() is not None


def test_a_stage_short_of_orbit_falls_within_a_revolution():
    body = in_orbit(120e3, 120e3)
    body = replace(body, velocity=body.velocity * 0.96)
    assert apsides(FRAME, body)[0] < 0.0
    zones = zones_of("a launch", FRAME, [body], TRACK)
    assert not zones.in_orbit
    assert 1e6 < zones.zones[0].downrange < 12e6


# ---- the bodies of a launch ------------------------------------------------------------------------------------------
def phase(before: float, after: float, time: float) -> SimpleNamespace:
    """A solved phase with the masses at both ends."""
    ends = [SimpleNamespace(position=STAGE.position, velocity=STAGE.velocity, mass=mass) for mass in (before, after)]
    states = np.tile(np.concatenate([STAGE.position, STAGE.velocity, [after]]), (4, 1))
    return SimpleNamespace(initial=ends[0], final=ends[1], time=(time - 10.0, time), states=states)


class StubSolution(dict[str, SimpleNamespace]):
    """A solution of phases alone."""

    parameters = SimpleNamespace(payload=5e3)

    @property
    def phases(self):
        return self


def launch(vehicle: str, **phases: SimpleNamespace) -> SimpleNamespace:
    """A launch of stubs, with a real vehicle and frame."""
    known = load_vehicle(vehicle)
    plan = SimpleNamespace(
        vehicle=known,
        recovery="expendable",
        orbit=SimpleNamespace(name="leo200"),
        frame=FRAME,
        values={"payload.adapter": 100.0},
    )
    return SimpleNamespace(title=known.title, plan=plan, solution=StubSolution(phases))


def expended() -> SimpleNamespace:
    """A launch with strap-ons in which nothing comes back."""
    return launch(
        "longmarch6a",
        rise=phase(530e3, 520e3, 10.0),
        solids=phase(520e3, 300e3, 110.0),
        ascent=phase(280e3, 80e3, 190.0),
        staging=phase(65e3, 65e3, 198.0),
        shrouded=phase(65e3, 60e3, 230.0),
        upper=phase(58.4e3, 9.1e3, 600.0),
    )


def test_every_body_of_an_expended_launch_is_found_with_the_mass_that_it_takes_away():
    flight = expended()
    bodies = {body.name: body for body in bodies_of(flight.plan, flight.solution)}
    assert list(bodies) == ["strap-on", "first stage", "fairing half, left", "fairing half, right", "upper stage"]
    assert {name: body.mass for name, body in bodies.items()} == pytest.approx(
        {
            "strap-on": 20e3 / 4,
            "first stage": 15e3,
            "fairing half, left": 800.0,
            "fairing half, right": 800.0,
            "upper stage": 9.1e3 - 5e3 - 100.0,
        }
    )
    assert bodies["strap-on"].count == 4
    assert (bodies["strap-on"].time, bodies["first stage"].time, bodies["fairing half, left"].time) == (
        110.0,
        190.0,
        230.0,
    )
    figures, stage = fall_figures().stage, flight.plan.vehicle.stage1
    side = stage.length_m.si * stage.diameter_m.si
    assert bodies["first stage"].drag_area == pytest.approx(
        figures.drag_coefficient.value * figures.area_fraction.value * side
    )


def test_side_boosters_and_the_second_of_three_stages_fall_unless_they_land():
    flight = expended()
    stages = flight.plan.vehicle
    side = SimpleNamespace(count=2, length_m=stages.stage1.length_m, diameter_m=stages.stage1.diameter_m)
    parts = {"strap_ons": None, "side_boosters": side, "stage3": stages.stage2, "fairing": None}
    flight.plan.vehicle = SimpleNamespace(stage1=stages.stage1, stage2=stages.stage2, **parts)
    flight.solution = StubSolution(
        rise=phase(900e3, 890e3, 10.0),
        boosted=phase(890e3, 500e3, 150.0),
        ascent=phase(440e3, 120e3, 230.0),
        staging=phase(90e3, 90e3, 238.0),
        upper=phase(90e3, 30e3, 500.0),
        staging_2=phase(24e3, 24e3, 505.0),
        stage3_burn=phase(24e3, 8.1e3, 800.0),
    )
    masses = {body.name: body.mass for body in bodies_of(flight.plan, flight.solution)}
    assert masses == {"side booster": 30e3, "first stage": 30e3, "second stage": 6e3, "third stage": 3e3}
    flight.solution["side_ignition"] = flight.solution["upper_ignition"] = phase(30e3, 29e3, 400.0)
    assert [body.name for body in bodies_of(flight.plan, flight.solution)] == ["first stage", "second stage"]


def test_a_first_stage_that_lands_does_not_fall():
    flight = expended()
    flight.solution["ignition"] = phase(30e3, 29e3, 500.0)
    assert "first stage" not in {body.name for body in bodies_of(flight.plan, flight.solution)}


def test_fairing_halves_come_down_to_the_left_and_right_of_each_other():
    flight = expended()
    halves = [body for body in bodies_of(flight.plan, flight.solution) if "half" in body.name]
    apart = local_axes(FRAME, STAGE.position, STAGE.velocity) @ (halves[0].velocity - halves[1].velocity)
    assert apart == pytest.approx([0.0, 2.0 * fall_figures().fairing_half.separation_speed_m_s.si, 0.0], abs=1e-9)
    left, right = zones_of("a launch", FRAME, halves, TRACK).zones
    assert left.cross_range > right.cross_range + 100.0
    assert len(neighbours([left, right])) == 1


@pytest.fixture(scope="module")
def zones() -> DropZones:
    return drop_zones(expended())


def test_the_table_has_one_row_a_body_with_the_figures_of_the_zone(zones):
    table = zones.to_frame()
    assert table["body"].tolist() == [each.body.name for each in zones.bodies]
    first, zone = table[table["body"] == "first stage"].iloc[0], zones.zones[1]
    assert first["fate"] == "impact"
    assert first["downrange_km"] == pytest.approx(zone.downrange / 1e3)
    assert first["area_km2"] == pytest.approx(np.pi * first["semi_major_km"] * first["semi_minor_km"])
    assert zone.covariance.trace() == pytest.approx(sum(zone.variances.values()))
    assert zone.dynamic_pressure > 1e3
    assert zone.heating > 1e3


def test_drop_zones_are_reported_and_written(zones, tmp_path):
    assert "strap-on (each of 4)" in zones.report()
    content = json.loads(zones.save(tmp_path / "zones.json").read_text())
    assert len(content["bodies"]) == len(zones.bodies)
    assert content["variance_km2_by_source"]["first stage"].keys() == set(SOURCES)
    assert len(pd.read_csv(zones.save(tmp_path / "zones.csv"))) == len(zones.bodies)
    assert zones.save(tmp_path / "zones.png").stat().st_size > 0


def test_a_wind_towards_east_moves_every_impact_point_east(zones):
    moved = drop_zones(expended(), percentile_wind(50))
    for still, blown in zip(zones.zones, moved.zones, strict=True):
        assert blown.longitude > still.longitude + np.radians(0.01)


@pytest.mark.slow
def test_drop_zones_of_an_expended_falcon9():
    flight = solve_launch("falcon9", "expendable")
    zones = flight.drop_zones()
    stage, left, right = zones.zones
    values = flight.plan.values
    assert stage.body.mass == pytest.approx(values["stage1.dry_mass"] + values["stage1.residual"], rel=1e-3)
    assert left.body.mass + right.body.mass == pytest.approx(values["fairing.mass"], rel=1e-6)
    assert 400e3 < stage.downrange < left.downrange < 2500e3
    assert [each.body.name for each in zones.in_orbit] == ["upper stage"]
    assert zones.in_orbit[0].perigee == pytest.approx(200e3, abs=2e3)
