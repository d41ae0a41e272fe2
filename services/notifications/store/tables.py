"""The tables of the notifications database."""

from sqlalchemy import MetaData

metadata = MetaData()
