"""What may be asked: one function a call; REST and the WebSocket API are transports of the same."""
