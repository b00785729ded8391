"""Tables to Altair charts. No Streamlit."""

from opex.charts.charts import benefit_and_cost, rate_ratios, rug, timeline, trouble, waterfall
from opex.charts.choices import stated_and_revealed
from opex.charts.compare import system_months, times_as_many
from opex.charts.forecast import expected_pain, shares_held
from opex.charts.operations import process_behaviour
from opex.charts.themes import pareto

__all__ = [
    "benefit_and_cost",
    "expected_pain",
    "pareto",
    "process_behaviour",
    "rate_ratios",
    "rug",
    "shares_held",
    "stated_and_revealed",
    "system_months",
    "timeline",
    "times_as_many",
    "trouble",
    "waterfall",
]
