"""Inputs of TRANSCOST that are not in the vehicle file: bands and judgements, read from a data file."""

import functools
from typing import Annotated, Literal

from pydantic import Field

from hoverslam.data.figures import Band, Section, Text
from hoverslam.data.reading import checked, read_toml
from hoverslam.economics.inputs.errors import CostInputError
from hoverslam.economics.inputs.loading import DATA
from hoverslam.economics.second_opinion.coefficients import Provider

DEFAULT = "default"
BANDS = ("learning_slope", "experience", "engine_thrust_to_weight")


class Judgement(Section):
    """Inputs of TRANSCOST for one vehicle.

    Attributes:
        country: Country of the maker.
        provider: Class of the launch provider, for the indirect operations.
        fuel: Fuel, for the price of the propellant.
        flights: First and last flight over which the cost is averaged.
        sea_recovery: Whether a downrange landing is recovered at sea.
        state_owned: Whether the maker is owned by the state, which changes the factor of oversight.
        engine_thrust_to_weight: Thrust-to-weight ratio of the engines; None for the common band.
        source: Reasons of the judgement.
    """

    country: Literal["usa", "china"]
    provider: Provider
    fuel: Literal["kerosene", "methane"]
    flights: Annotated[tuple[int, int], Field(strict=False)]
    sea_recovery: bool
    state_owned: bool = False
    engine_thrust_to_weight: Band | None = None
    source: Text

    @property
    def work_year(self) -> Band:
        """Cost of a work-year: M CNY in China, M USD elsewhere."""
        data = load_judgements()
        return data.work_year_china_MCNY if self.country == "china" else data.work_year_usa_MUSD

    @property
    def bands(self) -> dict[str, Band]:
        """Bands that are sampled, by name: those of the vehicle where it has its own."""
        data = load_judgements()
        found = {name: getattr(data, name) for name in BANDS}
        if self.engine_thrust_to_weight is not None:
            found["engine_thrust_to_weight"] = self.engine_thrust_to_weight
        return found | {"oversight": data.oversight_state if self.state_owned else data.oversight}


class Judgements(Section):
    """Everything in ``inputs/files/transcost_vehicles.toml``."""

    work_year_usa_MUSD: Band
    work_year_china_MCNY: Band
    learning_slope: Band
    oversight: Band
    oversight_state: Band
    experience: Band
    engine_thrust_to_weight: Band
    mixture: Band
    vehicle: dict[str, Judgement]


@functools.cache
def load_judgements() -> Judgements:
    """Return the judgements that come with the package."""
    path = DATA / "transcost_vehicles.toml"
    return checked(Judgements, read_toml(path, path.name, CostInputError), path.name, CostInputError)


def judgement_of(vehicle: str) -> Judgement:
    """Return the judgement of a vehicle; the default for a vehicle that is not listed."""
    listed = load_judgements().vehicle
    return listed.get(vehicle, listed[DEFAULT])
