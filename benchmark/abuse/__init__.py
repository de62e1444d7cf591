"""What a stranger or a hog costs ordinary traders: their latency beside each attack."""
