"""The doors for machines."""
