"""Time of a flight of RocketPy, in its own environment: a sounding rocket with parachute, disturbed as in a Monte Carlo.

    python with_rocketpy.py [FLIGHTS]

The rocket is the Calisto of its documentation (a Cesaroni M1670 at its mean thrust of 1545 N for 3.9 s). Each flight has
another mass, inclination and heading; integrator and tolerances are the defaults. One line of JSON is printed.
"""

import json
import sys
import time

start = time.perf_counter()

import numpy as np  # noqa: E402 - the clock starts before the imports
from rocketpy import Environment, Flight, Rocket, SolidMotor  # noqa: E402

imported = time.perf_counter() - start


def fly(air: Environment, generator: np.random.Generator) -> float:
    """Return the apogee (m) of one disturbed flight."""
    motor = SolidMotor(
        thrust_source=1545.0, dry_mass=1.815, dry_inertia=(0.125, 0.125, 0.002), nozzle_radius=0.033, grain_number=5,
        grain_density=1815.0, grain_outer_radius=0.033, grain_initial_inner_radius=0.015, grain_initial_height=0.12,
        grain_separation=0.005, grains_center_of_mass_position=0.397, center_of_dry_mass_position=0.317,
        nozzle_position=0.0, burn_time=3.9, throat_radius=0.011,
    )  # fmt: skip
    rocket = Rocket(
        radius=0.0635, mass=14.426 * generator.normal(1.0, 0.01), inertia=(6.321, 6.321, 0.034), power_off_drag=0.5,
        power_on_drag=0.5, center_of_mass_without_motor=0.0, coordinate_system_orientation="tail_to_nose",
    )  # fmt: skip
    rocket.add_motor(motor, position=-1.255)
    rocket.set_rail_buttons(0.0818, -0.618, 45.0)
    rocket.add_nose(length=0.55829, kind="vonKarman", position=1.278)
    rocket.add_trapezoidal_fins(n=4, root_chord=0.120, tip_chord=0.060, span=0.110, position=-1.04956)
    rocket.add_tail(top_radius=0.0635, bottom_radius=0.0435, length=0.060, position=-1.194656)
    rocket.add_parachute("main", cd_s=10.0, trigger=800.0, sampling_rate=105, lag=1.5, noise=(0, 8.3, 0.5))
    flight = Flight(
        rocket, air, rail_length=5.2, inclination=generator.normal(85.0, 1.0), heading=generator.normal(0.0, 2.0)
    )
    return float(flight.apogee)


flights = int(sys.argv[1]) if len(sys.argv) > 1 else 30
air, generator = Environment(latitude=32.99, longitude=-106.97, elevation=1400), np.random.default_rng(1)
fly(air, generator)
begun = time.perf_counter()
apogees = [fly(air, generator) for _ in range(flights)]
seconds = (time.perf_counter() - begun) / flights
print(json.dumps({"import_s": imported, "flights": flights, "seconds_a_flight": seconds, "apogee_m": np.mean(apogees)}))
