"""What twice the load that the system can carry does to its memory."""
