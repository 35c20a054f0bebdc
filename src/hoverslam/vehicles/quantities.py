"""Types of the quantities that several sections of a vehicle file share, with their accepted ranges in the unit of the key."""

from typing import Annotated

from hoverslam.data.figures import Figure, Range, Whole

Throttle = Annotated[Figure, Range(0, 1.2)]
Share = Annotated[Figure, Range(0, 1, closed=True)]
Impulse = Annotated[Figure, Range(100, 500)]
Thrust = Annotated[Figure, Range(0, 20_000)]
DryMass = Annotated[Figure, Range(0, 500)]
Propellant = Annotated[Figure, Range(0, 5_000)]
UnburnedPropellant = Annotated[Figure, Range(0, 200, closed=True)]
Diameter = Annotated[Figure, Range(0, 20)]
Length = Annotated[Figure, Range(0, 150)]
Seconds = Annotated[Figure, Range(0, 60, closed=True)]
Inclination = Annotated[Figure, Range(0, 180, closed=True)]
EngineCount = Annotated[int, Whole(1, 50)]
