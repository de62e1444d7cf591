"""What an order costs the gateway, beside a bare FastAPI endpoint."""
