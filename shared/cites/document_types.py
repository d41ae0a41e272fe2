"""Types of the documents that a goods item names: CITES documents, and the statement that the goods are not CITES.

The codes are those of the Integrated Tariff of the European Union. The United Kingdom uses them too.
"""

CITES_DOCUMENT_TYPES = frozenset({"C400", "C405"})
"""Types of permits and certificates under the Convention."""
NOT_CITES = "Y900"
"""Type by which a trader states that the Convention does not cover the goods."""
