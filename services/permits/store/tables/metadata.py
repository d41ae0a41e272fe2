"""The metadata of all tables, so that migrations are compared with all of them."""

from sqlalchemy import MetaData

metadata = MetaData()
