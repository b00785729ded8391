"""Tables to Altair charts. No Streamlit."""

from opex.charts.charts import benefit_and_cost, rate_ratios, rug, timeline, trouble, waterfall
from opex.charts.operations import process_behaviour

__all__ = ["benefit_and_cost", "process_behaviour", "rate_ratios", "rug", "timeline", "trouble", "waterfall"]
