"""Translation, pure: each table of Binance's documents is one file that reads like it."""
