"""A load on a whole system: orders at their scheduled times, and what came of them."""
