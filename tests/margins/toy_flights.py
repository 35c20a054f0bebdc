"""Made-up flights for campaigns: quick, picklable, and different for every sample number."""

import os
import time
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class ToyFlyer:
    """Draws from a generator of its own for each sample; writes each flight's number into ``log`` before it starts."""

    seed: int = 1
    log: str | None = None
    pause: float = 0.0
    bad: int = -1
    version: str = "1"

    @property
    def fingerprint(self):
        return f"toy {self.seed} version {self.version}"

    def __call__(self, numbers):
        if self.log is not None:
            with open(self.log, "a") as log:
                log.write("".join(f"{number}\n" for number in numbers))
        time.sleep(self.pause)
        if self.bad in numbers:
            raise RuntimeError("the toy broke")
        draws = np.array([np.random.default_rng([self.seed, int(n)]).normal(size=4) for n in numbers])
        landed = draws[:, 0] < 1.0
        return {
            "propellant": np.exp(draws[:, 0]),
            "touchdown": draws[:, 1:].reshape(-1, 3),
            "landed": landed,
            "burns": np.arange(len(numbers)) * 0 + numbers % 4,
            "outcome": np.where(landed, "landed", "crashed"),
        }


@dataclass(frozen=True)
class GivesFlyer:
    """Gives whatever it was told to, wrong or right."""

    answer: dict
    fingerprint: str = "gives"

    def __call__(self, numbers):
        return self.answer


@dataclass(frozen=True)
class GrowsFlyer:
    """A column more from sample 10 on, which no fingerprint tells."""

    fingerprint: str = "grows"

    def __call__(self, numbers):
        return {"x": 1.0 * numbers} if numbers[0] < 10 else {"x": 1.0 * numbers, "y": 1.0 * numbers}


class ElsewhereFlyer:
    """Another version on the machine where it is unpickled."""

    def __init__(self, fingerprint="here"):
        self.fingerprint = fingerprint

    def __reduce__(self):
        return ElsewhereFlyer, ("elsewhere",)

    def __call__(self, numbers):
        return {"x": 1.0 * numbers}


class OneProcessFlyer:
    """Counts how often it was unpickled in this process; says by whom it is flown."""

    unpickled = 0
    fingerprint = "one process"

    def __setstate__(self, state):
        OneProcessFlyer.unpickled += 1

    def __getstate__(self):
        return {"nothing": 0}

    def __call__(self, numbers):
        return {"times": np.full(len(numbers), OneProcessFlyer.unpickled), "pid": np.full(len(numbers), os.getpid())}


@dataclass(frozen=True)
class DyingFlyer:
    """Takes its process with it, as native code may."""

    fingerprint: str = "dying"

    def __call__(self, numbers):
        os._exit(1)


class CompiledFlyer:
    """Loops of different lengths, batched by JAX."""

    fingerprint = "compiled"

    def __init__(self):
        import jax  # here, so that the other flyers start quickly in processes of their own
        import jax.numpy as jnp

        import hoverslam.physics  # noqa: F401, for double precision

        def fly(number):
            steps = 20 + number % 7
            return jax.lax.fori_loop(0, steps, lambda i, x: x + 0.1 * jnp.sin(x) * jnp.exp(-x), jnp.cos(1.0 * number))

        self.fly = jax.jit(jax.vmap(fly))

    def __reduce__(self):
        return CompiledFlyer, ()

    def __call__(self, numbers):
        return {"x": self.fly(numbers)}
