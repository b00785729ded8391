"""A launcher of the components of a room, each on a page of its own, beside the route that they ask."""

from pathlib import Path

import streamlit as st
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from opex.ui.revision import POSITION


async def healthz(_request: Request) -> PlainTextResponse:
    """Whether the process answers."""
    return PlainTextResponse("ok")


app = st.App(Path(__file__).parent / "main.py", routes=[Route("/healthz", healthz), POSITION])
