"""What the hosts' session logs already know: turns, corrections and their premises."""
