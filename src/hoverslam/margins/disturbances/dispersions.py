"""Dispersions: what differs from one flight to the next, how much, and who says so (`data/dispersions.toml`).

An entry states its distribution, its size as a figure with unit, band, status and source, the group it belongs to in a
sensitivity study, and when its value becomes known (Hanson and Beard, NASA/TP-2010-216447): `design`, unknown in design
and known of the vehicle once it is built; `day`, known on launch day; `flight`, unknown until it is flown. Sizes are one
standard deviation unless the key says `half_width` or `probability`. :mod:`hoverslam.margins.disturbances.draws` draws from the table.
"""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self, get_args

import numpy as np
from pydantic import BaseModel, Field, ValidationError, model_validator

from hoverslam.data.errors import Mistake, VehicleError, did_you_mean, shown
from hoverslam.data.figures import Figure, Range, Section, Status, Text, mistakes
from hoverslam.data.reading import complaints, model_of, read_toml
from hoverslam.vehicles.loading import Overrides, _number, _overridden, _pairs, list_vehicles

Group = Literal[
    "mass",
    "thrust",
    "impulse",
    "mixture",
    "aerodynamics",
    "plume",
    "density",
    "wind",
    "staging",
    "engine start",
    "actuation",
    "navigation",
    "engine out",
]
GROUPS: tuple[Group, ...] = get_args(Group)
Known = Literal["design", "day", "flight"]
Distribution = Literal["normal", "truncated normal", "half-normal", "uniform"]
BURNS = ("boostback", "entry", "landing")
ENGINES = 9
COUNTS = {
    "navigation_horizontal": 2,
    "navigation_velocity": 3,
    "misalignment": 2,
    "start_delay": len(BURNS),
    "start_transient": len(BURNS),
    "engine_thrust": ENGINES,
}
"""The dispersions that are several independent numbers in a flight, and how many."""

DATA = Path(__file__).parent / "files"
_SCALE = Range(0, 2, closed=True)  # the shipped sizes keep their ranges when doubled


class Entry(Section):
    """What every dispersion states besides its size."""

    sizes: ClassVar[tuple[str, ...]]
    """The keys that hold the size; `scale` multiplies them."""

    title: Text
    group: Group
    known: Known

    def zeroed(self) -> Self:
        """The same dispersion with no size."""
        given = {key: figure for key in self.sizes if (figure := getattr(self, key)) is not None}
        nothing = {"value": 0.0, "low": None, "high": None}
        return self.model_copy(
            update={
                key: figure.model_copy(update={**nothing, "source": f"left out: {figure.source}"})
                for key, figure in given.items()
            }
        )


class Dispersion(Entry):
    """One number, or several independent ones alike. A truncated normal is cut at three of its standard deviations."""

    distribution: Distribution

    @property
    def figure(self) -> Figure:
        """The size as it is stated."""
        figure: Figure = getattr(self, self._key)
        return figure

    @property
    def size(self) -> float:
        """Standard deviation of the (parent) normal, or half-width, in SI."""
        return self.figure.si

    @property
    def _key(self) -> str:
        sigma, half_width = self.sizes
        return half_width if self.distribution == "uniform" else sigma

    @model_validator(mode="after")
    def _stated_once(self) -> Self:
        wanted = self._key
        other = next(key for key in self.sizes if key != wanted)
        found = []
        if getattr(self, wanted) is None:
            found.append((f".{wanted}", "missing", f"a {self.distribution} dispersion needs it"))
        if getattr(self, other) is not None:
            found.append((f".{other}", "present", f"a {self.distribution} dispersion states {wanted}: remove it"))
        if found:
            raise mistakes(*found)
        return self


class Relative(Dispersion):
    """A share of the nominal value; beyond 20 % a normal one could turn a mass or a thrust negative."""

    sizes = ("sigma_percent", "half_width_percent")
    sigma_percent: Annotated[Figure, Range(0, 20, closed=True)] | None = None
    half_width_percent: Annotated[Figure, Range(0, 90, closed=True)] | None = None


