"""The registry as its users meet it: in a browser, with clicks, keys, page loads and bytes counted."""
