"""The life of a submission: who says what becomes of it."""
