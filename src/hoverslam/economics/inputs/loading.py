"""Reads the data files of this room and turns every mistake in them into one line that says where it is.

A key of money ends in its currency (``stage1_unit_cost_MCNY``); the ending is taken off here and becomes a field of the
band, so that the rest of the room sees one name for one quantity. Files inside the package are read once.
"""

from __future__ import annotations

import difflib
import functools
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from hoverslam.economics.inputs.errors import CostInputError, CostQuestionError
from hoverslam.economics.inputs.models import (
    GROUPS,
    MONEY_FIELDS,
    Band,
    CostInputs,
    ExchangeRate,
    LandingRecord,
)
from hoverslam.economics.inputs.price import ListPrice, Tender

DATA = Path(__file__).parent / "files"
ENDINGS = {"_MCNY": "CNY", "_MUSD": "USD"}
Model = TypeVar("Model", bound=BaseModel)


def cost_vehicles() -> tuple[str, ...]:
    """Return the names of the vehicles whose cost inputs come with the package."""
    return tuple(sorted(path.stem for path in (DATA / "vehicles").glob("*.toml")))


@functools.cache
def load_cost_inputs(vehicle: str) -> CostInputs:
    """Return the cost inputs of a vehicle that comes with the package.

    Raises ``CostQuestionError`` for a vehicle without a file, ``CostInputError`` for a file with mistakes.
    """
    if vehicle not in cost_vehicles():
        raise CostQuestionError(f"no cost inputs for vehicle {vehicle!r}; there are {', '.join(cost_vehicles())}")
    return read_cost_inputs(DATA / "vehicles" / f"{vehicle}.toml")


def read_cost_inputs(path: Path | str) -> CostInputs:
    """Read and check one vehicle's cost inputs from a TOML file.

    Raises ``CostInputError`` with one line for each mistake.
    """
    path = Path(path)
    data, written, mistakes = _split_currencies(read_table(path), path.name)
    inputs: CostInputs | None = None
    try:
        inputs = CostInputs.model_validate(data)
    except ValidationError as error:
        mistakes += _lines(error, path.name, written, CostInputs)
    if inputs is None or mistakes:
        raise CostInputError(mistakes)
    return inputs


@functools.cache
def load_exchange_rate() -> ExchangeRate:
    """Return the dated exchange rate (CNY per USD) that comes with the package."""
    path = DATA / "exchange.toml"
    return validated(ExchangeRate, read_table(path).get("cny_per_usd", {}), path.name, "cny_per_usd")


@functools.cache
def load_landing_records() -> Mapping[str, LandingRecord]:
    """Return the landing records that come with the package, by key."""
    return read_entries(LandingRecord, DATA / "records.toml")


def landing_record(key: str) -> LandingRecord:
    """Return one landing record. Raises ``CostQuestionError`` for a key that is not in the file."""
    records = load_landing_records()
    if key not in records:
        raise CostQuestionError(f"no landing record {key!r}; there are {', '.join(records)}")
    return records[key]


@functools.cache
def load_list_prices() -> Mapping[str, ListPrice]:
    """Return the published list prices that come with the package, by key."""
    return read_entries(ListPrice, DATA / "prices.toml", "list_price")


@functools.cache
def load_tenders() -> Mapping[str, Tender]:
    """Return the launch tenders that come with the package, by key."""
    return read_entries(Tender, DATA / "prices.toml", "tender")


def read_table(path: Path) -> dict[str, Any]:
    """Return a TOML file as it is. Raises ``CostInputError`` for one that cannot be read or is no TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise CostInputError([f"{path.name}: not TOML: {error}; mend the syntax there"]) from error
    except OSError as error:
        raise CostInputError([f"{path.name}: cannot be read: {error.strerror}; check the path {path}"]) from error


def read_entries(model: type[Model], path: Path, table: str = "") -> dict[str, Model]:
    """Return the entries of a file, or of one table in it, each checked against ``model``."""
    entries = read_table(path).get(table, {}) if table else read_table(path)
    prefix = f"{table}." if table else ""
    return {key: validated(model, entry, path.name, prefix + key) for key, entry in entries.items()}


def validated(model: type[Model], data: Mapping[str, Any], file: str, key: str) -> Model:
    """Return checked data. Raises ``CostInputError`` with one line a mistake: ``file``, ``key`` and what follows it."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise CostInputError(_lines(error, file, {}, model, key)) from error


