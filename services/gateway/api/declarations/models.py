"""The shape of the receipt of a declaration; what permits returns is in `shared.contracts.views`."""

from typing import Annotated, Literal

from pydantic import Field

from shared.contracts.fields import Id, Timestamp, WireModel


class Links(WireModel):
    """Where to go on from a receipt, from the root of the hub."""

    self: str
    content: str
    receipt: str


class LodgedDeclaration(WireModel):
    """The response to a declaration that is durable; `lodgement.render_lodged` writes it by hand."""

    id: Id
    reference: str
    status: Literal["received"]
    received_at: Timestamp
    digest: Annotated[str, Field(description="Of the exact bytes, as RFC 9530 writes it: sha-256=:…:")]
    links: Links
