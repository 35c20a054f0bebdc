"""Reads the data files of the economics and words every mistake in them as one line: file, key, value, remedy.

A key of money ends in its currency (``stage1_unit_cost_MCNY``). The reader takes the ending off and keeps it as a field of
the band, so that the model has one name for one quantity. Files that come with the package are read once.
"""

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from hoverslam.data.errors import Mistake, did_you_mean, shown, suggestion
from hoverslam.data.files import file_names
from hoverslam.data.reading import complaints, read_entries, read_toml
from hoverslam.economics.inputs.bands import ENDINGS
from hoverslam.economics.inputs.errors import CostInputError, CostQuestionError
from hoverslam.economics.inputs.models import GROUPS, MONEY_FIELDS, CostInputs, ExchangeRate, LandingRecord
from hoverslam.economics.inputs.price import ListPrice, Tender

DATA = Path(__file__).parent / "files"


def cost_vehicles() -> tuple[str, ...]:
    """Return the names of the vehicles whose cost inputs come with the package."""
    return tuple(file_names(DATA / "vehicles"))


@functools.cache
def load_cost_inputs(vehicle: str) -> CostInputs:
    """Return the cost inputs of a vehicle that comes with the package.

    Raises:
        CostQuestionError: For a vehicle without a file.
        CostInputError: For a file with mistakes.
    """
    if vehicle not in cost_vehicles():
        raise CostQuestionError(f"no cost inputs for vehicle {vehicle!r}; {suggestion(vehicle, cost_vehicles())}")
    return read_cost_inputs(DATA / "vehicles" / f"{vehicle}.toml")


def read_cost_inputs(path: Path | str) -> CostInputs:
    """Return the cost inputs of one vehicle from a TOML file.

    Raises:
        CostInputError: If the file cannot be read or has mistakes, with one line for each.
    """
    path = Path(path)
    data, written, found = _split_currencies(read_toml(path, path.name, CostInputError))
    inputs: CostInputs | None = None
    try:
        inputs = CostInputs.model_validate(data)
    except ValidationError as error:
        found += [_as_written(mistake, written) for mistake in complaints(error, CostInputs)]
    if inputs is None or found:
        raise CostInputError([mistake.line(path.name) for mistake in found])
    return inputs


@functools.cache
def load_exchange_rate() -> ExchangeRate:
    """Return the dated exchange rate (CNY per USD) that comes with the package."""
    return read_entries(ExchangeRate, DATA / "exchange.toml", error=CostInputError)["cny_per_usd"]


@functools.cache
def load_landing_records() -> Mapping[str, LandingRecord]:
    """Return the landing records that come with the package, by key."""
    return read_entries(LandingRecord, DATA / "records.toml", error=CostInputError)


def landing_record(key: str) -> LandingRecord:
    """Return one landing record.

    Raises:
        CostQuestionError: For a key that is not in the file.
    """
    records = load_landing_records()
    if key not in records:
        raise CostQuestionError(f"no landing record {key!r}; {suggestion(key, records)}")
    return records[key]


@functools.cache
def load_list_prices() -> Mapping[str, ListPrice]:
    """Return the published list prices that come with the package, by key."""
    return read_entries(ListPrice, DATA / "prices.toml", "list_price", CostInputError)


@functools.cache
def load_tenders() -> Mapping[str, Tender]:
    """Return the launch tenders that come with the package, by key."""
    return read_entries(Tender, DATA / "prices.toml", "tender", CostInputError)


def _split_currencies(content: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str], list[Mistake]]:
    """Take the currencies off the keys of a file.

    Returns:
        The content with the names of the fields as keys; the key as the file states it for each field of money; and the
        mistakes in the keys.
    """
    data, written, found = dict(content), dict[str, str](), list[Mistake]()
    for group, model in GROUPS.items():
        if not isinstance(content.get(group), dict):
            continue
        money, fields = MONEY_FIELDS[group], dict[str, Any]()
        known = [f"{name}_MCNY" if name in money else name for name in model.model_fields]
        for key, value in content[group].items():
            name, currency = key[:-5], ENDINGS.get(key[-5:])
            if key in money:
                found.append(
                    Mistake(f"{group}.{key}", "", f"the key names no currency: write {key}_MCNY or {key}_MUSD")
                )
                name, currency = key, "CNY"  # the file is refused in any case, and its other mistakes are still found
            if name in money and currency is not None:
                if name in fields:
                    found.append(Mistake(f"{group}.{key}", "", "given in two currencies: keep one of them"))
                fields[name] = value | {"currency": currency} if isinstance(value, dict) else value
                written[f"{group}.{name}"] = f"{group}.{key}"
            elif key in model.model_fields:
                fields[key] = value
            else:
                found.append(Mistake(f"{group}.{key}", shown(value), f"unknown key, {did_you_mean(key, known)}"))
        data[group] = fields
    return data, written, found


def _as_written(mistake: Mistake, written: Mapping[str, str]) -> Mistake:
    """Return a mistake with the key of money as the file states it, or as it should."""
    group, _, rest = mistake.key.partition(".")
    name, dot, below = rest.partition(".")
    if name not in MONEY_FIELDS.get(group, ()):
        return mistake
    if mistake.value == "missing" and not dot:
        fix = mistake.fix.replace(f"add {name} =", f"add {name}_MCNY =").replace("(no unit)", "(M CNY; or _MUSD)")
        return Mistake(f"{mistake.key}_MCNY", mistake.value, fix)
    return mistake._replace(key=written[f"{group}.{name}"] + dot + below)
