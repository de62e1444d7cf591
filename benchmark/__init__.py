"""Measurements: `python -m benchmark` lists them."""
