"""Trajectories on disk: one netCDF file a flight, compressed, readable by every tool of the field."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hoverslam.data.writing import write_whole_with

if TYPE_CHECKING:
    import xarray as xr

BUDGET = "first_stage_propellant"
_EXACT = ("time", "position", "velocity", "mass", BUDGET)


def save_trajectory(data: "xr.Dataset", path: Path) -> None:
    """Write a flight's time histories.

    Time, states and masses are stored in double precision; quantities that follow from them in single precision.

    Args:
        data: Time histories, from :func:`with_budget`.
        path: The netCDF file.

    Raises:
        OSError: If the file cannot be written.
    """
    numbers = [name for name in data.variables if data[name].dtype.kind == "f"]
    packed: dict[Any, dict[str, Any]] = {
        name: {"zlib": True, "complevel": 9, "dtype": "float64" if name in _EXACT else "float32"} for name in numbers
    }
    # Text of fixed width compresses; netCDF's own strings do not.
    texts: dict[Any, dict[str, Any]] = {
        name: {"dtype": "S1", "zlib": True} for name in data.variables if data[name].dtype.kind in "UO"
    }
    write_whole_with(path, lambda part: data.to_netcdf(part, engine="netcdf4", encoding=packed | texts))


def load_trajectory(path: Path) -> "xr.Dataset":
    """Return what :func:`save_trajectory` wrote, read into memory."""
    import xarray as xr

    return xr.load_dataset(path, engine="netcdf4")


def with_budget(trajectory: "xr.Dataset", budget: Mapping[str, float]) -> "xr.Dataset":
    """Return the trajectory with the first stage's propellant by use (kg) as the variable ``BUDGET``.

    Args:
        trajectory: Time histories of a flight.
        budget: Propellant of the first stage by use (kg).
    """
    data = trajectory.assign_coords(use=list(budget))
    return data.assign({BUDGET: ("use", list(budget.values()), {"units": "kg"})})
