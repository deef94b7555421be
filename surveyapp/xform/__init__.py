"""A published XForm understood: what it asks, of which type, with which rules."""
