"""What an account does and has: commands to the engine, and questions to the archive."""
