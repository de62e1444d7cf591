"""Kill everything again and again under load, then count what was lost or matched twice."""
