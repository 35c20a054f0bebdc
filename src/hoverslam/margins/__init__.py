"""Propellant margins: dispersed, guided recoveries, and the reserve they need."""
