"""The tables of the gateway database."""

from sqlalchemy import MetaData

metadata = MetaData()
