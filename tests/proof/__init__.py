"""Proofs of the promises: random streams, faults at every statement, races, what the database itself refuses."""
