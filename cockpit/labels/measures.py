"""Names of the measures of readings that our metrics use; a district's own measure is shown as it was delivered."""

from cockpit.i18n import _


def measure(name: str) -> str:
    """What a reading measures, in words."""
    return {
        "queue_waiting": _("People waiting"), "queue_wait_min": _("Minutes waited"),
        "resident_pop": _("Residents"), "registered_users": _("Registered users of the platform"),
        "has_5g": _("5G coverage"), "bandwidth_mbps": _("Download rate"), "income_wan": _("Collective income"),
        "debt_wan": _("Debt"), "form_kinds": _("Kinds of forms asked"), "arrears_due_wan": _("Contract fees due"),
        "arrears_paid_wan": _("Contract fees paid"), "households": _("Households"),
        "households_sewered": _("Households on the sewer"), "repeated_fields": _("Fields asked again"),
    }.get(name, name)  # fmt: skip
