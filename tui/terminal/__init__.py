"""What stands between the program and the terminal: checks, a lenient driver, filters, signals, crashes.

`checks` and `signals` do without textual, so that a refusal is instant; `app.SafeApp` puts all of it together.
"""
