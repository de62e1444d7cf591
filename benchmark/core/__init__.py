"""How long the matching core, and the order path around it, take for a message."""
