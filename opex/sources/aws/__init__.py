"""AWS -> files that the ordinary import reads: S3, CloudWatch, CodePipeline, CodeDeploy, OpsCenter. Only here is boto3.

A fetch asks AWS for what is new since the state it is given, writes it as files, and names every gap. It loads
nothing: the import reads the files with the preset of the same name, and keeps the new state in the same transaction.
"""

from opex.sources.aws.check import check
from opex.sources.aws.fetching import ACTIONS, fetch
from opex.sources.aws.results import Fetched, Gap, Permission

__all__ = ["ACTIONS", "Fetched", "Gap", "Permission", "check", "fetch"]
