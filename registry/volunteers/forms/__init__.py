"""Forms of the register of volunteers."""
