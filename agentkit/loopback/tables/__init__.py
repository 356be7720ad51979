"""What the platform's documents may hold, as data."""
