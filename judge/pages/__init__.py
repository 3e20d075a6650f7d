"""What is served on loopback: the page on which people rate."""
