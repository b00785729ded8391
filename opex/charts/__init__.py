"""Tables to Altair charts. No Streamlit."""

from opex.charts.charts import benefit_and_cost, rate_ratios, rug, timeline, trouble, waterfall
from opex.charts.themes import pareto

__all__ = ["benefit_and_cost", "pareto", "rate_ratios", "rug", "timeline", "trouble", "waterfall"]
