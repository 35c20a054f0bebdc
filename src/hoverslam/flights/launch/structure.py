"""The structure of a launch as data: branches of segments, which :mod:`hoverslam.flights.launch.problem` turns into phases.

A launch is a tree. Its trunk is the ascent of the whole stack. Where a body separates, a branch begins: the upper stages
go on to the orbit, and each body that is recovered flies home. What can be flown in several ways, such as one or two
burns of the last stage, is a :class:`Choice`; :func:`choices_of` lists those that apply to a case, and the search tries
them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from hoverslam.vehicles.models import Vehicle, operations_of
from hoverslam.vehicles.places import Orbit
from hoverslam.vehicles.recovery import FREE
from hoverslam.vehicles.recovery_modes import RecoveryRecipe, load_mode

CIRCULAR = 1e3  # m: an orbit whose apogee and perigee differ by less is treated as a circle
UPPER_STAGING_COAST = 5.0  # s, from burn-out of the second stage to ignition of the third


@dataclass(frozen=True)
class Segment:
    """One phase of the launch.

    Attributes:
        name: Name of the phase, unique in the launch.
        kind: What is flown: ``rise``, ``boosted``, ``ascent``, ``staging``, ``shrouded``, ``burn``, ``orbit_coast``,
            ``flip``, ``boostback``, ``deorbit``, ``coast``, ``entry``, ``glide``, ``ignition`` or ``landing``.
        engines: Number of lit engines, where the kind does not say it.
    """

    name: str
    kind: str
    engines: int = 0


@dataclass(frozen=True)
class Branch:
    """Segments that one body flies in a row.

    Attributes:
        body: ``stack`` (the ascent), ``stage2``, ``stage3`` (upper stages on the way up), ``stage1``, ``side_boosters`` or
            ``upper_stage`` (bodies that come home).
        after: Name of the segment at whose end the branch begins; empty for the ascent.
        segments: The segments in order.
    """

    body: str
    after: str
    segments: tuple[Segment, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the segments."""
        return tuple(segment.name for segment in self.segments)


@dataclass(frozen=True)
class Choice:
    """What is chosen where a launch can be flown in several ways.

    Attributes:
        burns: Burns of the last stage until the payload is in its orbit.
        boostback: Whether the first stage burns against its flight after separation.
        entry: Whether it brakes before it meets the denser air.
    """

    burns: int = 1
    boostback: bool = False
    entry: bool = True

    def label(self, home: bool = True) -> str:
        """Return the choice as text; ``home`` says whether the first stage comes home."""
        words = [f"{self.burns} burn{'s' * (self.burns > 1)} to orbit"]
        if home:
            words += [
                "boostback" if self.boostback else "no boostback",
                "entry burn" if self.entry else "no entry burn",
            ]
        return ", ".join(words)


@dataclass(frozen=True)
class Structure:
    """All branches of a launch.

    Attributes:
        branches: The branches; each begins at the end of a segment of an earlier one.
        choice: The choice that they follow.
    """

    branches: tuple[Branch, ...]
    choice: Choice

    @property
    def phases(self) -> tuple[str, ...]:
        """Names of all phases of the launch."""
        return tuple(name for branch in self.branches for name in branch.names)

    @property
    def segments(self) -> tuple[Segment, ...]:
        """All segments of the launch."""
        return tuple(segment for branch in self.branches for segment in branch.segments)

    @property
    def label(self) -> str:
        """What is flown where there are several ways, as text."""
        return self.choice.label(self.branch("stage1") is not None)

    def branch(self, body: str) -> Branch | None:
        """Return the branch of a body, or None if the body has none."""
        return next((branch for branch in self.branches if branch.body == body), None)

    @property
    def upper(self) -> tuple[Branch, ...]:
        """Branches of the upper stages on the way to the orbit."""
        return tuple(branch for branch in self.branches if branch.body in ("stage2", "stage3"))

    @property
    def injection(self) -> str:
        """Name of the segment that ends in the orbit."""
        return self.upper[-1].names[-1]

    @property
    def returning(self) -> tuple[Branch, ...]:
        """Branches of the bodies that come home."""
        return tuple(branch for branch in self.branches if branch.body in PREFIXES)


SHORTEST_BY_FLIGHT = ("flip", "coast", "landing", "burn")
"""Kinds of segments whose shortest duration is a limit of the flight: time to turn, to settle on an engine count, to start."""

PREFIXES = {"stage1": "", "side_boosters": "side_", "upper_stage": "upper_"}
"""Beginning of the names of the phases of each body that comes home."""


