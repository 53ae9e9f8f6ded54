"""Assessments of areas, and objections to them."""
