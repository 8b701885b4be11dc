"""Customer orders and their shipments."""