def choices_of(vehicle: Vehicle, recovery: str, orbit: Orbit) -> tuple[Choice, ...]:
    """Return the choices that apply to a case, the usual one first.

    Two burns are tried for near-circular orbits if the last stage can be lit again; one burn below the altitude up to
    which operators inject directly, and for elliptic orbits. Optional segments of the first stage's recovery are tried
    with and without; a boostback burn only towards a fixed place, since a ship can be where no such burn is needed.
    """
    recipe = core_recipe(recovery)
    optional = recipe.optional if recipe is not None else ()
    boostback: tuple[bool, ...] = (recipe is not None and "boostback" in recipe.segments,)
    entry: tuple[bool, ...] = (True,) if recipe is not None and "entry" in recipe.segments else (False,)
    home = vehicle.recovery
    if "boostback" in optional and home is not None and home.boostback_engines and home.downrange_site != FREE:
        boostback = (False, True)
    if "entry" in optional:
        entry = (True, False)
    found = product(_burns(vehicle, orbit), entry, boostback)
    return tuple(Choice(burns, back, braked) for burns, braked, back in found)


def _burns(vehicle: Vehicle, orbit: Orbit) -> tuple[int, ...]:
    last = vehicle.stage3 or vehicle.stage2
    direct = operations_of(vehicle).two_burn_altitude_km.si
    circular = orbit.apogee_altitude - orbit.perigee_altitude < CIRCULAR
    if last is None or not last.engine.restartable or not circular:
        return (1,)
    return (2,) if orbit.perigee_altitude > direct else (1, 2)


def core_recipe(recovery: str) -> RecoveryRecipe | None:
    """Return how the first stage comes home in a recovery mode, or None if it is expended."""
    return load_mode(recovery).recipe("core")


def structure_of(vehicle: Vehicle, recovery: str, choice: Choice) -> Structure:
    """Return the branches of a launch.

    Args:
        vehicle: The vehicle.
        recovery: Its recovery mode.
        choice: What is flown where there are several ways.
    """
    mode = load_mode(recovery)
    boosted = vehicle.side_boosters is not None or vehicle.strap_ons is not None
    name = "boosted" if vehicle.side_boosters is not None else "solids"
    trunk = [Segment("rise", "rise"), *([Segment(name, "boosted")] if boosted else []), Segment("ascent", "ascent")]
    branches = [Branch("stack", "", tuple(trunk)), *_way_up(vehicle, choice)]
    if mode.recipe("side_boosters") is not None and vehicle.side_boosters is not None:
        assert vehicle.side_boosters.recovery is not None
        recipe, home = mode.recipe("side_boosters"), vehicle.side_boosters.recovery
        way = _way_home("side_", recipe, Choice(1, "boostback" in recipe.segments, True), home.landing_engines)  # type: ignore[union-attr, arg-type]
        branches.append(Branch("side_boosters", name, tuple(way)))
    recipe = mode.recipe("core")
    if recipe is not None and vehicle.recovery is not None:
        way = _way_home("", recipe, choice, vehicle.recovery.landing_engines)
        branches.append(Branch("stage1", "ascent", tuple(way)))
    recipe = mode.recipe("upper_stage")
    if recipe is not None and vehicle.upper_recovery is not None:
        way = _way_home("upper_", recipe, Choice(1, False, False), vehicle.upper_recovery.landing_engines)
        last = branches[1].names[-1]
        branches.append(Branch("upper_stage", last, tuple(way)))
    return Structure(tuple(branches), choice)


def _way_up(vehicle: Vehicle, choice: Choice) -> Iterator[Branch]:
    """Yield the branches of the upper stages."""
    shroud = [Segment("shrouded", "shrouded")] if vehicle.fairing is not None else []
    again = [
        Segment(name, kind)
        for number in range(2, choice.burns + 1)
        for name, kind in ((_numbered("orbit_coast", number), "orbit_coast"), (_ORDINALS[number] + "_burn", "burn"))
    ]
    second = [Segment("staging", "staging"), *shroud, Segment("upper", "burn")]
    if vehicle.stage3 is None:
        yield Branch("stage2", "ascent", (*second, *again))
        return
    yield Branch("stage2", "ascent", tuple(second))
    yield Branch("stage3", "upper", (Segment("staging_2", "staging"), Segment("stage3_burn", "burn"), *again))


_ORDINALS = {2: "second", 3: "third"}


def _numbered(name: str, number: int) -> str:
    return name if number == 2 else f"{name}_{number - 1}"


def _way_home(prefix: str, recipe: RecoveryRecipe, choice: Choice, engines: tuple[int, ...]) -> Iterator[Segment]:
    """Yield the segments of a recovery; ``landing`` stands for the ignition transient and a burn of each engine count."""
    for kind in ("deorbit", "boostback", "coast", "entry", "glide", "landing"):
        chosen = {"boostback": choice.boostback, "entry": choice.entry}.get(kind, kind in recipe.segments)
        if not chosen:
            continue
        if kind == "boostback":
            yield Segment(prefix + "flip", "flip")
        if kind == "landing":
            yield Segment(prefix + "ignition", "ignition", engines[0])
            for lit in engines:
                yield Segment(f"{prefix}landing_{lit}", "landing", lit)
        else:
            yield Segment(prefix + kind, kind)
