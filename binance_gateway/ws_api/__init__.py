"""The calls over WebSocket: JSON in, JSON out, and what belongs to a connection.

A frame becomes parameters as REST has them, as text; from there on the calls are the same.
"""