def _split_currencies(raw: dict[str, Any], file: str) -> tuple[dict[str, Any], dict[str, str], list[str]]:
    """Take the currency off the keys of money. Return the data, the key as written for each field, and the mistakes."""
    data, written, mistakes = dict(raw), {}, []
    for group, money in MONEY_FIELDS.items():
        if not isinstance(raw.get(group), dict):
            continue
        fields: dict[str, Any] = {}
        for key, value in raw[group].items():
            name, currency = key[:-5], ENDINGS.get(key[-5:])
            if key in money:
                mistakes.append(f"{file}: {group}.{key}: the key names no currency; write {key}_MCNY or {key}_MUSD")
                currency, name = "CNY", key  # any currency: the file is refused, and its other mistakes still show
            if name not in money or currency is None:
                fields[key] = value
            elif name in fields:
                mistakes.append(f"{file}: {group}.{key}: given in two currencies; keep one of them")
            else:
                fields[name] = value | {"currency": currency} if isinstance(value, dict) else value
                written[f"{group}.{name}"] = f"{group}.{key}"
        data[group] = fields
    return data, written, mistakes


def _lines(
    error: ValidationError, file: str, written: Mapping[str, str], top: type[BaseModel], at: str = ""
) -> list[str]:
    """Return one line for each mistake that pydantic found: file, key, value, what is wrong; how to mend it."""
    lines = []
    for item in error.errors():
        parts = [str(part) for part in item["loc"]]
        head = ".".join(parts[:2])
        key = ".".join([at] * bool(at) + [written.get(head, head)] * bool(head) + parts[2:])
        if item["type"] == "missing":
            lines.append(f"{file}: {_money_key(parts, key)}: missing; {_how_to_add(parts)}")
        elif item["type"] == "extra_forbidden":
            lines.append(f"{file}: {key}: unknown key; {_nearest(parts, top)}")
        else:
            text = item["msg"].removeprefix("Value error, ")
            problem = text if ";" in text else f"{text[0].lower()}{text[1:]}; correct the value"
            lines.append(f"{file}: {key or 'file'}{_shown(item['input'])}: {problem}")
    return lines


def _shown(value: object) -> str:
    """Return " = value" for a plain value; a table's own message already names its numbers."""
    return "" if isinstance(value, (dict, BaseModel)) else f" = {value!r}"


def _money_key(parts: list[str], key: str) -> str:
    is_money = len(parts) == 2 and parts[1] in MONEY_FIELDS.get(parts[0], ())
    return f"{key}_MCNY" if is_money else key


def _how_to_add(parts: list[str]) -> str:
    if parts[-1] == "source":
        return "name author or publisher, and date"
    if len(parts) == 2 and parts[0] in ("cost", "operations", "price"):
        return "add a table with low, mode, high, status, source"
    return "add it"


def _nearest(parts: list[str], top: type[BaseModel]) -> str:
    """Return the known key nearest to an unknown one, or all of them."""
    group = GROUPS.get(parts[0]) if len(parts) > 1 else top
    model: type[BaseModel] = Band if len(parts) > 2 or group is None else group
    known = list(model.model_fields)
    if len(parts) == 2:
        known = [f"{name}_MCNY" if name in MONEY_FIELDS.get(parts[0], ()) else name for name in known]
    close = difflib.get_close_matches(parts[-1], known, 1)
    return f"did you mean {close[0]}?" if close else f"remove it; the known keys are {', '.join(known)}"
