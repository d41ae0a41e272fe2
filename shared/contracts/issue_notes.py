"""Notes about a permit at issue: a taxon or an Appendix that differs from the listing, a unit from the guidelines."""

from typing import Annotated

from pydantic import Field

from shared.contracts.closed_sets import ClosedSet
from shared.contracts.fields import WireModel


class IssueNoteCode(ClosedSet):
    """The subject of a note at issue.

    `taxon-not-listed`: no listing has the taxon. `taxon-is-synonym`: the listing has another accepted name.
    `appendix-differs`: the listing has the taxon in another Appendix. `unit-not-preferred`: the guidelines for annual
    reports state the term in other units. `operation-missing`: source D names no registered operation.
    `source-d-not-appendix-one`: source D is only of specimens of Appendix I.
    `more-than-came-in`: a re-export certificate grants more than came in under the document that it names.
    """

    TAXON_NOT_LISTED = "taxon-not-listed"
    TAXON_IS_SYNONYM = "taxon-is-synonym"
    APPENDIX_DIFFERS = "appendix-differs"
    UNIT_NOT_PREFERRED = "unit-not-preferred"
    OPERATION_MISSING = "operation-missing"
    SOURCE_D_NOT_APPENDIX_ONE = "source-d-not-appendix-one"
    MORE_THAN_CAME_IN = "more-than-came-in"


class IssueNote(WireModel):
    """A note about one line of a new permit. The permit is issued, whatever its notes say."""

    code: Annotated[IssueNoteCode, Field(description="Subject of the note")]
    pointer: Annotated[str, Field(description="Place in the submitted permit, as a JSON Pointer (RFC 6901)")]
    expected: Annotated[str, Field(description="The value of the listing on the day of issue, or of the guidelines")]
    found: Annotated[str, Field(description="The value that the permit states")]
    detail: Annotated[str, Field(description="The note in words, and what to do")]
