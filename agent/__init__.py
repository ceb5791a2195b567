"""A video-call support agent that sees and hears."""

__version__ = "0.1.0"
