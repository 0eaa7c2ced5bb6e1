"""The one mechanism: run role r of node n on input x in a sandbox."""
