"""What the roles share: messages, the model, tools, the loop, prompts, bounded commands, files."""
