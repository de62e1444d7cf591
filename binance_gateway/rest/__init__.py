"""Calls over HTTP: forms in, JSON out."""
