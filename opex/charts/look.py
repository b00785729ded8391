"""One look for every chart: one accent, greys, colour never alone. Light and dark follow the page."""

from typing import Any

__all__ = ["ACCENT", "LOSS", "QUIET", "calm"]

ACCENT, QUIET, LOSS = "#2d8a9a", "#737e81", "#c46a2b"


def calm(chart: Any) -> Any:
    """The chart without frame and grid, with quiet axes and room for long names."""
    return (
        chart.configure_view(strokeWidth=0)
        .configure_axis(grid=False, domainColor=QUIET, tickColor=QUIET, labelLimit=260, titleFontWeight="normal")
        .configure_legend(orient="top", title=None)
    )