class Fraction(Dispersion):
    """Added to a quantity that is a fraction itself."""

    sizes = ("sigma", "half_width")
    sigma: Annotated[Figure, Range(0, 0.5, closed=True)] | None = None
    half_width: Annotated[Figure, Range(0, 0.5, closed=True)] | None = None


class Mass(Dispersion):
    """In kilograms."""

    sizes = ("sigma_kg", "half_width_kg")
    sigma_kg: Annotated[Figure, Range(0, 20_000, closed=True)] | None = None
    half_width_kg: Annotated[Figure, Range(0, 20_000, closed=True)] | None = None


class Length(Dispersion):
    """In metres."""

    sizes = ("sigma_m", "half_width_m")
    sigma_m: Annotated[Figure, Range(0, 20_000, closed=True)] | None = None
    half_width_m: Annotated[Figure, Range(0, 20_000, closed=True)] | None = None


class Speed(Dispersion):
    """In metres a second."""

    sizes = ("sigma_m_s", "half_width_m_s")
    sigma_m_s: Annotated[Figure, Range(0, 200, closed=True)] | None = None
    half_width_m_s: Annotated[Figure, Range(0, 200, closed=True)] | None = None


class Duration(Dispersion):
    """In seconds."""

    sizes = ("sigma_s", "half_width_s")
    sigma_s: Annotated[Figure, Range(0, 5, closed=True)] | None = None
    half_width_s: Annotated[Figure, Range(0, 5, closed=True)] | None = None


class Angle(Dispersion):
    """In degrees."""

    sizes = ("sigma_deg", "half_width_deg")
    sigma_deg: Annotated[Figure, Range(0, 5, closed=True)] | None = None
    half_width_deg: Annotated[Figure, Range(0, 5, closed=True)] | None = None


class Shape(Section):
    """How the standard deviation changes with altitude: factors at altitudes, linear between, constant outside."""

    altitude_km: tuple[float, ...] = Field(strict=False, min_length=1)
    factor: tuple[float, ...] = Field(strict=False, min_length=1)
    status: Status
    source: Text

    @model_validator(mode="after")
    def _one_to_one(self) -> Self:
        altitudes, factors = self.altitude_km, self.factor
        if len(altitudes) != len(factors):
            fix = f"{len(factors)} factors for {len(altitudes)} altitudes: give one for each"
            raise mistakes((".factor", shown(list(factors)), fix))
        if any(high <= low for low, high in pairwise(altitudes)):
            raise mistakes((".altitude_km", shown(list(altitudes)), "must increase"))
        if not all(0.0 <= factor <= 20.0 for factor in factors):
            raise mistakes((".factor", shown(list(factors)), "must be at least 0 and at most 20"))
        return self


class Profile(Entry):
    """A first-order Gauss-Markov process over altitude, with covariance sigma_i sigma_j exp(-|h_i - h_j|/L)."""

    distribution: Literal["normal"]
    correlation_km: Annotated[Figure, Range(0, 1_000)]
    shape: Shape

    def sigmas(self, altitudes: np.ndarray) -> np.ndarray:
        """Standard deviation (SI) at ``altitudes`` (m), same shape."""
        figure: Figure = getattr(self, self.sizes[0])
        return figure.si * np.interp(altitudes, 1e3 * np.array(self.shape.altitude_km), self.shape.factor)

    @property
    def correlation_length(self) -> float:
        """L, m."""
        return self.correlation_km.si


class RelativeProfile(Profile):
    """A share of the nominal value at each altitude."""

    sizes = ("sigma_percent",)
    sigma_percent: Annotated[Figure, Range(0, 20, closed=True)]

    @model_validator(mode="after")
    def _stays_positive(self) -> Self:
        largest = self.sigma_percent.value * max(self.shape.factor)
        if largest > 20.0:
            fix = f"reaches {largest:g} % where its factor is largest: at most 20 %, or the air could turn negative"
            raise mistakes((".sigma_percent", shown(self.sigma_percent.value), fix))
        return self


