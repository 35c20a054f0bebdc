"""The key of a launch case: a hash of all figures that decide its optimum, equal for two statements of the same case.

Names, titles, sources and bands do not enter. Numbers enter with nine significant digits, so that rounding on another
machine changes nothing. The equations of the model do not enter: :func:`hoverslam.flights.launch.stored.holds` checks a
stored flight against the problem as it is stated today.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from types import CodeType
from typing import Any

import numpy as np

from hoverslam.data.figures import with_figure
from hoverslam.flights.launch.limits import LaunchLimit
from hoverslam.flights.launch.plan import LaunchPlan
from hoverslam.flights.launch.structure import Choice
from hoverslam.vehicles.models import PUBLISHED, operations_of

_FOR_READERS = frozenset({"name", "title", "operator", "status", "source", "default_orbit", *PUBLISHED})
"""Keys of data files that do not change a flight."""
_DIGITS = 9


def case_key(plan: LaunchPlan) -> str:
    """Return the key of a case: vehicle, operations, mode, orbit, pad, target, structure, limits and objective."""
    latitude, longitude, altitude = plan.frame.geodetic(np.zeros(3))
    content = {
        "vehicle": _figures(plan.vehicle.model_dump(mode="json")),
        "operations": _figures(operations_of(plan.vehicle).model_dump(mode="json")),
        "mode": plan.recovery,
        "orbit": _figures(plan.orbit.model_dump(mode="json")),
        "pad": [round(float(x), _DIGITS) for x in (latitude, longitude, plan.frame.azimuth)]
        + [round(float(altitude), 2)],
        "target": None if plan.target is None else [round(float(x), 1) for x in plan.target],
        "phases": plan.phases,
        "values": _figures(plan.values),
        "limits": [_limit(limit) for limit in plan.limits],
        "objective": _figures(asdict(plan.objective)),
    }
    return digest(json.dumps(content, sort_keys=True))


# The sign of the change of a figure that can only help, by the last part of its key.
_HELPS = {
    "dry_mass_t": -1.0, "residual_t": -1.0, "mass_t": -1.0, "adapter_kg": -1.0, "performance_reserve_percent": -1.0,
    "landing_reserve_t": -1.0, "return_reserve_t": -1.0, "drag_factor": -1.0, "throttle_min": -1.0,
    "specific_impulse_vacuum_s": 1.0, "thrust_sea_level_kN": 1.0, "thrust_vacuum_kN": 1.0, "heating_max_kW_m2": 1.0,
    "dynamic_pressure_max_kPa": 1.0, "q_alpha_max_kPa_deg": 1.0, "axial_acceleration_max_g": 1.0,
    "upper_axial_acceleration_max_g": 1.0, "expendable_dry_mass_saving_t": 1.0,
}  # fmt: skip


def merits(plan: LaunchPlan) -> dict[str, float]:
    """Return the figures of a plan's vehicle that can only help or only harm, with signs by which more is better.

    Two vehicles that agree in :func:`rest_key` and of which one has no smaller merit than the other in any figure cannot
    carry less.
    """
    return {key: _HELPS[last] * value for key, last, value in _ordered(plan)}


def rest_key(plan: LaunchPlan) -> str:
    """Return the key of a case without the figures in :func:`merits`, and without the choice of what is flown."""
    vehicle = plan.vehicle
    for key, _, _ in _ordered(plan):
        vehicle = with_figure(vehicle, key, 1.0)
    return case_key(replace(plan.with_choice(Choice()), vehicle=vehicle, values={}))


def _ordered(plan: LaunchPlan) -> list[tuple[str, str, float]]:
    """Return key, last part of the key, and value of the figures whose effect on the payload has a known sign."""
    keyed = [(key, key.rsplit(".", 1)[-1], figure.value) for key, figure in plan.vehicle.figures()]
    return [entry for entry in keyed if entry[1] in _HELPS]


def digest(text: str) -> str:
    """Return a hash of a text, 16 hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _figures(content: Any) -> Any:
    """Return the content of a data file without what is for readers only; figures as bare numbers."""
    if isinstance(content, Mapping):
        if "value" in content and "unit" in content:
            return _figures(content["value"])
        return {key: _figures(value) for key, value in content.items() if key not in _FOR_READERS}
    if isinstance(content, (list, tuple)):
        return [_figures(value) for value in content]
    return f"{content:.{_DIGITS}g}" if isinstance(content, float) else content


def _limit(limit: LaunchLimit) -> list[Any]:
    quantity = limit.quantity if isinstance(limit.quantity, str) else function_key(limit.quantity)
    return [quantity, list(limit.patterns), *(_figures(float(bound)) for bound in (limit.lower, limit.upper))]


def function_key(function: Callable[..., Any]) -> str:
    """Return a hash of a user's function: its code, and the numbers that it takes from its surroundings.

    Values other than numbers enter as their text. Where that holds an address, the same function gets another hash in
    another process: such a case is never taken for a stored one.
    """
    code = getattr(function, "__code__", None)
    if code is None:
        return digest(repr(function))
    cells = [repr(cell.cell_contents) for cell in function.__closure__ or ()]
    known = function.__globals__
    numbers = [(name, known[name]) for name in code.co_names if isinstance(known.get(name), (int, float))]
    return digest(repr((_code(code), function.__defaults__, function.__kwdefaults__, cells, numbers)))


def _code(code: CodeType) -> list[Any]:
    constants = [_code(value) if isinstance(value, CodeType) else repr(value) for value in code.co_consts]
    return [code.co_code.hex(), code.co_names, constants]
