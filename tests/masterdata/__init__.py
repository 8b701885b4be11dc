"""Masters: what they are, and what of them may still change."""
