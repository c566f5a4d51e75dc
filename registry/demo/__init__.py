"""Invented data to try the registry with. Nobody here exists."""
