"""Keeping what was collected: backup, restore, and the examination of a deployment."""