class SpeedProfile(Profile):
    """A speed at each altitude."""

    sizes = ("sigma_m_s",)
    sigma_m_s: Annotated[Figure, Range(0, 50, closed=True)]


# Three burns together stay below a half, so that the middle of the distribution is no event.
Probability = Annotated[Figure, Range(0, 15, closed=True)]


class EngineOut(Entry):
    """The chance that an engine does not start, or fails, in a burn; one burn of a flight at most is struck."""

    sizes = ("probability_boostback_percent", "probability_entry_percent", "probability_landing_percent")
    distribution: Literal["bernoulli"]
    probability_boostback_percent: Probability
    probability_entry_percent: Probability
    probability_landing_percent: Probability

    @property
    def probabilities(self) -> tuple[float, ...]:
        """By burn, in the order of `BURNS`."""
        return tuple(getattr(self, key).si for key in self.sizes)


class Correlation(Section):
    """Of two dispersions of one number each: between the standard normal variables they are made from."""

    first: Text
    second: Text
    coefficient: Annotated[Figure, Range(-1, 1, closed=True)]


class DispersionTable(Section):
    """All dispersions of a flight. Causes come before effects: of two that are correlated, the first drives the second."""

    dry_mass: Relative
    impulse: Relative
    thrust: Relative
    mixture_residual: Mass
    axial_force: Relative
    normal_force: Relative
    preserved_drag: Fraction
    staging_position_downrange: Length
    staging_position_left: Length
    staging_position_up: Length
    staging_velocity_downrange: Speed
    staging_velocity_left: Speed
    staging_velocity_up: Speed
    staging_propellant: Mass
    throttle_lag: Relative
    attitude_lag: Relative
    navigation_up: Length
    navigation_horizontal: Length
    navigation_velocity: Speed
    misalignment: Angle
    start_delay: Duration
    start_transient: Relative
    engine_thrust: Relative
    engine_out: EngineOut
    density: RelativeProfile
    wind: SpeedProfile
    correlations: tuple[Correlation, ...] = Field(default=(), strict=False)

    def entries(self) -> Iterator[tuple[str, Entry]]:
        """Every dispersion with its name."""
        for name in type(self).model_fields:
            entry = getattr(self, name)
            if isinstance(entry, Entry):
                yield name, entry

    def only(self, *known: Known) -> "DispersionTable":
        """The table with every dispersion at zero that becomes known at another time than `known`.

        What a vehicle's operator still has to hold a reserve for is `only("flight")`, or `only("day", "flight")` before
        the day; all of it is what a designer has to. Raises ValueError for another word.
        """
        for word in known:
            if word not in get_args(Known):
                raise ValueError(f"known: {shown(word)}: unknown, {did_you_mean(str(word), get_args(Known))}")
        return self.model_copy(
            update={name: entry.zeroed() for name, entry in self.entries() if entry.known not in known}
        )

    def rows(self) -> list[dict[str, Any]]:
        """The sizes as rows of a table: key, title, group, known, distribution, value, low, high, unit, status, source."""
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
        return tuple(name for name in SCALARS if name in named)

    def correlation_matrix(self) -> np.ndarray:
        """Between the standard normal variables of `correlated`, in that order; positive definite."""
        return _matrix(self.correlated, self.correlations)

    @model_validator(mode="after")
    def _correlations_hold(self) -> Self:
        found = [mistake for number in range(len(self.correlations)) for mistake in self._wrong_with(number)]
        if not found:
            found = list(self._indefinite())
        if found:
            raise mistakes(*found)
        return self

    def _wrong_with(self, number: int) -> Iterator[tuple[str, str, str]]:
        key, pair = f"correlations[{number}]", self.correlations[number]
        for end, name in (("first", pair.first), ("second", pair.second)):
            if name not in SCALARS:
                yield (f"{key}.{end}", shown(name), f"not a dispersion of one number, {did_you_mean(name, SCALARS)}")
        if pair.first == pair.second:
            yield (key, _pair(pair), "a dispersion is not correlated with itself: name two")
        if any({pair.first, pair.second} == {other.first, other.second} for other in self.correlations[:number]):
            yield (key, _pair(pair), "given twice: keep one")

    def _indefinite(self) -> Iterator[tuple[str, str, str]]:
        """The pair to change when no such correlations exist: the last that mends them, or the first that breaks them."""
        names, pairs = self.correlated, self.correlations
        if _definite(_matrix(names, pairs)):
            return
        for number in reversed(range(len(pairs))):
            allowed = _allowed(names, [*pairs[:number], *pairs[number + 1 :]], pairs[number])
            if allowed is not None:
                fix = "must lie between {:.3g} and {:.3g} for the correlations to be positive definite".format(*allowed)
                yield _about(pairs, number, fix)
                return
        number = next(n for n in range(len(pairs)) if not _definite(_matrix(names, pairs[: n + 1])))
        yield _about(pairs, number, "the correlations up to this one are not positive definite: bring it closer to 0")


