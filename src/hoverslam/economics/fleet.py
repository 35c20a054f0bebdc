"""How long a booster lives: flights per booster built, when a landing may fail and no booster flies for ever."""

from __future__ import annotations

import numpy as np

from hoverslam.economics.launch_cost import Quantity


def expected_flights(survival: Quantity, max_flights: Quantity) -> Quantity:
    """Return the expected flights of a booster, its first included: (1 - q^N)/(1 - q).

    ``survival`` q is the probability that a flown booster can fly again (landed and intact), ``max_flights`` N the
    flight after which it is retired, not necessarily an integer when it is sampled. The sum of the geometric survival
    1 + q + ... + q^(N-1); exactly N at q = 1 and exact to rounding near it. Raises ``ValueError`` outside 0 <= q <=
    1, N >= 1.
    """
    q, n = np.broadcast_arrays(np.asarray(survival, dtype=float), np.asarray(max_flights, dtype=float))
    if not np.all((q >= 0.0) & (q <= 1.0)):
        raise ValueError(f"survival probability must lie in [0, 1], and is {q[~((q >= 0.0) & (q <= 1.0))].flat[0]}")
    if not np.all(n >= 1.0):
        raise ValueError(f"max_flights must be 1 or more, and is {n[~(n >= 1.0)].flat[0]}")
    with np.errstate(divide="ignore", invalid="ignore"):  # log 0 gives the right limit 1; 0/0 is replaced below
        flights = -np.expm1(n * np.log(q)) / (1.0 - q)
    flights = np.clip(np.where(q == 1.0, n, flights), 1.0, n)
    return float(flights) if flights.ndim == 0 else flights
