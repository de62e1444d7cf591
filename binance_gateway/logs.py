"""What every log line of this service carries."""

SERVICE = "binance_gateway"
