"""The roles that can be granted. Light to import: settings and the command line name them too."""

BUSINESS = ("leader", "official", "cadre", "inspector", "data_officer")
ADMINISTRATORS = ("system_admin", "security_admin", "audit_admin")
ROLES = (*BUSINESS, *ADMINISTRATORS)
