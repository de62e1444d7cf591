"""The trading page before recorded flow."""
