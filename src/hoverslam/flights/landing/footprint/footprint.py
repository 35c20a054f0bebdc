"""A footprint with the verbs of a result: report, table, JSON, picture, and netCDF files that can be read again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hoverslam.flights.landing.case import LandingStart
from hoverslam.flights.landing.footprint.site_map import FootprintEdge, SiteMap, SiteOutcome
from hoverslam.reports.json_text import Json, plain
from hoverslam.reports.results import Result, write_netcdf

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from matplotlib.figure import Figure


@dataclass
class Footprint(SiteMap, Result):
    """The propellant to land at each site around the pad; the attributes are those of :class:`SiteMap`."""

    def to_dataset(self) -> "xr.Dataset":
        """Return everything as labelled arrays with units."""
        import xarray as xr  # slow to import

        grid = ("downrange", "left")
        meanings = ", ".join(f"{s.value}: {s.meaning}" for s in SiteOutcome)
        data: dict[str, object] = {
            "propellant": (grid, self.propellant, {"units": "kg", "long_name": "propellant to land at the site"}),
            "verified": (grid, self.verified),
            "status": (grid, self.status, {"meanings": meanings}),
            "warm": (grid, self.warm),
            "site_seconds": (grid, self.site_seconds, {"units": "s"}),
            "impact": ("side", self.impact, {"units": "m", "long_name": "ballistic impact, downrange and left"}),
            "start_position": ("axis", np.array(self.start.position), {"units": "m"}),
            "start_velocity": ("axis", np.array(self.start.velocity), {"units": "m/s"}),
            "start_mass": ((), self.start.mass, {"units": "kg"}),
            "pad_propellant": ((), self.pad_propellant, {"units": "kg"}),
            "available": ((), self.available, {"units": "kg", "long_name": "propellant aboard"}),
            "seconds": ((), self.seconds, {"units": "s"}),
            "sequence": ("burn", list(self.sequence), {"long_name": "engines lit"}),
        }
        if self.edge is not None:
            data |= {
                "edge_distance": ("azimuth", self.edge.distance, {"units": "m"}),
                "edge_propellant": ("azimuth", self.edge.propellant, {"units": "kg"}),
                "edge_verified": ("azimuth", self.edge.verified),
            }
        coordinates: dict[str, object] = {
            "downrange": ("downrange", self.downrange, {"units": "m"}),
            "left": ("left", self.left, {"units": "m"}),
            **({} if self.edge is None else {"azimuth": ("azimuth", self.edge.azimuth, {"units": "rad"})}),
        }
        return xr.Dataset(data, coordinates, {"lander": self.name, "interrupted": int(self.interrupted)})

    @classmethod
    def from_dataset(cls, data: "xr.Dataset") -> "Footprint":
        """Return the footprint from the dataset that :meth:`to_dataset` made of it."""
        edge = None
        if "azimuth" in data.coords:
            distance, propellant, verified = (data[f"edge_{n}"].values for n in ("distance", "propellant", "verified"))
            edge = FootprintEdge(data["azimuth"].values, distance, propellant, verified.astype(bool))
        position, velocity = (tuple(map(float, data[f"start_{name}"].values)) for name in ("position", "velocity"))
        return cls(
            downrange=data["downrange"].values,
            left=data["left"].values,
            propellant=data["propellant"].values,
            verified=data["verified"].values.astype(bool),
            status=data["status"].values,
            warm=data["warm"].values.astype(bool),
            site_seconds=data["site_seconds"].values,
            start=LandingStart(position, velocity, float(data["start_mass"])),  # type: ignore[arg-type]
            sequence=tuple(int(n) for n in data["sequence"].values),
            pad_propellant=float(data["pad_propellant"]),
            available=float(data["available"]),
            impact=data["impact"].values,
            name=str(data.attrs["lander"]),
            edge=edge,
            seconds=float(data["seconds"]),
            interrupted=bool(data.attrs["interrupted"]),
        )

    @classmethod
    def load(cls, path: str | Path) -> "Footprint":
        """Return the footprint from a netCDF file that :meth:`save` wrote.

        Raises:
            OSError: If the file cannot be read.
        """
        import xarray as xr  # slow to import

        return cls.from_dataset(xr.load_dataset(path, engine="netcdf4"))

    def plot(self) -> "Figure":
        """Return a picture from above: propellant as filled contours, the pad, the edge and the ballistic impact."""
        from hoverslam.flights.landing.footprint.picture import draw_footprint  # matplotlib is slow to import

        return draw_footprint(self)

    def report(self) -> str:
        """Return counts of sites, propellant at the pad and at the best site, and the reachable area as text."""
        solved, at = self.reachable, np.unravel_index(np.nanargmin(self.propellant), self.propellant.shape)
        counted = ", ".join(f"{int(np.sum(self.status == s))} {s.name.lower().replace('_', ' ')}" for s in SiteOutcome)
        return "\n".join(
            [
                f"{self.name}: {self.propellant.size} sites: {counted}; {int(np.sum(self.verified & solved))} verified, "
                f"{int(np.sum(self.warm & solved))} warm, {self.seconds:.1f} s{', interrupted' if self.interrupted else ''}",
                f"pad {self.pad_propellant:,.2f} kg of {self.available:,.0f} kg; least {np.nanmin(self.propellant):,.2f} kg "
                f"at {self.downrange[at[0]]:,.0f} m downrange, {self.left[at[1]]:,.0f} m left",
                f"reachable area {self.reachable_area / 1e6:,.3f} km2"
                + ("" if self.edge is not None else " (cells of the grid)"),
            ]
        )

    def as_json(self) -> dict[str, Json]:
        """Return the grid, the propellant and the outcome of each site, and the edge, as plain values."""
        edge = self.edge
        return {
            "lander": self.name,
            "engines_lit": list(self.sequence),
            "downrange_m": plain(self.downrange),
            "left_m": plain(self.left),
            "propellant_kg": plain(self.propellant),
            "outcome": [[SiteOutcome(int(s)).name.lower() for s in row] for row in self.status],
            "verified": plain(self.verified),
            "pad_propellant_kg": self.pad_propellant,
            "available_propellant_kg": self.available,
            "reachable_area_m2": self.reachable_area,
            "impact_m": plain(self.impact),
            "edge": None
            if edge is None
            else {
                "azimuth_rad": plain(edge.azimuth),
                "distance_m": plain(edge.distance),
                "propellant_kg": plain(edge.propellant),
                "verified": plain(edge.verified),
            },
            "seconds": self.seconds,
            "interrupted": self.interrupted,
        }

    def to_frame(self) -> "pd.DataFrame":
        """Return the map as a table, one row a site."""
        import pandas as pd  # slow to import

        downrange, left = np.meshgrid(self.downrange, self.left, indexing="ij")
        return pd.DataFrame(
            {
                "downrange_m": downrange.ravel(),
                "left_m": left.ravel(),
                "propellant_kg": self.propellant.ravel(),
                "verified": self.verified.ravel(),
                "outcome": [SiteOutcome(int(s)).name.lower() for s in self.status.ravel()],
                "warm": self.warm.ravel(),
                "seconds": self.site_seconds.ravel(),
            }
        )

    def _writers(self) -> Mapping[str, Callable[[Path], None]]:
        netcdf = write_netcdf(lambda path: self.to_dataset().to_netcdf(path, engine="netcdf4"))
        return {**super()._writers(), ".nc": netcdf}
