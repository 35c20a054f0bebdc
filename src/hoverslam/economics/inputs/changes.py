"""Changes of cost inputs that a user types: ``launches_per_year=20``, ``stage1_unit_cost_MUSD=28``.

Every key is that of a file of cost inputs, with its unit: money ends in ``_MUSD`` or ``_MCNY``. A key of money without a
currency is refused, since files state money in different currencies.
"""

from collections.abc import Mapping, Sequence

from hoverslam.data.errors import did_you_mean
from hoverslam.data.figures import Band
from hoverslam.data.overrides import Overrides, as_number
from hoverslam.economics.inputs.bands import Money, unit_of_input
from hoverslam.economics.inputs.errors import CostQuestionError
from hoverslam.economics.inputs.loading import load_exchange_rate
from hoverslam.economics.inputs.models import CostInputs, name_and_currency

OPTION = "--cost"


def changed_inputs(inputs: CostInputs, changes: Overrides) -> tuple[CostInputs, tuple[str, ...]]:
    """Return cost inputs with changes, and a remark for each new value that lies outside the band of the file.

    Args:
        inputs: The cost inputs of a vehicle.
        changes: New values by key, ``["stage1_unit_cost_MUSD=28"]`` or ``{"stage1_unit_cost_MUSD": 28.0}``.

    Raises:
        CostQuestionError: For a key that the vehicle does not have or that states no unit, for a value that is no number, or
            outside the accepted range; one line each.
    """
    pairs = _pairs(changes)
    wrong = [line for key in pairs if (line := _wrong_key(inputs, key))]
    if wrong:
        raise CostQuestionError("\n".join(wrong))
    changed = inputs.replace(OPTION, **pairs)
    return changed, tuple(note for key in pairs if (note := _outside(inputs, changed, key)))


def _pairs(changes: Overrides) -> dict[str, float]:
    if isinstance(changes, Mapping):
        given: Sequence[tuple[str, object]] = [(str(key), value) for key, value in changes.items()]
    else:
        texts = [changes] if isinstance(changes, str) else changes
        given = [(key.strip(), value.strip()) for key, _, value in (str(text).partition("=") for text in texts)]
    found: dict[str, float] = {}
    for key, value in given:
        number = as_number(value)
        if not isinstance(number, (int, float)) or isinstance(number, bool):
            raise CostQuestionError(f"{OPTION}: {key}={value}: give KEY=NUMBER, as launches_per_year=20")
        if key in found:
            raise CostQuestionError(f"{OPTION}: {key}: given twice: keep one of them")
        found[key] = float(number)
    return found


def _wrong_key(inputs: CostInputs, key: str) -> str:
    """Return what is wrong with a key, in one line; empty if nothing is."""
    name, currency = name_and_currency(key)
    band = inputs.bands().get(name)
    if band is None:
        return f"{OPTION}: {key}: {inputs.vehicle} has no such cost input, {did_you_mean(key, inputs.keys())}"
    if isinstance(band, Money) and currency is None:
        remedy = f"write {key}_MUSD (millions of US dollars) or {key}_MCNY (millions of yuan)"
        return f"{OPTION}: {key}: the key states no unit: {remedy}; the file has {shown_band(name, band)}"
    return ""


def _outside(inputs: CostInputs, changed: CostInputs, key: str) -> str:
    """Return a remark if the new value lies outside the band of the file; empty if it does not."""
    name, _ = name_and_currency(key)
    old, new = inputs.bands()[name], changed.bands()[name]
    value = new.value * _rate(new) / _rate(old)
    if old.low <= value <= old.high:
        return ""
    return (
        f"{OPTION}: {key} = {new.value:g}: outside the band of the cost inputs, {shown_band(name, old)} ({old.source})"
    )


def _rate(band: Band) -> float:
    """Return the factor from the currency of money to CNY; 1 for what is no money."""
    return load_exchange_rate().mode if isinstance(band, Money) and band.currency == "USD" else 1.0


def shown_band(name: str, band: Band) -> str:
    """Return a band with its unit, as ``25 to 37 M USD``."""
    unit = unit_of_input(name, band)
    return f"{band.low:g} to {band.high:g}{'' if unit == '1' else f' {unit}'}"
