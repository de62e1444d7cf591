"""The matching process: takes orders from the list, matches them, commits and publishes."""
