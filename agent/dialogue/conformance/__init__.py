"""Plays scripted calls against any reply engine and says which parts of the protocol hold."""
