"""The feed: follows the engine's channels and tells everyone, by WebSocket and by REST."""
