"""Names of HTTP headers that both sides of a connection have to know."""

IDEMPOTENCY_HEADER = "Idempotency-Key"
"""Names a change, so that it can be sent again: one key of an account is one command."""
