"""Sign of the angle of attack in the glide: a fit has an optimum with either sign, so that both are tried.

The normal force of a glide turns the path up or down, and drag along the body can make up for much of the difference in
speed. The two optima differ in their probability (``FlightFit.glide_sign`` says by how much).
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from hoverslam.flights.observed.assumptions import assumptions
from hoverslam.flights.observed.observation import Observation
from hoverslam.ocp.solution import PhaseSolution
from hoverslam.ocp.statement.phase import Guess

SAME = 0.05  # difference of the objectives below which both starts have reached the same optimum


class GlideSign(NamedTuple):
    """The angle of attack in the glide with the higher probability, and what the other sign leads to.

    Attributes:
        angle_deg: Largest angle of attack in the launch plane of the glide that is kept; positive turns the path up.
        other_deg: The same of the fit that started from the other sign; not a number where it did not converge.
        worse: Objective of that fit less that of the kept one: difference of the logarithms of the probability.
    """

    angle_deg: float
    other_deg: float
    worse: float

    def __str__(self) -> str:
        kept = f"angle of attack in the glide up to {self.angle_deg:.1f} deg"
        if not np.isfinite(self.worse):
            return f"{kept}; from the other sign the fit did not converge"
        if self.worse < SAME:
            return f"{kept}, from either sign"
        return f"{kept}; with {self.other_deg:.1f} deg the logarithm of the probability is lower by {self.worse:.1f}"


def starts_of(flight: Observation) -> tuple[Observation, ...]:
    """Return a flight with guesses of either sign of the angle of attack in its glide; itself if it has no glide."""
    if "glide" not in flight.guess:
        return (flight,)
    size = np.tan(assumptions().priors.glide_angle_of_attack_deg.si)
    return tuple(_with_angle(flight, sign * size) for sign in (-1.0, 1.0))


def _with_angle(flight: Observation, tangent: float) -> Observation:
    """Return a flight whose guess has an angle of attack, built up in the entry burn and removed in the landing burn."""
    ends = {"entry": (0.0, tangent), "glide": (tangent, tangent), "landing": (tangent, 0.0)}
    guess = {name: _changed(part, *ends[name]) if name in ends else part for name, part in flight.guess.items()}
    return replace(flight, guess=guess)


def _changed(part: Guess, first: float, last: float) -> Guess:
    alpha = np.linspace(first, last, len(part.time))
    return replace(part, controls={**part.controls, "alpha": alpha})


def largest_angle(glide: PhaseSolution) -> float:
    """Return the largest angle of attack of a glide in the launch plane (deg), with its sign."""
    alpha = np.asarray(glide.controls)[:, 0]
    return float(np.degrees(np.arctan(alpha[np.argmax(np.abs(alpha))])))
