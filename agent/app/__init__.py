"""Wires the rooms into a server, a command line and calls."""
