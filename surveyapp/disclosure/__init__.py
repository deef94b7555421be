"""What answers give away about people, and what can be done about it: pure computations."""
