"""The stage of a course, derived from its state, its dates and its certificates."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from registry.core.i18n import N_


class Stage(StrEnum):
    """Where a course stands."""

    ENROLLING = "enrolling"  # Open, before its first day.
    RUNNING = "running"  # Open, on one of its days.
    ASSESSING = "assessing"  # Open, its days are over: results are due.
    CLOSED = "closed"  # Results are frozen.
    CERTIFIED = "certified"  # Closed, and certificates were issued.
    CANCELLED = "cancelled"

    @property
    def label(self) -> str:
        """The English name, marked for translation."""
        return STAGE_LABELS[self]


STAGE_LABELS = {
    Stage.ENROLLING: N_("Enrolling"),
    Stage.RUNNING: N_("Running"),
    Stage.ASSESSING: N_("Assessing"),
    Stage.CLOSED: N_("Closed"),
    Stage.CERTIFIED: N_("Certified"),
    Stage.CANCELLED: N_("Cancelled"),
}


# How a page marks a stage: good, wait, info or off.
STAGE_KINDS = {
    Stage.ENROLLING: "info",
    Stage.RUNNING: "wait",
    Stage.ASSESSING: "wait",
    Stage.CLOSED: "info",
    Stage.CERTIFIED: "good",
    Stage.CANCELLED: "off",
}


def stage_of(state: str, starts_on: date, ends_on: date, certified: bool, today: date) -> Stage:
    """The stage on a day; `certified` tells whether a certificate was issued from the course."""
    if state == "cancelled":
        return Stage.CANCELLED
    if state == "closed":
        return Stage.CERTIFIED if certified else Stage.CLOSED
    if today < starts_on:
        return Stage.ENROLLING
    return Stage.RUNNING if today <= ends_on else Stage.ASSESSING
