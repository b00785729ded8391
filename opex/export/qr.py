"""A link as a QR code: people in a room join by their phone."""

from io import BytesIO

import segno

from opex.export.links import link_of

__all__ = ["qr_png", "qr_svg"]

QUIET = 4
"""The light border in modules that ISO/IEC 18004 asks for."""


def _code(link: str) -> segno.QRCode:
    return segno.make_qr(link_of(link), error="m")


def qr_svg(link: str) -> bytes:
    """The code as an SVG of its own, dark on light also on a dark page, which phones need; it grows without blur.

    Raises
    ------
    Refused
        When that is no link.
    """
    out = BytesIO()
    _code(link).save(out, kind="svg", border=QUIET, light="#fff", dark="#000", omitsize=True, title="Join by phone")
    return out.getvalue()


def qr_png(link: str, scale: int = 8) -> bytes:
    """The code as a PNG, ``scale`` pixels a module."""
    out = BytesIO()
    _code(link).save(out, kind="png", border=QUIET, light="#fff", dark="#000", scale=scale)
    return out.getvalue()
