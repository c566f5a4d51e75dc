"""One entry per indicator: the counting rule in words and as one SELECT."""

from __future__ import annotations

from registry.indicators.definitions.common import PLAN_STARTS_ON
from registry.indicators.definitions.rescuers import RESCUERS_FIRST, RESCUERS_VALID
from registry.indicators.definitions.volunteers import (
    SERVICE_HOURS,
    SERVICE_PERSON_TIMES,
    VOLUNTEERS_ACTIVE,
    VOLUNTEERS_ENROLLED,
    VOLUNTEERS_REGISTERED,
)
from registry.indicators.indicator import Indicator

__all__ = ["INDICATORS", "PLAN_STARTS_ON"]

INDICATORS: dict[str, Indicator] = {
    indicator.code: indicator
    for indicator in (
        RESCUERS_FIRST,
        RESCUERS_VALID,
        VOLUNTEERS_REGISTERED,
        VOLUNTEERS_ENROLLED,
        VOLUNTEERS_ACTIVE,
        SERVICE_PERSON_TIMES,
        SERVICE_HOURS,
    )
}
