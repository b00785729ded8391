"""opex: from what went wrong to a ranked list of improvements that can be agreed, planned and proved."""
