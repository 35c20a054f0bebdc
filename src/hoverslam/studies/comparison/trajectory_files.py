"""Trajectories on disk: one netCDF file a flight, compressed, readable by every tool of the field."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import xarray as xr

    from hoverslam.studies.outcome import Outcome

BUDGET = "first_stage_propellant"
_EXACT = ("time", "position", "velocity", "mass", BUDGET)


def save_trajectory(outcome: "Outcome", path: Path) -> None:
    """Write a flight's time histories and its first-stage propellant by use (kg).

    Time, states and masses keep every digit; what follows from them is stored to seven.

    Raises ValueError for an outcome without a flight.
    """
    if outcome.trajectory is None:
        raise ValueError(f"{outcome.row.vehicle} {outcome.row.recovery}: no flight to save: {outcome.status}")
    data = with_budget(outcome)
    numbers = [name for name in data.variables if data[name].dtype.kind == "f"]
    packed: dict[Any, dict[str, Any]] = {
        name: {"zlib": True, "complevel": 9, "dtype": "float64" if name in _EXACT else "float32"} for name in numbers
    }
    # Text of fixed width compresses; netCDF's own strings do not.
    texts: dict[Any, dict[str, Any]] = {
        name: {"dtype": "S1", "zlib": True} for name in data.variables if data[name].dtype.kind in "UO"
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.part")
    data.to_netcdf(unfinished, engine="netcdf4", encoding=packed | texts)
    os.replace(unfinished, path)


def load_trajectory(path: Path) -> "xr.Dataset":
    """Read what `save_trajectory` wrote; the file is closed again."""
    import xarray as xr

    return xr.load_dataset(path, engine="netcdf4")


def with_budget(outcome: "Outcome") -> "xr.Dataset":
    """The trajectory with the first stage's propellant by use beside it (kg)."""
    assert outcome.trajectory is not None
    budget = outcome.budget or {}
    data = outcome.trajectory.assign_coords(use=list(budget))
    return data.assign({BUDGET: ("use", list(budget.values()), {"units": "kg"})})
