# Thin aliases; run.py does the work.
PYTHON ?= python3

.PHONY: run test check bench

run:
	$(PYTHON) run.py

test:
	$(PYTHON) run.py test

check:
	$(PYTHON) run.py check

bench:
	$(PYTHON) run.py bench
