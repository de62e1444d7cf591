"""What `start_system.py` does: set up, start a Redis and the services, supervise, stop.

The entries import only the standard library until `bootstrap.ensure_environment` has run; what
they reach by then (python_version, bootstrap, environment, installation, toolchain, file_lock,
command_line, errors) does so too.
"""
