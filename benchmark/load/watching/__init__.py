"""Watch what the streams, the figures and the processes say of a load while it runs."""
