"""The disturbances of one sample: its booster with dispersed figures, its air, engines and navigation errors."""

from typing import NamedTuple

import jax.numpy as jnp
from jax import Array

from hoverslam.margins.disturbances.booster import AirProfiles, Booster, BoosterState
from hoverslam.margins.disturbances.dispersions import DispersionTable, effects_of
from hoverslam.margins.disturbances.draws import Perturbations
from hoverslam.margins.disturbances.effects import CUT_OFF_MASS, with_effects
from hoverslam.physics.motion import Inputs

BOOSTBACK, ENTRY, LANDING = 1, 2, 3  # numbers of the burns in ``Perturbations.engine_out_burn``; 0 is no failure


class World(NamedTuple):
    """All figures and disturbances with which one sample is flown.

    Attributes:
        booster: The booster with dispersed figures.
        cut_off_mass: Mass at cut-off (kg).
        air: Deviations of its air from the standard atmosphere.
        engine_thrust: Relative deviation of each engine's thrust, ``(n,)``.
        start_delay: Of the start of each burn, ``(3,)`` (s).
        start_ramp: Length of the start transient of each burn, ``(3,)`` (s).
        misalignment: Of the thrust axis about the two cross axes, ``(2,)`` (rad).
        position_error: Navigation estimate less truth, ``(3,)`` (m).
        velocity_error: Navigation estimate less truth, ``(3,)`` (m/s).
        engine_out_burn: Burn in which an engine fails; 0 without a failure.
        engine_out_share: Fraction of that burn after which it fails.
    """

    booster: Booster
    cut_off_mass: Array
    air: AirProfiles
    engine_thrust: Array
    start_delay: Array
    start_ramp: Array
    misalignment: Array
    position_error: Array
    velocity_error: Array
    engine_out_burn: Array
    engine_out_share: Array


def world_of(
    booster: Booster, cut_off_mass: Array | float, p: Perturbations, table: type[DispersionTable] = DispersionTable
) -> World:
    """Return the world of one sample.

    Args:
        booster: Nominal figures.
        cut_off_mass: Nominal mass at cut-off (kg).
        p: The perturbations of the sample, without the axis of samples.
        table: The table that declares the effects of the perturbations.
    """
    nominal = {**booster._asdict(), CUT_OFF_MASS: cut_off_mass}
    disturbed = with_effects(nominal, p.scalars, effects_of(table))
    mass = disturbed.pop(CUT_OFF_MASS)
    return World(
        booster=Booster(**disturbed),
        cut_off_mass=mass,
        air=AirProfiles(jnp.asarray(p.density), jnp.asarray(p.wind_east), jnp.asarray(p.wind_north)),
        engine_thrust=jnp.asarray(p.engine_thrust),
        start_delay=jnp.asarray(p.start_delay),
        start_ramp=booster.start_ramp * (1.0 + jnp.asarray(p.start_transient)),
        misalignment=jnp.asarray(p.misalignment),
        position_error=jnp.asarray(p.navigation_position),
        velocity_error=jnp.asarray(p.navigation_velocity),
        engine_out_burn=jnp.asarray(p.engine_out_burn),
        engine_out_share=jnp.asarray(p.engine_out_share),
    )


def burn_inputs(world: World, burn: int, engines: Array, since: Array, duration: Array) -> Inputs:
    """Return the inputs of the equations of motion during a burn, with each engine's own thrust and a possible failure.

    Args:
        world: The world of the sample.
        burn: ``BOOSTBACK``, ``ENTRY`` or ``LANDING``.
        engines: Number of engines commanded.
        since: Time since ignition (s).
        duration: Planned duration of the burn (s), of which ``engine_out_share`` is a fraction.
    """
    failed = (world.engine_out_burn == burn) & (since >= world.engine_out_share * duration)
    running = engines - jnp.where(failed, 1.0, 0.0)
    shares = jnp.clip(running - jnp.arange(world.engine_thrust.shape[0]), 0.0, 1.0)
    push = shares @ (1.0 + world.engine_thrust)
    full = world.booster.inputs(1.0)
    one = full.engines
    burning = one._replace(
        thrust_vacuum=push * one.thrust_vacuum, mass_flow=push * one.mass_flow, exit_area=running * one.exit_area
    )
    return full._replace(engines=burning)


def start_fraction(world: World, burn: int, since: Array) -> Array:
    """Return the fraction of the commanded thrust that starting engines give ``since`` seconds after the command."""
    return jnp.clip((since - world.start_delay[burn - 1]) / world.start_ramp[burn - 1], 0.0, 1.0)


def with_misalignment(world: World, axis: Array) -> Array:
    """Return the axis ``(3,)`` that the thrust takes when the body axis is commanded to ``axis``."""
    across = jnp.stack([axis[2], jnp.zeros(()), -axis[0]])
    off = axis + world.misalignment[0] * across + world.misalignment[1] * jnp.cross(axis, across)
    return off / jnp.sqrt(off @ off)


def navigation_estimate(world: World, state: BoosterState) -> BoosterState:
    """Return the state as navigation reports it."""
    return state._replace(
        position=state.position + world.position_error, velocity=state.velocity + world.velocity_error
    )
