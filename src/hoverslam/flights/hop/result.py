"""The result of a hop: both flights, flown events beside stated ones, uncertain figures, and the price of the test."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hoverslam.flights.hop.flight import HopFlight
from hoverslam.flights.outcome.limits_reached import limits_table
from hoverslam.reports.json_text import Json, plain
from hoverslam.reports.results import Result, write_netcdf

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class EventFlown:
    """One stated event beside the flown one.

    Attributes:
        name: Of the event.
        unit: Of the figures below.
        stated: Stated value.
        within: How far the flight may be from it.
        flown: Value on the flown trajectory.
    """

    name: str
    unit: str
    stated: float
    within: float
    flown: float

    @property
    def residual(self) -> float:
        """Flown minus stated value."""
        return self.flown - self.stated

    def line(self) -> str:
        """Return the row as a line of text."""
        band = f"within {self.within:g}" if self.within else "exactly"
        stated = f"{self.stated:12,.2f} {self.unit:4s} {band:12s}"
        return f"{self.name:16s} {stated} flown {self.flown:12,.2f}   residual {self.residual:+10.3g}"


@dataclass(frozen=True)
class Unknown:
    """One uncertain figure of the vehicle.

    Attributes:
        name: Parameter name.
        unit: Of the figures below.
        nominal: Nominal value.
        low: Low end of the band.
        high: High end of the band.
        found: Value identified from the flight; None where the flight does not determine it, and ``note`` says why.
        note: Why the figure is not identified.
    """

    name: str
    unit: str
    nominal: float
    low: float
    high: float
    found: float | None
    note: str = ""

    @property
    def used(self) -> float | None:
        """Share of the band that is used: 0 at the nominal value, 1 at the upper end, -1 at the lower end."""
        if self.found is None:
            return None
        away = self.found - self.nominal
        room = self.high - self.nominal if away > 0.0 else self.nominal - self.low
        if room > 0.0:
            return float(away / room)
        return float(np.copysign(1.0 - room + abs(away) / (0.5 * (self.high - self.low)), away)) if away else 0.0

    @property
    def outside(self) -> bool:
        """Whether the identified value lies outside the band."""
        return self.found is not None and abs(self.used or 0.0) > 1.0 + 1e-6

    def beside_band(self) -> str:
        """Return the identified value and the band as text."""
        return f"{self.name} {self.found:,.6g} {self.unit} (band {self.low:,.6g} to {self.high:,.6g})"

    def line(self) -> str:
        """Return the row as a line of text."""
        band = f"{self.nominal:11,.6g} ({self.low:,.6g} to {self.high:,.6g}) {self.unit}"
        if self.found is None:
            return f"{self.name:28s} {band:42s} {self.note}"
        return f"{self.name:28s} {band:42s} found {self.found:11,.6g}, band used {100.0 * (self.used or 0.0):+5.1f} %"


@dataclass
class HopResult(Result):
    """A hop as it was flown, and the same hop in least propellant.

    Attributes:
        as_flown: The flight that holds every stated event.
        cheapest: The flight of least propellant to the same height and distance; None if the first was not found.
        events: Every stated event beside the flown one.
        unknowns: Every uncertain figure of the vehicle, and the value identified from the flight.
    """

    as_flown: HopFlight
    cheapest: HopFlight | None
    events: tuple[EventFlown, ...]
    unknowns: tuple[Unknown, ...]

    @property
    def verified(self) -> bool:
        """Whether both flights are verified, with every figure within its band."""
        both = self.as_flown.verified and self.cheapest is not None and self.cheapest.verified
        return both and not self.as_flown.loosened

    @property
    def price(self) -> float | None:
        """Propellant burned as flown minus the least propellant (kg); None unless both flights are verified."""
        both = self.as_flown.verified and self.cheapest is not None and self.cheapest.verified
        return self.as_flown.propellant - self.cheapest.propellant if both and self.cheapest else None

    @property
    def message(self) -> str:
        """The outcome of the flight that failed, else of the first, or the figures that lie outside their bands."""
        if self.as_flown.loosened:
            outside = "; ".join(u.beside_band() for u in self.unknowns if u.outside)
            return f"no flight found within the bands of the figures; the nearest has {outside}"
        failed = [f for f in (self.as_flown, self.cheapest) if f is not None and not f.verified]
        return failed[0].message if failed else self.as_flown.message

    def trajectory(self) -> "xr.Dataset":
        """Return the flight as flown as one labelled dataset."""
        return self.as_flown.trajectory()

    def report(self) -> str:
        """Return both flights, events, uncertain figures, limits, the price and the verdict as text."""
        name, flown, best = self.as_flown.case.hopper.lander.name, self.as_flown, self.cheapest
        if not flown.solution.converged:
            return f"{name}, as flown: {flown.message}\nNOT verified"
        lines = [
            f"{name}, as flown",
            *([self.message] if flown.loosened else []),
            *flown.lines(),
            "",
            *(event.line() for event in self.events),
        ]
        if self.unknowns:
            lines += ["", *(unknown.line() for unknown in self.unknowns)]
        if flown.solution.verification is not None:
            lines += ["", limits_table(flown.limits), "", flown.solution.verification.report()]
        if best is not None and best.solution.converged:
            lines += ["", f"{name}, least propellant to the same height and distance", *best.lines()]
            if best.solution.verification is not None:
                lines += ["", limits_table(best.limits), "", best.solution.verification.report()]
        elif best is not None:
            lines += ["", f"least propellant: {best.message}"]
        if self.price is not None and best is not None:
            share = 100.0 * self.price / best.propellant
            lines += ["", f"price of the test's choices: {self.price:,.0f} kg of propellant, {share:.1f} %"]
        return "\n".join([*lines, "verified" if self.verified else "NOT verified"])

    def as_json(self) -> dict[str, Json]:
        """Return both flights, events, uncertain figures and the price as plain values."""
        share = None if self.price is None or self.cheapest is None else 100.0 * self.price / self.cheapest.propellant
        return {
            "hopper": self.as_flown.case.hopper.lander.name,
            "verified": self.verified,
            "message": self.message,
            "price_kg": self.price,
            "price_percent": share,
            "events": [plain(asdict(e) | {"residual": e.residual}) for e in self.events],
            "unknowns": [plain(asdict(u) | {"used": u.used}) for u in self.unknowns],
            "as_flown": self.as_flown.as_json(),
            "cheapest": None if self.cheapest is None else self.cheapest.as_json(),
        }

    def to_frame(self) -> "pd.DataFrame":
        """Return both re-flown trajectories as a table, one row a time; the column ``flight`` says which.

        Raises:
            ValueError: If a solution was not verified, so that no trajectory was re-flown.
        """
        import pandas as pd  # slow to import

        frames = [flight.to_frame().assign(flight=name) for name, flight in self._flights().items()]
        return pd.concat(frames, ignore_index=True)

    def plot(self) -> "Figure":
        """Return a picture of the flight as flown; ``cheapest.plot()`` draws the cheapest one."""
        return self.as_flown.plot()

    def _flights(self) -> dict[str, HopFlight]:
        cheapest = {} if self.cheapest is None else {"cheapest": self.cheapest}
        return {"as_flown": self.as_flown, **cheapest}

    def _writers(self) -> Mapping[str, Callable[[Path], None]]:
        return {**super()._writers(), ".nc": write_netcdf(lambda path: self.trajectory().to_netcdf(path))}
