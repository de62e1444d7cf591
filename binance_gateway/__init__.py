"""The exchange as Binance Spot speaks: REST, WebSocket API and streams, on one port."""
