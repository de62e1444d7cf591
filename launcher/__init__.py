"""What `start_system.py` does: set up, start a Redis and the services, supervise, stop."""
