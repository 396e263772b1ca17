"""The audit: whether history adds up, and a report of who changed what, when and why."""
