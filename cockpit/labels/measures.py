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
        "prefilled_fields": _("Fields filled in ahead"), "tickets_booked": _("Tickets booked ahead"),
        "service_station": _("Service station"), "petition_households": _("Petitioning households"),
        "secretary_fulltime": _("Full-time secretary"),
        "secretary_years": _("Years of the secretary"), "digital_tier": _("Tier as digital village"),
        "cameras": _("Cameras"), "cameras_online": _("Cameras online"), "survey_valid": _("Valid answers"),
        "survey_aware": _("Answers aware of the campaign"), "survey_support": _("Answers in support"),
        "survey_joined": _("Answers that took part"), "cloud_cpu": _("Processors of the cloud"),
        "cloud_cpu_used": _("Processors used"), "cloud_memory": _("Memory of the cloud"),
        "cloud_memory_used": _("Memory used"), "cloud_storage": _("Storage of the cloud"),
        "cloud_storage_used": _("Storage used"), "alert_on_time": _("Alert handled in time"),
        "alert_valid": _("Alert not called false"), "approval_hours": _("Hours to decision"),
    }.get(name, name)  # fmt: skip
