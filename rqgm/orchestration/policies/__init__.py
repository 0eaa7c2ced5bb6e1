"""The policies that ship: one module a kind, found by name through `rqgm.orchestration.policy.open_policy`."""
