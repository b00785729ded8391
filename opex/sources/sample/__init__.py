"""The sample company: two years of facts, with problems planted that finders should find."""

from opex.sources.sample.company import Sample, generate
from opex.sources.sample.files import write

__all__ = ["Sample", "generate", "write"]
