"""The forms of this register."""
