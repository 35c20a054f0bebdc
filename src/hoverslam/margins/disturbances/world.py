"""The world one sample meets: its booster as it really is, its air, its engines, what navigation says wrongly."""

from typing import Any, NamedTuple

import jax.numpy as jnp
from jax import Array

from hoverslam.margins.disturbances.booster import Air3, Booster, State
from hoverslam.margins.disturbances.draws import Perturbations
from hoverslam.physics.motion import Inputs

BOOSTBACK, ENTRY, LANDING = 1, 2, 3  # as engine-out events name the burns


class World(NamedTuple):
    """One sample's world: booster and air as they are, push and start of each burn, a failed engine, navigation's errors."""

    booster: Booster
    air: Air3
    engines: Any
    delay: Any
    ramp: Any
    misalignment: Any
    position_error: Any
    velocity_error: Any
    out_burn: Any
    out_share: Any


def world_of(booster: Booster, p: Perturbations) -> World:
    """The world of one sample."""
    thrust = booster.thrust_vacuum * (1.0 + p.thrust)
    flow = booster.mass_flow * (1.0 + p.thrust) / (1.0 + p.impulse)
    there = booster._replace(
        thrust_vacuum=thrust,
        mass_flow=flow,
        throttle_lag=booster.throttle_lag * (1.0 + p.throttle_lag),
        attitude_lag=booster.attitude_lag * (1.0 + p.attitude_lag),
        axial_factor=booster.axial_factor * (1.0 + p.axial_force),
        side_area_ratio=booster.side_area_ratio * (1.0 + p.normal_force),
        preserved_drag=booster.preserved_drag + p.preserved_drag,
        empty_mass=booster.empty_mass + p.mixture_residual,
    )
    return World(
        there, Air3(p.density, p.wind_east, p.wind_north), p.engine_thrust, p.start_delay,
        booster.start_ramp * (1.0 + p.start_transient), p.misalignment, p.navigation_position, p.navigation_velocity,
        p.engine_out_burn, p.engine_out_share,
    )  # fmt: skip


def lit(world: World, burn: int, engines: Array, since: Array, duration: Array) -> Inputs:
    """Inputs with ``engines`` commanded, ``since`` seconds after ignition: each with its own push, one perhaps failed."""
    failed = (world.out_burn == burn) & (since >= world.out_share * duration)
    running = engines - jnp.where(failed, 1.0, 0.0)
    shares = jnp.clip(running - jnp.arange(world.engines.shape[0]), 0.0, 1.0)
    push = shares @ (1.0 + world.engines)
    full = world.booster.inputs(1.0)
    one = full.engines
    burning = one._replace(
        thrust_vacuum=push * one.thrust_vacuum, mass_flow=push * one.mass_flow, exit_area=running * one.exit_area
    )
    return full._replace(engines=burning)


def started(world: World, burn: int, since: Array) -> Array:
    """Share of the commanded thrust that a starting engine gives ``since`` seconds after it was told to."""
    return jnp.clip((since - world.delay[burn - 1]) / world.ramp[burn - 1], 0.0, 1.0)


def askew(world: World, axis: Array) -> Array:
    """A commanded nose as the misaligned booster takes it."""
    across = jnp.stack([axis[2], jnp.zeros(()), -axis[0]])
    off = axis + world.misalignment[0] * across + world.misalignment[1] * jnp.cross(axis, across)
    return off / jnp.sqrt(off @ off)


def seen(world: World, state: State) -> State:
    """The state as navigation tells it."""
    return state._replace(
        position=state.position + world.position_error, velocity=state.velocity + world.velocity_error
    )
