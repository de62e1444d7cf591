"""What a delivery costs the feed, and what slow readers do to fast ones."""
