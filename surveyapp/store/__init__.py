"""The only room that knows SQLAlchemy: one file a noun."""
