"""Largest numbers of samples, flights and processes that are accepted, and the check of a whole number."""

MOST_SAMPLES = 1_000_000
"""Samples of a cost study. Quantiles then scatter by less than 0.2 %."""
MOST_FLIGHTS = 1_000_000
"""Flights of a margin campaign: weeks of computation."""
MOST_BLOCK = 10_000
"""Flights that are flown and saved together: a block is in memory as a whole."""
MOST_PROCESSES = 512
"""Processes at once: each holds a compiled model of about a gigabyte."""


def checked_count(name: str, value: int, least: int, most: int, reason: str) -> int:
    """Return a whole number if it is within its range.

    Args:
        name: What messages call the number.
        value: The number.
        least: Smallest accepted value.
        most: Largest accepted value.
        reason: Why no larger number is accepted.

    Raises:
        ValueError: If it is no whole number, too small or too large; the message names both ends.
    """
    whole = hasattr(value, "__index__") and not isinstance(value, bool)
    if not whole or not least <= value <= most:
        raise ValueError(f"{name} = {value}: must be a whole number from {least:,} to {most:,} ({reason})")
    return int(value)
