"""Recall: what is in memory and in the logs, on request, ranked, within a budget."""
