"""Everything between the program and the terminal: checks, a lenient driver, filters, signals, crash reports.

`checks` and `signals` do not import textual, so that a refusal is instant; `app.SafeApp` combines all modules.
"""
