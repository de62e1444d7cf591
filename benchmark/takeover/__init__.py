"""How long orders wait while a standby takes the place of the engine that died."""
