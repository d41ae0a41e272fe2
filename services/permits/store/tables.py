"""The tables of the permits database."""

from sqlalchemy import MetaData

metadata = MetaData()
