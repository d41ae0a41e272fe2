"""What the rooms of tables have in common: one metadata, so that migrations are compared with all of them."""

from sqlalchemy import MetaData

metadata = MetaData()
