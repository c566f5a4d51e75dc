"""Times of jobs that are compared: taken in turn in one run, so that what disturbs one disturbs all."""

from __future__ import annotations

import gc
import importlib
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from statistics import median
from typing import Any

# Job, ratio to its baseline, and the limit of the ratio.
Result = tuple[str, float, float]


def measure(name: str) -> list[Result]:
    """What one module of this package measures."""
    print(f"{name} …", flush=True)
    results: list[Result] = importlib.import_module(f"bench.{name}").run()
    return results


def measure_each(names: Sequence[str]) -> list[Result]:
    """What these modules measure, each in a process of its own: what one leaves in memory would weigh on the
    next."""
    with ProcessPoolExecutor(1, get_context("spawn"), max_tasks_per_child=1) as processes:
        return [result for results in processes.map(measure, names) for result in results]


def medians(
    jobs: Sequence[Callable[[], Any]], rounds: int, before: Callable[[], Any] = lambda: None
) -> list[float]:
    """The median seconds of each job over so many rounds; `before` each job is not measured."""
    seconds: list[list[float]] = [[] for _job in jobs]
    for _round in range(rounds):
        for job, taken in zip(jobs, seconds, strict=True):
            before()
            gc.collect()
            began = time.perf_counter()
            job()
            taken.append(time.perf_counter() - began)
    return [median(taken) for taken in seconds]
