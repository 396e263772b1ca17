"""Purging: what was forgotten is taken out of the repository's whole history, which is written anew.

`mask` says what is replaced, `objects` reads and writes git's objects in bulk, `rewriting` makes the new
history beside the old one, `moving` puts it in the old one's place,
`traces` are the copies outside git, `run` does all of it in order.
"""
