"""The re-flown trajectory of a solved flight as one labelled dataset, and as a table.

A dataset has one dimension ``sample`` over all phases, with the time and the name of the phase as coordinates.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hoverslam.ocp.solved import Solved
from hoverslam.ocp.statement.names import Named

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

AXES = ("downrange", "left", "up")

Column = tuple[NDArray[np.float64], str]  # values, and their unit


@dataclass(frozen=True)
class FlownPhase:
    """One phase at the samples of its re-flight.

    Attributes:
        name: Name of the phase.
        times: Times ``(n,)`` (s).
        flat_states: States ``(n, nx)``, all in one array.
        states: The states by name, each ``(n,)`` or ``(n, size)``.
        controls: The controls by name, each ``(n,)`` or ``(n, size)``; empty where the phase has none.
    """

    name: str
    times: NDArray[np.float64]
    flat_states: NDArray[np.float64]
    states: Named
    controls: Named


def flown_phases(solution: Solved) -> list[FlownPhase]:
    """Return all phases at the samples of their re-flights.

    Raises:
        ValueError: If the solution is not verified, so that nothing was flown.
    """
    if solution.verification is None:
        raise ValueError(f"{solution.problem.name}: not verified, so there is no flown trajectory")
    flown = []
    for name, check in solution.verification.phases.items():
        part = solution[name]
        _, controls = part.sample(check.times)
        flown.append(FlownPhase(name, check.times, check.states, part.phase.states.unflatten(check.states), controls))
    return flown


def labelled(
    flown: list[FlownPhase], columns: Mapping[str, Column], attributes: Mapping[str, str | int | float]
) -> "xr.Dataset":
    """Return columns over all samples as a dataset.

    Args:
        flown: The phases, which give times and names.
        columns: Values ``(n,)`` or ``(n, size)`` with their unit by name; a vector of three entries has the dimension
            ``axis`` (downrange, left, up), another ``NAME_entry``.
        attributes: Attributes of the dataset.
    """
    import xarray as xr  # slow to import, and only needed for the time history

    variables = {}
    for name, (values, unit) in columns.items():
        inner = () if values.ndim == 1 else ("axis",) if values.shape[1] == 3 else (f"{name}_entry",)
        variables[name] = (("sample", *inner), values, {"units": unit})
    phases = [phase.name for phase in flown for _ in phase.times]
    coordinates = {
        "time": ("sample", np.concatenate([phase.times for phase in flown]), {"units": "s"}),
        "phase": ("sample", phases),
    }
    if any("axis" in dimensions for dimensions, _, _ in variables.values()):
        coordinates["axis"] = ("axis", list(AXES), {})
    return xr.Dataset(variables, coords=coordinates, attrs=dict(attributes))


def joined(solution: Solved) -> "xr.Dataset":
    """Return all states and controls at the re-flown samples of all phases; a control that a phase lacks is NaN there.

    Raises:
        ValueError: If the solution is not verified, so that nothing was flown.
    """
    flown = flown_phases(solution)
    sizes: dict[str, tuple[int | None, str]] = {}
    for phase in flown:
        stated = solution[phase.name].phase
        for layout in (stated.states, stated.controls):
            sizes |= {v.name: (v.size, v.unit) for v in layout.variables}
    columns = {}
    for name, (size, unit) in sizes.items():
        shape = () if size is None else (size,)
        parts = [_values(phase, name, shape) for phase in flown]
        columns[name] = (np.concatenate(parts), unit)
    return labelled(flown, columns, {"problem": solution.problem.name})


def _values(phase: FlownPhase, name: str, shape: tuple[int, ...]) -> NDArray[np.float64]:
    for known in (phase.controls, phase.states):
        if name in known:
            return np.asarray(known[name])
    return np.full((len(phase.times), *shape), np.nan)


def trajectory_frame(trajectory: "xr.Dataset") -> "pd.DataFrame":
    """Return a dataset of :func:`labelled` as a table: one row a sample, a column for each scalar, units in the names.

    The column of the downrange velocity, for example, is ``velocity_downrange_m_s``.
    """
    import pandas as pd  # slow to import

    columns: dict[str, object] = {"phase": trajectory["phase"].values, "time_s": trajectory["time"].values}
    for name, variable in trajectory.data_vars.items():
        suffix = _suffix(str(variable.attrs.get("units", "")))
        if variable.ndim == 1:
            columns[f"{name}{suffix}"] = variable.values
            continue
        labels = AXES if variable.dims[1] == "axis" else range(variable.shape[1])
        for i, label in enumerate(labels):
            columns[f"{name}_{label}{suffix}"] = variable.values[:, i]
    return pd.DataFrame(columns)


def _suffix(unit: str) -> str:
    """Return a unit as the end of a column's name: ``m/s2`` gives ``_m_s2``."""
    return "" if unit in ("", "1") else "_" + unit.replace("/", "_").replace(" ", "_")
