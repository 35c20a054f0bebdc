"""What a vehicle file leaves out although the payload depends on it, and what is assumed in its place, for the reader."""

from hoverslam.vehicles.models import Vehicle


def unstated(vehicle: Vehicle, recovery: str) -> tuple[str, ...]:
    """Return one remark for each figure that a vehicle file does not state and whose lack can make an answer too good.

    Args:
        vehicle: The vehicle.
        recovery: Recovery mode.
    """
    home, limits = vehicle.recovery, vehicle.limits
    missing = {
        "payload.adapter_kg: the adapter has no mass, and the payload includes it": vehicle.payload is None,
        "limits.free_molecular_heating_max_W_m2: the fairing may be released early": (
            limits.free_molecular_heating_max_W_m2 is None and vehicle.fairing is not None
        ),
    }
    if home is not None and recovery == "expendable":
        missing["recovery.expendable_dry_mass_saving_t: the recovery hardware flies along"] = (
            home.expendable_dry_mass_saving_t is None and bool(home.modes)
        )
    elif home is not None:
        missing |= {
            "recovery.heating_max_kW_m2: nothing limits the heating on the way down": home.heating_max_kW_m2 is None,
            "recovery.expendable_dry_mass_saving_t: the expendable twin keeps the recovery hardware": (
                home.expendable_dry_mass_saving_t is None
            ),
        }
    return tuple(f"{vehicle.name} does not state {text}" for text, applies in missing.items() if applies)
