"""From readings to signals: pure functions over explicit state."""
