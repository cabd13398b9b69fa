"""Broadcasts on the air: who publishes, what viewers wait for."""
