"""Descents drawn at random, possible and impossible ones: for tests and the benchmark of the guidance solver."""

import numpy as np

from hoverslam.margins.guidance.descent_programme import DescentCase

STEPS = 16


def random_plan(rng: np.random.Generator) -> DescentCase:
    """A booster on one engine or a Mars lander, with drag, a lean that does too little, a flight time that may not do."""
    mars = rng.random() < 0.25
    gravity, mass, exhaust = (3.7114, 1905.0, 1966.07) if mars else (9.80665, rng.uniform(28e3, 36e3), 2770.0)
    if mars:
        position = np.array([rng.uniform(-1500, 1500), rng.uniform(-800, 800), rng.uniform(1500, 2500)])
        velocity = np.array([rng.uniform(-60, 60), rng.uniform(-40, 40), rng.uniform(-80, 20)])
        low, high, span = 4971.8, 13258.2, rng.uniform(55.0, 85.0)
    else:
        height, sink = rng.uniform(1500, 5000), rng.uniform(120, 300)
        position = np.array([rng.normal(0, 150), rng.normal(0, 150), height])
        velocity = np.array([rng.normal(0, 15), rng.normal(0, 15), -sink])
        low, high, span = 0.57 * 845e3, rng.uniform(0.8, 1.0) * 845e3, 2.0 * height / sink * rng.uniform(0.9, 1.15)
    times = (np.arange(STEPS) + 0.5) / STEPS * span
    masses = mass - times * 0.5 * (low + high) / exhaust
    drag = np.linspace(rng.uniform(0.0, 3.0), 0.0, STEPS)[:, None] * (-velocity / np.linalg.norm(velocity))
    less = 1.0 - np.linspace(rng.uniform(0.0, 0.7), 0.0, STEPS)
    effect = np.stack([np.diag([e, e, 1.0]) for e in less])
    engines = np.where(np.arange(STEPS) < STEPS // 3, 1.0 if mars else rng.choice([1.0, 1.3]), 1.0)
    return DescentCase(
        position=position,
        velocity=velocity,
        mass=masses,
        flight_time=np.asarray(span),
        acceleration=np.tile([0.0, 0.0, -gravity], (STEPS, 1)) + drag,
        effect=effect,
        thrust_min=low * engines,
        thrust_max=high * engines,
        exhaust_velocity=np.asarray(exhaust),
        axis=np.tile([0.0, 0.0, 1.0], (STEPS, 1)),
        cos_angle=np.full(STEPS, np.cos(np.radians(rng.uniform(20.0, 80.0)))),
        cot_glide_slope=np.asarray(1.0 / np.tan(np.radians(rng.uniform(4.0, 20.0)))),
        pad=np.zeros(3),
        touchdown_velocity=np.array([0.0, 0.0, -1.0]),
    )
