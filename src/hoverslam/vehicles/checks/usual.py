"""Single figures that no flight has: limits that forbid every flight or forbid nothing, factors on curves far from 1."""

from collections.abc import Iterator

from hoverslam.data.errors import Mistake
from hoverslam.data.units import unit_of
from hoverslam.vehicles.checks.ratios import outside
from hoverslam.vehicles.documents import Document

_ASCENT = "a limit of the ascent"
_DESCENT = "a limit of the descent"
_CURVE = "a factor on a generic curve"
_RANGES: tuple[tuple[str, float, float, str], ...] = (
    ("aero.drag_factor", 0.3, 2.5, _CURVE),
    ("aero.descent_axial_factor", 0.4, 2.5, _CURVE),
    ("limits.dynamic_pressure_max_kPa", 10.0, 120.0, _ASCENT),
    ("limits.q_alpha_max_kPa_deg", 5.0, 600.0, _ASCENT),
    ("limits.axial_acceleration_max_g", 2.0, 15.0, _ASCENT),
    ("limits.upper_axial_acceleration_max_g", 1.0, 15.0, _ASCENT),
    ("limits.vertical_rise_s", 0.5, 45.0, "the time to clear the tower"),
    ("limits.free_molecular_heating_max_W_m2", 100.0, 20_000.0, "usual is 1135 W/m2"),
    *(
        (f"{section}.{key}", low, high, _DESCENT)
        for section in ("recovery", "side_boosters.recovery")
        for key, low, high in (("dynamic_pressure_max_kPa", 10.0, 250.0), ("heating_max_kW_m2", 15.0, 1_000.0))
    ),
    ("upper_recovery.dynamic_pressure_max_kPa", 3.0, 250.0, _DESCENT),
    ("upper_recovery.heating_max_kW_m2", 50.0, 5_000.0, _DESCENT),
    ("upper_recovery.axial_acceleration_max_g", 2.0, 20.0, _DESCENT),
)


def _single(document: Document) -> Iterator[Mistake]:
    """Yield figures outside the range of what flies."""
    if document.text("status") == "test article":
        return  # a hop needs no limit of a flight to orbit
    for key, low, high, what in _RANGES:
        reason = f"must be {{low}} to {{high}} {unit_of(key)}".rstrip()
        yield from outside(document, (key,), lambda value: value, low, high, f"{reason}: {what}")


CHECKS = (_single,)
