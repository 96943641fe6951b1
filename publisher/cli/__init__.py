"""The command line: reads what was typed, calls one function, prints, and ends with a status."""
