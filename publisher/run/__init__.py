"""The engine that does what is due, and what wakes it."""
