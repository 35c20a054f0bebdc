"""The base of the results of landings and hops: limits, trajectory, table and netCDF file."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from hoverslam.flights.outcome.limits_reached import LimitReached, limits_reached
from hoverslam.flights.outcome.trajectories import joined, trajectory_frame
from hoverslam.ocp.solved import Solved
from hoverslam.reports.results import Result, write_netcdf

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


class FlownResult(Result):
    """A result that rests on one solved and re-flown optimal-control problem, its attribute ``solution``."""

    solution: Solved

    @property
    def limits(self) -> list[LimitReached]:
        """Every limit, the value that the re-flown trajectory reached, and when."""
        return limits_reached(self.solution)

    def trajectory(self) -> "xr.Dataset":
        """Return all phases joined as one labelled dataset; see :func:`hoverslam.flights.outcome.trajectories.joined`.

        Raises:
            ValueError: If the solution was not verified, so that no trajectory was re-flown.
        """
        return joined(self.solution)

    def to_frame(self) -> "pd.DataFrame":
        """Return the re-flown trajectory as a table, one row a time.

        Raises:
            ValueError: If the solution was not verified, so that no trajectory was re-flown.
        """
        return trajectory_frame(self.trajectory())

    def _writers(self) -> Mapping[str, Callable[[Path], None]]:
        return {**super()._writers(), ".nc": write_netcdf(lambda path: self.trajectory().to_netcdf(path))}
