"""Every measurement once, with short settings."""
