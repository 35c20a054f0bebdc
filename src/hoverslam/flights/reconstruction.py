"""Reconstruction: the most probable flight behind a telemetry trace, and how sure it is.

    from hoverslam.flights.reconstruction import reconstruct

    flight = reconstruct("crs11")
    print(flight.report())

Speed and altitude, 30 times a second, are fitted by optimal control with the project's own equations of motion. Free
are the controls, the times of events, and the figures of the vehicle within their published bands; the objective is
minus the logarithm of the probability (``fit_problem.py``), and the curvature at its optimum gives standard errors.
"""


import numpy as np

from hoverslam.flights.fit_guess import guess_flight
from hoverslam.flights.fit_problem import FULL_THRUST, GUARD, Seen, Segment
from hoverslam.flights.telemetry import (
    Events,
    Samples,
    Telemetry,
    altitude_samples,
    first_motion,
    refined_events,
    speed_samples,
)
from hoverslam.ocp import Options, Tolerances
from hoverslam.physics import LaunchFrame
from hoverslam.vehicles import Mission, Vehicle

PERIODS = {"rise": 1.0, "ascent": 1.0, "staging": 1.0, "boostback": 1.0, "coast": 2.0, "entry": 1.0, "glide": 1.0,
           "landing": 1.0}  # fmt: skip
LIFTOFF_GUARD = 3.0  # s after first motion: the overlay creeps away from zero before it counts
TOUCHDOWN_GUARD = 3.0  # s before touchdown: it creeps back to zero as well
# What wind, weather and the overlay leave unexplained: about 1 m/s and 50 m, alike for some 16 s. As the fit takes samples
# a second apart for independent, each counts as four times as uncertain.
MODEL_ERROR = (2.0, 100.0)  # m/s, m
FLIP_ERROR = 4.0  # m/s: the sensor sits some 20 m from the centre of mass of a stage that turns by 10 degrees a second
TOLERANCES = Tolerances(mesh=1e-5, refly=1e-5)
OPTIONS = Options(max_iterations=300, max_passes=1, diagnose=False, tolerances=TOLERANCES, ipopt={"mu_init": 1e-3})


def see(
    mission: Mission, telemetry: Telemetry, vehicle: Vehicle, model_error: tuple[float, float] = MODEL_ERROR
) -> Seen:
    """Cut a trace into the phases that its events tell, with what was measured along each."""
    events = refined_events(telemetry)
    frame = pad_frame(mission)
    segments, end_error = _segments(events, telemetry, vehicle)
    speed, altitude = {}, {}
    for segment in segments:
        guard = LIFTOFF_GUARD if segment.name == "rise" else GUARD
        until = segment.end - (TOUCHDOWN_GUARD if segment.name == "landing" else GUARD)
        span = segment.start + guard, until, PERIODS[segment.name]
        flip = FLIP_ERROR if segment.name == "staging" else 0.0
        speed[segment.name] = _with_error(speed_samples(telemetry, *span), float(np.hypot(model_error[0], flip)))
        altitude[segment.name] = _with_error(altitude_samples(telemetry, *span), model_error[1])
    whole = segments[0].start, segments[-1].end
    guess = guess_flight(
        mission,
        vehicle,
        frame,
        segments,
        speed_samples(telemetry, *whole, 1.0),
        altitude_samples(telemetry, *whole, 2.0),
    )
    return Seen(mission, frame, segments, speed, altitude, end_error, guess)


def _with_error(samples: Samples, error: float) -> Samples:
    return Samples(samples.time, samples.value, np.hypot(samples.sigma, error))


def pad_frame(mission: Mission) -> LaunchFrame:
    """The launch frame on the mission's pad, along the azimuth that leads to its orbit."""
    from hoverslam.flights import figures

    site, orbit = mission.launch_site, mission.orbit
    speed = figures.perigee_speed(orbit.perigee_altitude, orbit.apogee_altitude)
    azimuth = figures.launch_azimuth(site, orbit.inclination, speed, towards_south=not mission.northward)
    return LaunchFrame(site.latitude, site.longitude, site.elevation, azimuth)


def _segments(events: Events, telemetry: Telemetry, vehicle: Vehicle) -> tuple[tuple[Segment, ...], float]:
    """Phases in order of time, and the standard error of the last one's end."""
    home = vehicle.recovery
    assert home is not None
    start, start_error = first_motion(telemetry)
    error = events.error
    boost, entry = home.boostback_engines or 1, home.entry_engines or 1
    landing, ascent = max(home.landing_engines), vehicle.stage1.engine.count
    marks: list[tuple[str, str, int, float, float]] = [
        ("rise", "ascent", ascent, start, start_error),
        ("ascent", "ascent", ascent, start + FULL_THRUST, 0.01),
    ]
    if events.boostback_start is not None and events.boostback_end is not None:
        marks.append(("staging", "vacuum", 0, events.meco, error("meco")))
        marks.append(("boostback", "vacuum", boost, events.boostback_start, error("boostback_start")))
        marks.append(("coast", "descent", 0, events.boostback_end, error("boostback_end")))
    else:
        marks.append(("coast", "descent", 0, events.meco, error("meco")))
    if events.entry_start is not None and events.entry_end is not None:
        marks.append(("entry", "descent", entry, events.entry_start, error("entry_start")))
        marks.append(("glide", "descent", 0, events.entry_end, error("entry_end")))
    elif events.apogee is not None:
        marks.append(("glide", "descent", 0, events.apogee, 1.0))
    end, end_error = float(telemetry.time[-1]), 0.01
    if events.landing_start is not None and events.landing_end is not None:
        marks.append(("landing", "descent", landing, events.landing_start, error("landing_start")))
        end, end_error = events.landing_end, error("landing_end")
    ends = [mark[3] for mark in marks[1:]] + [end]
    return tuple(Segment(n, r, k, t, stop, e) for (n, r, k, t, e), stop in zip(marks, ends, strict=True)), end_error
