"""The words of the register: fields of service, what volunteers can offer, and what they are."""

from __future__ import annotations

from registry.core.i18n import N_

# Fields of service, after paragraphs 19, 21 and 22 of the plan.
FIELDS: dict[str, str] = {
    "rescue": N_("Emergency rescue and first aid"),
    "aid": N_("Humanitarian aid"),
    "blood": N_("Promotion of blood donation"),
    "stem_cells": N_("Stem-cell donation"),
    "ihl": N_("Spreading humanitarian law"),
    "community": N_("Community service"),
    "elderly": N_("Care for the elderly"),
    "youth": N_("Youth"),
    "other": N_("Other service"),
}
# When a volunteer can serve.
AVAILABLE: dict[str, str] = {
    "weekdays": N_("Weekdays"),
    "weekends": N_("Weekends and holidays"),
    "evenings": N_("Evenings"),
    "emergency": N_("Called out in an emergency"),
}
# 登记, 注册, 休整, 停止, 退出.
PERIODS: dict[str, str] = {
    "enrolled": N_("Enrolled volunteer"),
    "registered": N_("Registered volunteer"),
    "leave": N_("On leave"),
    "suspended": N_("Suspended"),
    "left": N_("Left"),
}
# How each is marked on pages.
PERIOD_KINDS: dict[str, str] = {
    "enrolled": "info",
    "registered": "good",
    "leave": "wait",
    "suspended": "bad",
    "left": "off",
}
# Who may serve and be booked for a shift.
SERVING = ("enrolled", "registered")
# What a period can be followed by. Becoming registered takes an application that somebody decides.
FOLLOWING: dict[str, tuple[str, ...]] = {
    "enrolled": ("leave", "suspended", "left"),
    "registered": ("leave", "suspended", "left"),
    "leave": ("enrolled", "registered", "suspended", "left"),
    "suspended": ("enrolled", "registered", "left"),
    "left": ("enrolled",),
}
