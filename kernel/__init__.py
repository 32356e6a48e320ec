"""What every layer may use: errors, clock, ids, HTTP. It imports nothing of ours."""
