"""A year of the demo force in bulk: about 450,000 draws and four million movements, and a day of it played for real.

One rule for the editor: `plan` says who draws what and when, and reads no database; `rows` writes that into a database
marked synthetic; `replay` does one day of it through the gate, act by act. The two must agree.
"""
