"""What run.py needs before any package is installed.

It uses the standard library alone, and its annotations are quoted, so that an older Python reads it
and can be told what it lacks.
"""
