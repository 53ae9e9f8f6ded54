"""The refusals of the API itself: one class a status."""

import math
from collections.abc import Mapping
from typing import Self

from cockpit.errors import CockpitError


class ApiError(CockpitError):
    """An answer that is not the one asked for. headers: sent with it."""

    status = 400
    headers: Mapping[str, str] = {}

    def sent_with(self, headers: Mapping[str, str]) -> Self:
        """The same error, answered with headers."""
        self.headers = headers
        return self


class BadRequest(ApiError):
    """The request makes no sense."""


class Unauthorized(ApiError):
    """No session, or the token is invalid."""

    status = 401


class Forbidden(ApiError):
    """Outside of what the caller may do."""

    status = 403


class NotFound(ApiError):
    """There is no such thing, or the caller may not see it."""

    status = 404


class BodyTimeout(ApiError):
    """The body came too slowly."""

    status = 408


class Conflicting(ApiError):
    """It contradicts what is there."""

    status = 409


class ContentTooLarge(ApiError):
    """More bytes or rows than are taken."""

    status = 413


class UnsupportedContent(ApiError):
    """A kind of content that is not taken."""

    status = 415


class UnknownParameter(ApiError):
    """A parameter that the path does not have."""

    status = 422


class TooOften(ApiError):
    """More than the caller may do at this time."""

    status = 429

    def again_in(self, seconds: float) -> Self:
        """The same error, telling when to try again."""
        return self.sent_with({"Retry-After": str(math.ceil(seconds))})


class Stopping(ApiError):
    """The server is being stopped."""

    status = 503
