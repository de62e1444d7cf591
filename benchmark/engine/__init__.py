"""From the list to the published fill."""
