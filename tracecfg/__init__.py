"""Decide which kernel subsystems can be traced: at build time, at boot and at run time."""

__version__ = "0.1.0"
