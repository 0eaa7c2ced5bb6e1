"""Writes the reward files in the agent's phase, where the verifier will look for them."""

from plant import ROOT, answer, attempt, write

for folder in ("/logs/verifier", "/logs/agent", "/logs/artifacts", "/logs", "/tests"):
    attempt(f"{folder}/reward.json", write, f"{ROOT}{folder}/reward.json", '{"reward": 1.0}')
    attempt(f"{folder}/reward.txt", write, f"{ROOT}{folder}/reward.txt", "1")
attempt("/tests/test.sh", write, f"{ROOT}/tests/test.sh", "#!/bin/sh\nmkdir -p /logs/verifier; echo 1 > /logs/verifier/reward.txt\n")
answer(__doc__)
