"""A solved flight's phases joined to one labelled dataset."""

import numpy as np
import pandas as pd
import xarray as xr

from hoverslam.ocp.solution import Solution


def joined(solution: Solution) -> xr.Dataset:
    """All phases at their re-flown samples, along ``sample``: states, controls (NaN where a phase has none), phase names.

    Raises:
        ValueError: if the solution has not been verified, so that nothing was flown.
    """
    if solution.verification is None:
        raise ValueError(f"{solution.problem.name}: not verified, so there is no flown trajectory")
    times: list[np.ndarray] = []
    phases: list[str] = []
    columns: dict[str, list[np.ndarray]] = {}
    sizes: dict[str, tuple[int | None, str]] = {}
    parts = []
    for name, check in solution.verification.phases.items():
        part = solution[name]
        _, controls = part.sample(check.times)
        parts.append((len(check.times), part.phase.states.unflatten(check.states) | dict(controls)))
        times.append(check.times)
        phases += [name] * len(check.times)
        for layout in (part.phase.states, part.phase.controls):
            sizes |= {v.name: (v.size, v.unit) for v in layout.variables}
    for key, (size, _) in sizes.items():
        shape = () if size is None else (size,)
        columns[key] = [np.asarray(part[key]) if key in part else np.full((n, *shape), np.nan) for n, part in parts]
    variables = {}
    for key, (size, unit) in sizes.items():
        dims = ("sample",) if size is None else ("sample", "axis" if size == 3 else f"{key}_entry")
        variables[key] = (dims, np.concatenate(columns[key]), {"units": unit})
    coordinates = {"time": ("sample", np.concatenate(times), {"units": "s"}), "phase": ("sample", phases)}
    if any(size == 3 for size, _ in sizes.values()):
        coordinates["axis"] = ("axis", ["downrange", "left", "up"], {})
    return xr.Dataset(variables, coords=coordinates, attrs={"problem": solution.problem.name})


def trajectory_frame(data: xr.Dataset) -> pd.DataFrame:
    """Return a trajectory of :func:`joined` as a table, one row a sample.

    The columns are ``time_s``, ``phase`` and every entry of every variable with its unit, such as ``velocity_up_m_s``.
    """
    columns: dict[str, np.ndarray] = {"time_s": data["time"].values, "phase": data["phase"].values}
    for name, values in data.data_vars.items():
        suffix = values.attrs["units"].replace("/", "_").replace(" ", "_")
        end = f"_{suffix}" if suffix else ""
        if values.ndim == 1:
            columns[f"{name}{end}"] = values.values
            continue
        entries = data["axis"].values if "axis" in values.dims else range(values.shape[1])
        columns |= {f"{name}_{entry}{end}": values.values[:, i] for i, entry in enumerate(entries)}
    return pd.DataFrame(columns)