def _entry_models() -> Iterator[tuple[str, type[Entry]]]:
    for name, field in DispersionTable.model_fields.items():
        model = model_of(field.annotation)
        if model is not None and issubclass(model, Entry):
            yield name, model


def _figures_of(model: type[BaseModel]) -> Iterator[str]:
    return (key for key, field in model.model_fields.items() if model_of(field.annotation) is Figure)


_SIZES = frozenset(f"{name}.{key}" for name, model in _entry_models() for key in model.sizes)
_KEYS = tuple(f"{name}.{key}" for name, model in _entry_models() for key in _figures_of(model))
SCALARS = tuple(name for name, model in _entry_models() if issubclass(model, Dispersion) and name not in COUNTS)
"""The dispersions that are one number in a flight, in the table's order: those that can be correlated."""


def _pair(pair: Correlation) -> str:
    return f"{pair.first} and {pair.second}"


def _about(pairs: Sequence[Correlation], number: int, fix: str) -> tuple[str, str, str]:
    pair = pairs[number]
    return (f"correlations[{number}].coefficient", f"{_pair(pair)} {pair.coefficient.value:g}", fix)


def _matrix(names: Sequence[str], pairs: Sequence[Correlation]) -> np.ndarray:
    matrix = np.eye(len(names))
    for pair in pairs:
        i, j = names.index(pair.first), names.index(pair.second)
        matrix[i, j] = matrix[j, i] = pair.coefficient.value
    return matrix


def _definite(matrix: np.ndarray) -> bool:
    try:
        np.linalg.cholesky(matrix)
    except np.linalg.LinAlgError:
        return False
    return True


def _allowed(names: Sequence[str], given: Sequence[Correlation], pair: Correlation) -> tuple[float, float] | None:
    """The open interval of coefficients of `pair` that are positive definite beside those `given`; None if there is none.

    With c_i and c_j the correlations of the two with the others, whose matrix is S, the determinant is positive while
    (r - c_i'S^-1 c_j)^2 < (1 - c_i'S^-1 c_i)(1 - c_j'S^-1 c_j).
    """
    matrix = _matrix(names, given)
    ends = [names.index(pair.first), names.index(pair.second)]
    if not all(_definite(np.delete(np.delete(matrix, end, 0), end, 1)) for end in ends):
        return None
    others = [n for n in range(len(names)) if n not in ends]
    cross = matrix[np.ix_(others, ends)]
    taken = cross.T @ np.linalg.solve(matrix[np.ix_(others, others)], cross)
    reach = np.sqrt((1.0 - taken[0, 0]) * (1.0 - taken[1, 1]))
    return float(taken[0, 1] - reach), float(taken[0, 1] + reach)


