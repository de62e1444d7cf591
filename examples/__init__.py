"""Programs that use the exchange from outside, to begin your own from."""
