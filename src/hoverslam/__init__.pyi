from . import ocp, physics
from .data.figures import Figure
from .flights.craft.lander import Lander
from .flights.craft.rigid_lander import RigidLander
from .flights.hop.case import HopLimits, Hopper
from .flights.hop.events import HopEvents
from .flights.hop.flight import HopFlight
from .flights.hop.result import EventFlown, HopResult, Unknown
from .flights.hop.solve import Hop
from .flights.inference.infer import infer
from .flights.inference.result import Inference
from .flights.landing.case import Gate, LandingLimits, LandingStart
from .flights.landing.footprint.edge import footprint_edge
from .flights.landing.footprint.footprint import Footprint
from .flights.landing.footprint.search import footprint
from .flights.landing.footprint.site_map import FootprintEdge, SiteOutcome
from .flights.landing.glide import glide
from .flights.landing.limits import LandingLimit
from .flights.landing.result import Alternative, LandingOutcome, LandingResult
from .flights.landing.solve import Landing
from .flights.launch.falling.drop_zones import DropZones, drop_zones
from .flights.launch.falling.zone import DropZone, OrbitingBody
from .flights.launch.limits import LaunchLimit
from .flights.launch.result import LaunchResult
from .flights.launch.slopes import PayloadSlopes, payload_slopes
from .flights.launch.solve import solve_launch
from .flights.observed.calibration import Calibration, calibrate
from .flights.observed.prediction import LeaveOneOut, Prediction, leave_one_out
from .flights.observed.reconstruction import Reconstruction, reconstruct
from .flights.observed.telemetry import Telemetry, load_telemetry
from .flights.observed.trace_files import TelemetryError
from .flights.outcome.limits_reached import LimitReached, limits_reached, limits_table
from .margins.study.margin import MarginStudy, study_margin
from .studies.comparison.compare import Comparison, compare
from .studies.constellations.demand import Demand, demand
from .studies.costs.study import FlownCostStudy, study_cost
from .studies.outcome import Outcome, outcome_of
from .studies.scripts import print_launch, run_script
from .studies.sweeps.changes import SweepError
from .studies.sweeps.points import FigurePoint, FigureSweep
from .studies.sweeps.sweep import sweep
from .studies.validation import Validation, validate
from .vehicles.errors import VehicleError
from .vehicles.loading import check_file, figure_rows, list_vehicles, load_vehicle
from .vehicles.missions import Mission, list_missions, load_mission
from .vehicles.models import Vehicle
from .vehicles.places import Orbit, Site, list_orbits, list_sites, load_orbit, load_site
from .vehicles.sun_synchronous import sun_synchronous_inclination

__version__: str

__all__ = [
    "Alternative",
    "Calibration",
    "Comparison",
    "Demand",
    "DropZone",
    "DropZones",
    "EventFlown",
    "Figure",
    "FigurePoint",
    "FigureSweep",
    "FlownCostStudy",
    "Footprint",
    "FootprintEdge",
    "Gate",
    "Hop",
    "HopEvents",
    "HopFlight",
    "HopLimits",
    "HopResult",
    "Hopper",
    "Inference",
    "Lander",
    "Landing",
    "LandingLimit",
    "LandingLimits",
    "LandingOutcome",
    "LandingResult",
    "LandingStart",
    "LaunchLimit",
    "LaunchResult",
    "LeaveOneOut",
    "LimitReached",
    "MarginStudy",
    "Mission",
    "Orbit",
    "OrbitingBody",
    "Outcome",
    "PayloadSlopes",
    "Prediction",
    "Reconstruction",
    "RigidLander",
    "Site",
    "SiteOutcome",
    "SweepError",
    "Telemetry",
    "TelemetryError",
    "Unknown",
    "Validation",
    "Vehicle",
    "VehicleError",
    "calibrate",
    "check_file",
    "compare",
    "demand",
    "drop_zones",
    "figure_rows",
    "footprint",
    "footprint_edge",
    "glide",
    "infer",
    "leave_one_out",
    "limits_reached",
    "limits_table",
    "list_missions",
    "list_orbits",
    "list_sites",
    "list_vehicles",
    "load_mission",
    "load_orbit",
    "load_site",
    "load_telemetry",
    "load_vehicle",
    "ocp",
    "outcome_of",
    "payload_slopes",
    "physics",
    "print_launch",
    "reconstruct",
    "run_script",
    "solve_launch",
    "study_cost",
    "study_margin",
    "sun_synchronous_inclination",
    "sweep",
    "validate",
]
