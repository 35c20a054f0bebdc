"""The propellant held at cut-off for the return: from an earlier reading of the telemetry to the fit, step by step."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from hoverslam.flights.observed.assumptions import assumptions
from hoverslam.flights.observed.reconstruction import Reconstruction
from hoverslam.physics.constants import STANDARD_GRAVITY


class HeldStep(NamedTuple):
    """One assumption that is exchanged: in words, and the propellant held with it and all before it (kg)."""

    what: str
    held: float


def held_propellant_steps(flight: Reconstruction) -> list[HeldStep]:
    """Return the propellant held at cut-off, from the earlier reading's assumptions to the fit's, one at a time.

    Both count backward from touchdown over the same burns with the rocket equation. They differ in dry mass, landing
    burn, specific impulse and propellant left.
    """
    earlier = assumptions().earlier_reading
    earlier_dry, earlier_landing = earlier.dry_mass_t.si, earlier.landing_burn_t.si
    earlier_isp = earlier.specific_impulse_s.si
    dry = flight.fit.estimate("stage1.dry_mass").value
    isp = flight.fit.estimate("stage1.isp_vacuum").value
    left, landing = flight.estimate("left").value, flight.propellant["landing"].value
    change = _velocity_change(flight, isp)

    def held(dry_mass: float, landing_burn: float, impulse: float, propellant_left: float) -> float:
        before_landing = dry_mass + propellant_left + landing_burn
        return float(before_landing * np.exp(change / (impulse * STANDARD_GRAVITY)) - dry_mass)

    assumed = f"{earlier.dry_mass_t.value:g} t dry, {earlier.landing_burn_t.value:g} t to land, {earlier_isp:g} s"
    return [
        HeldStep(f"earlier reading: {assumed}, nothing left", held(earlier_dry, earlier_landing, earlier_isp, 0.0)),
        HeldStep("with the landing burn as fitted", held(earlier_dry, landing, earlier_isp, 0.0)),
        HeldStep("and what is left at touchdown", held(earlier_dry, landing, earlier_isp, left)),
        HeldStep("and the specific impulse as fitted", held(earlier_dry, landing, isp, left)),
        HeldStep("and the dry mass as fitted", held(dry, landing, isp, left)),
    ]


def _velocity_change(flight: Reconstruction, isp: float) -> float:
    """Return the fitted velocity change of boostback and entry burn together (m/s, rocket equation)."""
    total = 0.0
    for segment in flight.observation.segments:
        if segment.name in ("boostback", "entry"):
            part = flight.phase(segment.name)
            total += isp * STANDARD_GRAVITY * float(np.log(part.initial.mass / part.final.mass))
    return total


def held_propellant_lines(flights: Sequence[Reconstruction]) -> list[str]:
    """Return the propellant held, the steps and the community's figure for each flight, as text."""
    community, lines = assumptions().community.propellant_held_t.low_si, []
    for flight in flights:
        found = flight.estimate("propellant held at cut-off")
        share = 100.0 * found.value / flight.fit.estimate("stage1.propellant").value
        lines.append(
            f"  {flight.mission.title}: {found.value / 1e3:.1f} +- {found.error / 1e3:.1f} t held, {share:.1f} % of the load"
        )
        lines += [f"    {step.held / 1e3:6.1f} t  {step.what}" for step in held_propellant_steps(flight)]
        away = (community - found.value) / found.error
        lines.append(f"    {community / 1e3:6.1f} t  the community's lower figure, {away:+.1f} standard errors away")
    return lines
