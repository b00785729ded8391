"""The codes that people choose from, and what each says in words."""

DECLINE_REASONS = {
    "duplicate": "the same as another opportunity",
    "not_ours": "another team's to solve",
    "already_planned": "already planned elsewhere",
    "accepted_risk": "known, and we live with it",
    "too_small": "not worth the work",
    "cannot_act": "nothing that we can do",
    "data_wrong": "the data behind it is wrong",
    "other": "another reason",
}
PINNED = "pinned"
MOVE_REASONS = {
    "weights": "the weights do not say what matters here",
    "evidence": "the evidence misses something",
    "dependency": "another item needs it first",
    "commitment": "promised to somebody",
    "urgency": "a date stands behind it",
    "effort": "the cost changes its place",
    PINNED: "pinned: it stays there",
    "other": "another reason",
}
VERDICTS = {"holds": "the insight holds", "doubtful": "doubtful", "wrong": "the insight is wrong"}
LINK_VERDICTS = {"holds": "the incident came of this change", "rejected": "the incident did not come of this change"}
