"""The metadata of all tables, with which a test compares the migrations."""

from sqlalchemy import MetaData

metadata = MetaData()
