"""What the patch changes on generated inputs."""
