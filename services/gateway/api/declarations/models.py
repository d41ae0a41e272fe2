"""The receipt of a declaration. Other bodies about declarations are in `shared.contracts.views`."""

from typing import Annotated, Literal

from pydantic import Field

from shared.contracts.fields import Id, Timestamp, WireModel


class Links(WireModel):
    """Paths of the declaration, from the root of the hub."""

    self: Annotated[str, Field(description="Path of the declaration")]
    content: Annotated[str, Field(description="Path of the submitted bytes")]
    receipt: Annotated[str, Field(description="Path of the signed receipt")]


# `lodgement.render_lodged` formats the JSON by hand, because the route is hot.
class LodgedDeclaration(WireModel):
    """The receipt of a durable declaration."""

    id: Annotated[Id, Field(description="Declaration id; the same in every service")]
    reference: Annotated[str, Field(description="Your own reference")]
    status: Annotated[Literal["received"], Field(description="The check follows")]
    received_at: Annotated[Timestamp, Field(description="When the gateway received it, RFC 3339 in UTC")]
    digest: Annotated[str, Field(description="SHA-256 of the submitted bytes (RFC 9530): `sha-256=:…:`")]
    links: Links
