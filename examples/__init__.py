"""Programs that use the exchange as a stranger would, to begin one's own from."""
