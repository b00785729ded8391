"""Tables to Altair charts. No Streamlit."""

from opex.charts.charts import benefit_and_cost, rate_ratios, rug, timeline, trouble, waterfall
from opex.charts.compare import system_months, times_as_many

__all__ = [
    "benefit_and_cost", "rate_ratios", "rug", "system_months", "timeline", "times_as_many", "trouble", "waterfall",
]  # fmt: skip
