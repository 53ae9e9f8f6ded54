"""What the API answers when it does not answer: one line in `detail`, whatever went wrong."""

import errno
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from data.desk.errors import DeskError, Refused
from data.errors import DataError, TooMany, TooSlow, Unavailable
from metrics.errors import MetricsError
from metrics.scope import OutOfScope

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
RETRY_SECONDS = 5


class Fault(BaseModel):
    """Why there is no answer, for a person to read."""

    detail: str = Field(description="what is wrong, where, and what to do", examples=["there is no metric backlogg"])


Documented = dict[int | str, dict[str, Any]]


def fault(status: int, description: str, **headers: str) -> Documented:
    """One status of the document."""
    told: dict[str, Any] = {"model": Fault, "description": description}
    if headers:
        kinds = {"Retry-After": "integer"}
        told["headers"] = {
            name.replace("_", "-"): {
                "description": text, "schema": {"type": kinds.get(name.replace("_", "-"), "string")},
            }
            for name, text in headers.items()
        }  # fmt: skip
    return {str(status): told}


FAULTS: Documented = {
    **fault(400, "the question makes no sense; `detail` says what would"),
    **fault(401, "nobody is signed in, or the token does not hold"),
    **fault(403, "outside of what the caller may see or do"),
    **fault(404, "there is no such thing"),
    **fault(422, "a parameter is missing or is not what it should be"),
    **fault(429, "too many questions of this caller, or too many wrong tokens", Retry_After="seconds to wait"),
    **fault(504, "the question took too long and was stopped: ask for a smaller area or a shorter period"),
    **fault(503, "nothing is published, or store, desk or disk do not answer", Retry_After="seconds to wait"),
}


def install(api: FastAPI) -> None:
    """Turn what the layers below raise into answers."""

    @api.exception_handler(MetricsError)
    async def _unanswerable(request: Request, error: MetricsError) -> JSONResponse:
        return answer(403 if isinstance(error, OutOfScope) else 400, str(error))

    @api.exception_handler(DataError)
    async def _unavailable(request: Request, error: DataError) -> JSONResponse:
        if isinstance(error, TooSlow):
            return answer(504, str(error))
        if isinstance(error, TooMany):
            return answer(429, str(error))
        if isinstance(error, Refused):
            return answer(400, str(error))
        return answer(503 if isinstance(error, (DeskError, Unavailable)) else 404, str(error))

    @api.exception_handler(OSError)
    async def _no_room(request: Request, error: OSError) -> JSONResponse:
        if error.errno not in NO_ROOM:
            raise error
        return answer(503, "the disk of the server is full: whoever runs it frees some space")

    @api.exception_handler(RequestValidationError)
    async def _invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        return answer(422, "; ".join(f"{'.'.join(map(str, f['loc'][1:]))}: {f['msg']}" for f in error.errors()))


def answer(status: int, detail: str) -> JSONResponse:
    headers = {"Retry-After": str(RETRY_SECONDS)} if status in (429, 503) else None
    return JSONResponse({"detail": detail}, status, headers)
