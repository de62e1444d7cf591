"""Send a load: each step at its time, whatever became of those before."""
