"""The bare route that pages ask whether anything moved: numbers only, no sign-in, no script run."""

from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from opex.domain.problems import Refused
from opex.services.positions import NoSuchSession, position
from opex.ui.session import named

__all__ = ["POSITION", "address"]

_FRESH = {"Cache-Control": "no-store"}


def address(session: str, workspace: str, *, progress: bool = False, decisions: bool = True) -> str:
    """Where the position of a session is answered, on this server.

    Examples
    --------
    >>> address("7d0c", "My data", progress=True)
    '/api/v1/sessions/7d0c/position?workspace=My+data&progress=1'
    """
    asked = (
        {"workspace": workspace} | ({"progress": "1"} if progress else {}) | ({} if decisions else {"decisions": "0"})
    )
    return f"/api/v1/sessions/{quote(session, safe='')}/position?{urlencode(asked)}"


def _answer(request: Request) -> JSONResponse:  # a plain function, so that it runs in a thread and holds up nobody
    asked = request.query_params
    try:
        of = named(asked.get("workspace"))
        now = position(
            of, request.path_params["session"], asked.get("progress") == "1", decisions=asked.get("decisions") != "0"
        )
    except NoSuchSession as refusal:
        return JSONResponse({"detail": str(refusal)}, 404, _FRESH)
    except Refused:  # what is wrong with the database is told on pages, to those who may see it
        return JSONResponse({"detail": "The workspace does not answer."}, 503, _FRESH)
    return JSONResponse({"position": now}, 200, _FRESH)


POSITION = Route("/api/v1/sessions/{session}/position", _answer, methods=["GET"])
