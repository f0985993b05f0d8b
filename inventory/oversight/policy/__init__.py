"""Policy as it is governed: its documents and their reviews, changes by two people, what was in force when."""
