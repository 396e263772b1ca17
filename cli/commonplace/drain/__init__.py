"""The drain: from queue entries to commits that a person can read."""
