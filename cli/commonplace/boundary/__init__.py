"""What a boundary does: the session registry, the backstop, the start of a drain (standard library only)."""
