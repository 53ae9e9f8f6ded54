"""Values of items in words, for screens and paper."""

from cockpit.i18n import _, language
from data.workflow.model import START, FieldType, Workflow
from data.workflow.replay import Event


def field_value(field: FieldType, value: object) -> str:
    """A recorded value: a choice by its name."""
    if field.type == "choice" and value in field.choices:
        return field.choices[str(value)][language()]
    if isinstance(value, dict):  # several units with their areas
        return _(", ").join(value)
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    return str(value)


def step_name(flow: Workflow, event: Event) -> str:
    """What happened, in words; the id of a step that a district has taken out of its file."""
    if event.transition == START:
        return _("Begun")
    step = flow.transitions.get(event.transition)
    return step.name[language()] if step else event.transition
