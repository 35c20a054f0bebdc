"""The table of dispersions: the quantities that differ between flights, their sizes, and their effects on a flight.

The sizes are data (``files/dispersions.toml``); the table here declares which dispersions there are, of which kind, and what a
drawn number does. :mod:`hoverslam.margins.disturbances.loading` reads the files,
:mod:`hoverslam.margins.disturbances.draws` draws from a table.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Annotated, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from hoverslam.data.figures import Figure, Section, mistakes
from hoverslam.data.reading import model_of
from hoverslam.margins.disturbances.correlations import Correlation, correlation_matrix, mistakes_in
from hoverslam.margins.disturbances.effects import (
    CUT_OFF_MASS,
    Adds,
    AddsFractionOf,
    ComponentsOf,
    DispersionEffect,
    Divides,
    Effects,
    Scales,
)
from hoverslam.margins.disturbances.entries import (
    BURNS,
    Angle,
    Dispersion,
    DispersionEntry,
    Duration,
    EngineOut,
    Fraction,
    Length,
    Mass,
    Relative,
    RelativeProfile,
    Speed,
    SpeedProfile,
)

ENGINES_DRAWN = 9
"""Engines with a thrust of their own in every sample: the most that a burn of a recovery may light.

The number is fixed, so that the columns of a sample are the same for all vehicles; a burn of fewer engines uses the first of
them.
"""

BY_BURN = tuple(range(len(BURNS)))


class DispersionTable(Section):
    """All dispersions of a flight, and what each does to it.

    The order is the order of the columns of a sample. Of two correlated dispersions the first keeps its own normal variable,
    and the second follows it in part, so causes come before effects.
    """

    dry_mass: Annotated[
        Relative, AddsFractionOf(CUT_OFF_MASS, of="empty_mass"), AddsFractionOf("empty_mass", of="empty_mass")
    ]
    impulse: Annotated[Relative, Divides("mass_flow")]
    thrust: Annotated[Relative, Scales("thrust_vacuum"), Scales("mass_flow")]
    mixture_residual: Annotated[Mass, Adds("empty_mass")]
    axial_force: Annotated[Relative, Scales("axial_factor")]
    normal_force: Annotated[Relative, Scales("side_area_ratio")]
    preserved_drag: Annotated[Fraction, Adds("preserved_drag")]
    staging_position_downrange: Annotated[Length, ComponentsOf("staging_position", (0,))]
    staging_position_left: Annotated[Length, ComponentsOf("staging_position", (1,))]
    staging_position_up: Annotated[Length, ComponentsOf("staging_position", (2,))]
    staging_velocity_downrange: Annotated[Speed, ComponentsOf("staging_velocity", (0,))]
    staging_velocity_left: Annotated[Speed, ComponentsOf("staging_velocity", (1,))]
    staging_velocity_up: Annotated[Speed, ComponentsOf("staging_velocity", (2,))]
    staging_propellant: Annotated[Mass, Adds(CUT_OFF_MASS)]
    throttle_lag: Annotated[Relative, Scales("throttle_lag")]
    attitude_lag: Annotated[Relative, Scales("attitude_lag")]
    navigation_up: Annotated[Length, ComponentsOf("navigation_position", (2,))]
    navigation_horizontal: Annotated[Length, ComponentsOf("navigation_position", (0, 1))]
    navigation_velocity: Annotated[Speed, ComponentsOf("navigation_velocity", (0, 1, 2))]
    misalignment: Annotated[Angle, ComponentsOf("misalignment", (0, 1))]
    start_delay: Annotated[Duration, ComponentsOf("start_delay", BY_BURN)]
    start_transient: Annotated[Relative, ComponentsOf("start_transient", BY_BURN)]
    engine_thrust: Annotated[Relative, ComponentsOf("engine_thrust", tuple(range(ENGINES_DRAWN)))]
    engine_out: EngineOut
    density: RelativeProfile
    wind: SpeedProfile
    correlations: tuple[Correlation, ...] = Field(default=(), strict=False)

    def entries(self) -> Iterator[tuple[str, DispersionEntry]]:
        """Yield every dispersion with its name."""
        for name in type(self).model_fields:
            entry = getattr(self, name)
            if isinstance(entry, DispersionEntry):
                yield name, entry

    def rows(self) -> list[dict[str, object]]:
        """Return the sizes as rows of a table.

        The columns are key, title, group, known, distribution, value, low, high, unit, status and source.
        """
        stated, columns = ("title", "group", "known", "distribution"), tuple(Figure.model_fields)
        return [
            {"key": f"{name}.{key}"}
            | {word: getattr(entry, word) for word in stated}
            | {word: getattr(figure, word) for word in columns}
            for name, entry in self.entries()
            for key in entry.sizes
            if (figure := getattr(entry, key)) is not None
        ]

    @property
    def correlated(self) -> tuple[str, ...]:
        """The dispersions that a correlation names, in the table's order."""
        named = {name for pair in self.correlations for name in (pair.first, pair.second)}
        return tuple(name for name in single_numbers(type(self)) if name in named)

    def correlation_matrix(self) -> NDArray[np.float64]:
        """Return the matrix between the standard normal variables of ``correlated``, in that order; positive definite."""
        return correlation_matrix(self.correlated, self.correlations)

    @model_validator(mode="after")
    def _correlations_hold(self) -> Self:
        found = mistakes_in(self.correlations, single_numbers(type(self)))
        if found:
            raise mistakes(*found)
        return self


def entry_kinds(table: type[DispersionTable]) -> dict[str, type[DispersionEntry]]:
    """Return the kind of every dispersion that a table declares, by name."""
    models = {name: model_of(field.annotation) for name, field in table.model_fields.items()}
    return {name: model for name, model in models.items() if model is not None and issubclass(model, DispersionEntry)}


@lru_cache(maxsize=8)  # the table, and tables that a test or a user derives from it
def effects_of(table: type[DispersionTable]) -> Effects:
    """Return the effects of every dispersion whose number acts on figures, by name, in the table's order."""
    found = {
        name: tuple(mark for mark in table.model_fields[name].metadata if isinstance(mark, DispersionEffect))
        for name in entry_kinds(table)
    }
    return {name: effects for name, effects in found.items() if effects}


@lru_cache(maxsize=8)
def components_of(table: type[DispersionTable]) -> dict[str, ComponentsOf]:
    """Return the components of vectors that dispersions fill, by name of the dispersion, in the table's order."""
    return {
        name: mark
        for name in entry_kinds(table)
        for mark in table.model_fields[name].metadata
        if isinstance(mark, ComponentsOf)
    }


def count_of(table: type[DispersionTable], name: str) -> int:
    """Return how many independent numbers a flight draws for the dispersion ``name``, which is not a profile."""
    components = components_of(table).get(name)
    return 1 if components is None else len(components.components)


@lru_cache(maxsize=8)
def single_numbers(table: type[DispersionTable]) -> tuple[str, ...]:
    """Return the dispersions of one number, in the table's order: those that can be correlated."""
    kinds = entry_kinds(table)
    return tuple(name for name, kind in kinds.items() if issubclass(kind, Dispersion) and count_of(table, name) == 1)
