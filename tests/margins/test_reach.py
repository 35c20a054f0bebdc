"""Reachability with probability: exact counts of made-up flights, and of guided recoveries the plain campaign's."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hoverslam.margins.analysis.intervals import clopper_pearson
from hoverslam.margins.analysis.reach import engine_out_survival, moved, pad_shift_survival
from hoverslam.margins.campaigns.flyer import RecoveryFlyer
from hoverslam.margins.disturbances.draws import draw, nominal
from hoverslam.margins.disturbances.loading import load_dispersions
from hoverslam.margins.disturbances.touchdown import LANDED, TouchdownLimits, causes_of
from hoverslam.margins.guidance.reference import Reference
from hoverslam.vehicles.loading import load_vehicle

SAVED = Path(__file__).parent / "data" / "falcon9_return_to_launch_site.npz"
REFERENCE, FALCON9, TABLE = Reference.load(SAVED), load_vehicle("falcon9"), load_dispersions("falcon9")


@dataclass(frozen=True)
class Formula:
    """Misses the pad by a formula; all else is well."""

    miss: Any
    reference: Reference = REFERENCE
    vehicle: Any = FALCON9
    table: Any = TABLE
    seed: int = 5
    scheme: str = "random"
    total: Any = None

    def fly(self, p):
        miss = np.asarray(self.miss(p), dtype=float)
        well = ("sink_rate", "drift", "tilt", "dynamic_pressure", "heating", "propellant", "reserve_needed")
        return {"miss": miss, "down": np.ones(len(miss)), **{name: np.zeros(len(miss)) for name in well}}


def test_a_pad_moves_as_the_booster_moves_the_other_way():
    """Distance and direction of the pad from cut-off, height and speed: as for the booster at rest and the pad moved."""
    drawn = draw(TABLE, 5, np.arange(3))
    start = REFERENCE.legs["flip"]
    there = moved(REFERENCE, drawn, (3000.0, -4000.0))
    centre = np.array([0.0, 0.0, np.linalg.norm(REFERENCE.frame.origin)])
    before, after = start.position[0] + drawn.staging_position, start.position[0] + there.staging_position
    np.testing.assert_allclose(
        np.linalg.norm(after + centre, axis=1), np.linalg.norm(before + centre, axis=1), rtol=1e-14
    )
    speeds = [np.linalg.norm(start.velocity[0] + p.staging_velocity, axis=1) for p in (drawn, there)]
    np.testing.assert_allclose(speeds[0], speeds[1], rtol=1e-13)
    # The pad goes along an arc, which sinks by d^2/2R and falls short of the tangent by d^3/6R^2, half a millimetre.
    pad = np.array([3000.0, -4000.0, -(5000.0**2) / (2.0 * centre[2])])
    to_moved_pad = np.linalg.norm(before - pad, axis=1)
    np.testing.assert_allclose(np.linalg.norm(after, axis=1), to_moved_pad, rtol=0.0, atol=1e-3)
    unmoved = moved(REFERENCE, drawn, (0.0, 0.0))
    # Back and forth over the Earth's radius of 6.4e6 m, doubles keep 1e-9 m.
    np.testing.assert_allclose(unmoved.staging_position, drawn.staging_position, rtol=0.0, atol=1e-8)


def test_a_footprint_is_the_place_where_flights_land():
    """Missed by what the booster is moved beyond 1 km to the side: the pad may move so far, and not further."""
    aside = 1000.0

    def miss(p):
        shift = p.staging_position[:, 1] - draw(TABLE, 5, np.arange(8)).staging_position[:, 1]
        return np.maximum(0.0, np.abs(shift) - aside)

    found = pad_shift_survival(Formula(miss), [[0.0, 0.0], [0.0, 900.0], [0.0, -900.0], [0.0, 1500.0]], np.arange(8))
    assert found.landed.tolist() == [8, 8, 8, 0]
    assert found.causes["reach"].tolist() == [0, 0, 0, 8]
    assert found.success.low == pytest.approx(clopper_pearson(found.landed, 8).low)
    told = found.as_json()
    assert told["landed"] == [8, 8, 8, 0]
    assert told["high"][3] == pytest.approx(1.0 - 0.05 ** (1.0 / 8.0))  # none of eight: Clopper-Pearson's closed form


def test_survival_counts_the_burns_and_times_asked_for():
    """Lost where the landing burn loses its engine in the first half: whatever the table's own engine-out says."""
    flyer = Formula(lambda p: 100.0 * ((p.engine_out_burn == 3) & (p.engine_out_share < 0.5)))
    found = engine_out_survival(flyer, [0.0, 0.4, 0.6], np.arange(6))
    assert found.burns == ("boostback", "entry", "landing")
    assert found.landed.tolist() == [[6, 6, 6], [6, 6, 6], [0, 0, 6]]
    assert found.without_failure == 6
    assert found.as_json()["causes"] == {"reach": [[0, 0, 0], [0, 0, 0], [6, 6, 0]]}


def test_without_a_boostback_there_is_none_to_fail():
    legs = {name: leg for name, leg in REFERENCE.legs.items() if name not in ("flip", "boostback")}
    downrange = replace(REFERENCE, recovery="downrange", legs=legs)
    found = engine_out_survival(Formula(lambda p: 0.0 * p.scalars["thrust"], downrange), [0.0], np.arange(2))
    assert found.burns == ("entry", "landing")


@pytest.mark.parametrize(
    ("what", "offsets", "numbers"),
    [("shape", [0.0, 1.0], [0]), ("stay within", [[2e5, 0.0]], [0]), ("numbers: none", [[0.0, 0.0]], [])],
)
def test_what_cannot_be_flown_is_said(what, offsets, numbers):
    with pytest.raises(ValueError, match=what):
        pad_shift_survival(Formula(lambda p: 0.0 * p.scalars["thrust"]), offsets, numbers)


def test_times_outside_a_burn_are_said():
    with pytest.raises(ValueError, match=r"shares = \[1\.0\]: give a list of numbers from 0 to below 1"):
        engine_out_survival(Formula(lambda p: 0.0 * p.scalars["thrust"]), [1.0], [0])


def test_guided_recoveries_follow_a_pad_that_moves_a_little_and_no_pad_that_moves_far():
    flyer = RecoveryFlyer(FALCON9, REFERENCE, TABLE, seed=1, guidance="hover_slam")
    numbers = np.arange(64)
    found = pad_shift_survival(flyer, [[0.0, 0.0], [0.0, 200.0], [-50e3, 0.0]], numbers)
    plain = causes_of(flyer(numbers), TouchdownLimits.of(FALCON9)) == LANDED
    assert found.landed[0] == plain.sum()  # a pad that does not move is the campaign itself
    assert found.success.high[1] > found.success.low[0]
    assert found.landed[2] == 0  # as far again behind as cut-off is ahead: boostback ends half-way there
    still = flyer.fly(nominal(64))
    nowhere = flyer.fly(moved(REFERENCE, nominal(64), (0.0, 0.0)))
    np.testing.assert_allclose(still["propellant"], nowhere["propellant"], rtol=1e-9)
    out = engine_out_survival(flyer, [0.0], numbers)
    # An engine lost from the start of the landing burn leaves none in its last part, where one is lit.
    assert out.landed[2, 0] == 0 < out.without_failure
