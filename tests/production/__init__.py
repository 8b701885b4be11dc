"""How things are made."""
