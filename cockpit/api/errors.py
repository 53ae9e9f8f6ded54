"""Errors of the API: one class per status."""

import math
from collections.abc import Mapping
from typing import Self

from cockpit.errors import CockpitError


class ApiError(CockpitError):
    """An error response. headers: sent with it."""

    status = 400
    headers: Mapping[str, str] = {}

    def sent_with(self, headers: Mapping[str, str]) -> Self:
        """The same error, answered with headers."""
        self.headers = headers
        return self


class BadRequest(ApiError):
    """The request is malformed."""


class Unauthorized(ApiError):
    """No session, or the token is invalid."""

    status = 401


class Forbidden(ApiError):
    """The caller lacks the right."""

    status = 403


class NotFound(ApiError):
    """No such resource, or the caller may not see it."""

    status = 404


class BodyTimeout(ApiError):
    """The body arrived too slowly."""

    status = 408


class Conflicting(ApiError):
    """The request conflicts with the stored state."""

    status = 409


class ContentTooLarge(ApiError):
    """The body has more bytes or rows than allowed."""

    status = 413


class UnsupportedContent(ApiError):
    """An unsupported content type."""

    status = 415


class UnknownParameter(ApiError):
    """An unknown parameter."""

    status = 422


class TooOften(ApiError):
    """The caller's rate limit is exceeded."""

    status = 429

    def again_in(self, seconds: float) -> Self:
        """The same error with a Retry-After header."""
        return self.sent_with({"Retry-After": str(math.ceil(seconds))})


class Stopping(ApiError):
    """The server is being stopped."""

    status = 503
