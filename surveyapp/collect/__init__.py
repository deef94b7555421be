"""What a phone sends: the main job and its readers."""
