"""The only SQL of the workspace: objects and frames in and out; no row, session or query leaves."""
