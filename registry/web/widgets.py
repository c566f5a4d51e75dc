"""Inputs and selects as HTML. Pages have many of them, and WTForms takes long over each attribute."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from markupsafe import Markup, escape
from wtforms import SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.widgets import DateInput, HiddenInput, TextInput

_INPUTS = (TextInput, DateInput, HiddenInput)


def draw(field: Any, given: Mapping[str, Any]) -> Markup | None:
    """A text, date or hidden input, or a select without groups; None for what WTForms has to draw itself."""
    widget = field.widget
    if type(field) is SelectField:
        options = _options(field)
        if options is not None:
            attributes = _attributes(field, given)
            return Markup(f"<select {attributes}>{options}</select>")  # noqa: S704 - escaped.
    elif type(widget) in _INPUTS and field._datalist is None and field.flags.min is field.flags.max is None:
        value = {"type": widget.input_type, "value": field._value()}
        return Markup(f"<input {_attributes(field, {**value, **given})}>")  # noqa: S704 - escaped.
    return None


def _attributes(field: Any, given: Mapping[str, Any]) -> str:
    """The attributes in their order; True stands alone, False is left out."""
    values: dict[str, Any] = {"id": field.id, "name": field.name}
    for flag, value in vars(field.flags).items():
        if flag in field.widget.validation_attrs:
            values[flag] = value() if callable(value) else value
    for name, value in (*(field.render_kw or {}).items(), *given.items()):
        name = name.rstrip("_")
        values[name.replace("_", "-") if name[:5] in ("data_", "aria_") else name] = value
    return " ".join([_attribute(name, value) for name, value in sorted(values.items()) if value is not False])


def _attribute(name: str, value: Any) -> str:
    if value is True:
        return name
    # Markup may hold quotes, which would end the attribute.
    return f'{name}="{str(escape(value)).replace(chr(34), "&#34;")}"'


def _options(field: Any) -> str | None:
    choices = field.choices
    if not isinstance(choices, list):
        return None
    drawn = []
    for choice in choices:
        if isinstance(choice, SelectChoice):
            if choice.optgroup is not None or choice.render_kw:
                return None
            value, label = choice.value, choice.label
        elif isinstance(choice, tuple) and len(choice) == 2:
            value, label = choice
        else:
            return None
        drawn.append(_option(str(value), str(label or value), field.coerce(value) == field.data))
    return "".join(drawn)


@lru_cache(maxsize=4096)
def _option(value: str, label: str, selected: bool) -> str:
    mark = " selected" if selected else ""
    return f'<option value="{escape(value)}"{mark}>{escape(label)}</option>'