def load_dispersions(vehicle_name: str | None = None, overrides: Overrides | None = None) -> DispersionTable:
    """The dispersions of a vehicle: the general table, what its own file changes, and the overrides on top.

    Args:
        vehicle_name: a shipped vehicle; None takes the general table, which is written for a stage of 400 t.
        overrides: `{"wind.sigma_m_s": 5.0}` or `["wind.sigma_m_s=5"]`, in the unit of the key. The key `scale` multiplies
            every size and probability (0 to 2), except those overridden beside it: `{"scale": 0, "wind.sigma_m_s": 5}`
            leaves the wind alone.

    Raises:
        VehicleError: naming every mistake of the files and of the overrides, one line each.
    """
    content, label = read_toml(DATA / "dispersions.toml", "dispersions.toml"), "dispersions.toml"
    own: dict[str, Any] = {}
    own_label = f"vehicles/{vehicle_name}.toml"
    if vehicle_name is not None:
        if vehicle_name not in list_vehicles():
            fix = f"unknown, {did_you_mean(str(vehicle_name), list_vehicles())} (None takes the general table)"
            raise VehicleError([Mistake("", shown(vehicle_name), fix).line("vehicle")])
        path = DATA / "vehicles" / f"{vehicle_name}.toml"
        own = read_toml(path, own_label) if path.exists() else {}
    return _checked(content, own, overrides or {}, (label, own_label))


def _checked(
    content: Mapping[str, Any], own: Mapping[str, Any], overrides: Overrides, labels: tuple[str, str]
) -> DispersionTable:
    """The table of a general and a vehicle's document; `labels` are what messages call the two."""
    document, overridden, unusable = _with_overrides(_merged(content, own), overrides)
    lines = [mistake.line("override") for mistake in unusable]
    try:
        table = DispersionTable.model_validate(document)
    except ValidationError as error:
        for mistake in complaints(error, DispersionTable):
            label = labels[1] if _stated_in(own, mistake.key) else labels[0]
            lines.append(mistake.line("override" if _under(mistake.key, overridden) else label))
        raise VehicleError(lines) from None
    if lines:
        raise VehicleError(lines)
    return table


def _merged(content: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of `content` in which the keys of each section of `own` replace those of the same name."""
    document = deepcopy(dict(content))
    for name, section in own.items():
        both = isinstance(section, dict) and isinstance(document.get(name), dict)
        document[name] = {**document[name], **section} if both else section
    return document


def _stated_in(own: Mapping[str, Any], key: str) -> bool:
    section, _, below = key.partition(".")
    inside = own.get(section.partition("[")[0])
    return inside is not None and (not isinstance(inside, dict) or below.partition(".")[0] in inside)


def _under(key: str, overridden: set[str]) -> bool:
    return any(key == given or key.startswith(f"{given}.") for given in overridden)


def _with_overrides(document: dict[str, Any], overrides: Overrides) -> tuple[dict[str, Any], set[str], list[Mistake]]:
    """`document` with the overrides put in, the keys they changed, and the overrides that cannot be used."""
    unusable: list[Mistake] = []
    given = dict(_pairs(overrides, unusable))
    if "scale" in given:
        scale = _number(given.pop("scale"))
        if isinstance(scale, (int, float)) and not isinstance(scale, bool) and _SCALE.holds(scale):
            document = _scaled(document, scale)
        else:
            unusable.append(Mistake("scale", shown(scale), _SCALE.text()))
    changed = set()
    for key, value in given.items():
        section, _, last = key.partition(".")
        if key not in _KEYS:
            unusable.append(Mistake(key, shown(value), f"unknown key, {did_you_mean(key, [*_KEYS, 'scale'])}"))
        elif isinstance(document.get(section), dict):
            old = document[section].get(last)
            document[section] = {**document[section], last: _overridden(old, _number(value))}
            changed.add(key)
    return document, changed, unusable


def _scaled(document: Mapping[str, Any], scale: float) -> dict[str, Any]:
    """The document with `scale` times every size, without bands; what is no figure stays, for the check to complain of."""

    def times(figure: Any) -> Any:
        value = figure.get("value") if isinstance(figure, dict) else None
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return figure
        scaled = {key: found for key, found in figure.items() if key not in ("low", "high")}
        scaled["value"] = scale * value
        if isinstance(figure.get("source"), str):
            scaled["source"] = f"{scale:g} x {figure['source']}"
        return scaled

    return {
        name: {key: times(value) if f"{name}.{key}" in _SIZES else value for key, value in section.items()}
        if isinstance(section, dict)
        else section
        for name, section in document.items()
    }
