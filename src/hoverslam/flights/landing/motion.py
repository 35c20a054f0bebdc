"""The equations of motion of each phase of a landing."""

from hoverslam.flights.craft.rigid_lander import RigidLander
from hoverslam.flights.landing.case import LandingCase
from hoverslam.physics.motion import Flight, PoweredDescent
from hoverslam.physics.rigid_body import RigidFlight


def flow_flight(case: LandingCase) -> Flight:
    """Return the motion of a point mass whose body axis is steered by angles from the flow."""
    return Flight(case.ground, "descent" if case.lander.has_air else "vacuum", case.wind)


def thrust_vector_flight(case: LandingCase) -> PoweredDescent:
    """Return the motion of a point mass that is steered by its thrust vector."""
    return PoweredDescent(case.ground, "descent" if case.lander.has_air else "vacuum", case.wind)


def rigid_flight(case: LandingCase, coasting: bool) -> RigidFlight:
    """Return the motion of a rigid body; in the coast it may have another body, such as one with flaps."""
    lander = case.lander
    assert isinstance(lander, RigidLander)
    body = lander.coast_body if coasting and lander.coast_body is not None else lander.body
    assert body is not None
    regime = "descent" if lander.has_air else "vacuum"
    return RigidFlight(
        case.ground, regime, case.wind, body=body, fins=lander.fins if lander.has_air else None,
        ellipsoid=lander.ellipsoid, lag=lander.lag, gimballed=lander.gimballed,
    )  # fmt: skip


def flight_of(case: LandingCase, phase: str) -> Flight:
    """Return the motion in a phase, by its name."""
    coasting = phase == "coast"
    if isinstance(case.lander, RigidLander):
        return rigid_flight(case, coasting)
    return flow_flight(case) if coasting or case.lander.has_air else thrust_vector_flight(case)
