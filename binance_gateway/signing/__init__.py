"""Who signs, with what, over which bytes, and at what time."""
