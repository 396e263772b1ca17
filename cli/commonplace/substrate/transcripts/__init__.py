"""The hosts' session logs, one reader a host."""
