"""Error responses of the API: one line in `detail`, a code for programs, and its parameters."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from cockpit.api.errors import ApiError
from data.desk.errors import DeskError, Refused
from data.errors import DataError, Problem, TooMany, TooSlow, Unavailable
from data.messages import Message, plain
from data.system_errors import FULL, is_no_room
from metrics.scope import OutOfScope

RETRY_SECONDS = 5


class Fault(BaseModel):
    """Why there is no answer, for a person and for a program."""

    detail: str = Field(
        description="what is wrong, where, and what to do, in English", examples=['there is no metric "backlogg".']
    )
    code: str = Field(description="a stable name of the fault", examples=["metric.unknown"])
    parameters: dict[str, Any] = Field(
        description="what the text names: texts, numbers, lists, or nested messages of code, message and parameters",
        examples=[{"name": "backlogg"}],
    )


Documented = dict[int | str, dict[str, Any]]


def fault(status: int, description: str, **headers: str) -> Documented:
    """One status of the document."""
    response: dict[str, Any] = {"model": Fault, "description": description}
    if headers:
        kinds = {"Retry-After": "integer"}
        response["headers"] = {
            name.replace("_", "-"): {
                "description": text, "schema": {"type": kinds.get(name.replace("_", "-"), "string")},
            }
            for name, text in headers.items()
        }  # fmt: skip
    return {str(status): response}


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

    @api.exception_handler(Problem)
    async def _problem(request: Request, error: Problem) -> JSONResponse:
        return answer(status_of(error), error.message, error.headers if isinstance(error, ApiError) else None)

    @api.exception_handler(OSError)
    async def _no_room(request: Request, error: OSError) -> JSONResponse:
        if not is_no_room(error):
            raise error
        return answer(503, FULL)

    @api.exception_handler(RequestValidationError)
    async def _invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        faults = tuple(
            Message("field.invalid", "{field}: {why}", field=_field(f["loc"], f["type"]), why=f["msg"])
            for f in error.errors()
        )
        return answer(422, Message("request.invalid", "{faults}", faults=faults))

    @api.exception_handler(Exception)  # logged by the server
    async def _broken(request: Request, error: Exception) -> JSONResponse:
        return answer(500, Message("server.error", "something went wrong on our side; it is in the server's log"))

    @api.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> JSONResponse:
        message = Message(f"http.{error.status_code}", str(error.detail))
        return answer(error.status_code, message, dict(error.headers or {}))


def _field(place: tuple[str | int, ...], kind: str) -> str:
    """Name of a field; of the part of the request, such as `body`, where it is wrong as a whole."""
    if kind == "json_invalid":
        return f"{place[0]}, character {place[-1]}"
    return ".".join(map(str, place[1:])) or str(place[0])


def status_of(error: Problem) -> int:
    """The status that an error is answered with."""
    match error:
        case ApiError():
            return error.status
        case OutOfScope():
            return 403
        case TooSlow():
            return 504
        case TooMany():
            return 429
        case DeskError() | Unavailable():
            return 503
        case DataError() if not isinstance(error, Refused):
            return 404
    return 400


def answer(status: int, message: Message, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """A message as an answer."""
    text = plain(message)
    again = {"Retry-After": str(RETRY_SECONDS)} if status in (429, 503) else {}
    body = {"detail": text["message"], "code": text["code"], "parameters": text["parameters"]}
    return JSONResponse(body, status, {**again, **(headers or {})})
