"""Tables to Altair charts. No Streamlit."""

from opex.charts.charts import benefit_and_cost, rate_ratios, rug, timeline, trouble, waterfall
from opex.charts.forecast import expected_pain, shares_held

__all__ = [
    "benefit_and_cost", "expected_pain", "rate_ratios", "rug", "shares_held", "timeline", "trouble", "waterfall",
]  # fmt: skip
