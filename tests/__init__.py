"""The tests, room by room like the code."""
