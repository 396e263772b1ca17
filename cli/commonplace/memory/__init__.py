"""Pages of memory: topics, facts, and the index page."""
