"""Recorded order flow through the core, or through the whole system."""
