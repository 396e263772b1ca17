"""The verbs, one a file: options in, one call of the domain, the answer out."""
