"""Equality monitoring: what persons declared of themselves, kept apart, and figures that are about nobody.

One rule for the editor: nothing in this package returns, logs or writes down a row about one person; only `cutting`
decides what may be told.
"""
