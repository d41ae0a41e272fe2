"""A permit as the hub stores it, with its lines and their balances."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from uuid import UUID

from services.permits.domain.ledger.balances import Balance
from services.permits.domain.model.declarations import Citation
from services.permits.domain.model.usage import CountIndex, UsageIndex, UsageTotal, index_counts, index_usage
from services.permits.domain.replace_field import replace_field
from shared.cites.codes import MULTIPLE_CROSSING_KINDS
from shared.contracts.closed_sets import PermitStatus
from shared.contracts.comparison import comparison_key
from shared.contracts.permit import Permit, PermitLine


def permit_key(permit: Permit) -> tuple[str, str]:
    """Return the issuer and the key of the number, by which declarations cite a permit."""
    return permit.issuer, comparison_key(permit.number)


@dataclass(frozen=True, kw_only=True)
class PermitLineRecord:
    """One line of a permit, with its balance."""

    content: PermitLine
    balance: Balance

    def with_balance(self, balance: Balance) -> "PermitLineRecord":
        """Return the line with another balance."""
        return replace_field(self, "balance", balance)


@dataclass(frozen=True, kw_only=True)
class PermitRecord:
    """A permit with its content, lines, status and usage.

    `token_digest` is the SHA-256 of the permit token. `notice_level` is the last notice about the end of the permit.
    `usage_totals` sums all reservations and uses of the lines that the decision concerns.
    `citations` contains single citations, only those that the decision needs. `number_key` is the key under which the
    number is stored, empty if the permit is new.
    """

    id: UUID
    content: Permit
    status: PermitStatus
    lines: dict[str, PermitLineRecord]
    sequence: int = 0
    version: int = 1
    endorsed: bool = False
    transport_documents: frozenset[str] = frozenset()
    registered_by: UUID | None = None
    registering_country: str | None = None
    usage_totals: tuple[UsageTotal, ...] = ()
    token_digest: bytes | None = None
    replaces: UUID | None = None
    replaced_by: UUID | None = None
    notice_level: int = 0
    number_key: str = ""
    citations: tuple[Citation, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        """The issuer and the key of the number, by which declarations cite a permit."""
        return self.content.issuer, self.number_key or comparison_key(self.content.number)

    def with_balance(self, line_letter: str, balance: Balance) -> "PermitRecord":
        """Return the permit with another balance of one of its lines."""
        return replace_field(self, "lines", {**self.lines, line_letter: self.lines[line_letter].with_balance(balance)})

    def with_usage_totals(self, usage_totals: tuple[UsageTotal, ...]) -> "PermitRecord":
        """Return the permit with other usage totals."""
        permit = replace_field(self, "usage_totals", usage_totals)
        permit.__dict__.pop("usage_index", None)
        return permit

    @cached_property
    def usage_index(self) -> UsageIndex:
        """The usage totals by line and side."""
        return index_usage(self.usage_totals)

    @cached_property
    def count_index(self) -> CountIndex:
        """The counted and the claimed quantities of its citations."""
        return index_counts(self.citations)

    @property
    def is_registered_elsewhere(self) -> bool:
        """Return whether another country than the issuer registered the permit."""
        return self.registering_country != self.content.issuer

    @property
    def is_for_many_crossings(self) -> bool:
        """Return whether its goods cross borders many times and come back, so that no use consumes or closes a line."""
        return self.content.kind in MULTIPLE_CROSSING_KINDS


PermitsById = Mapping[UUID, PermitRecord]
PermitKey = tuple[str, str]
"""The issuer of a permit, and the key of its number."""
PermitsByKey = Mapping[PermitKey, PermitRecord]


@dataclass(frozen=True, kw_only=True)
class CitedPermits:
    """The permits that declarations cite, by issuer and key of the number.

    The permits in `with_all_citations` need each single citation. For a permit in `lines`, only these lines need
    usage totals, because the declarations cite no other.
    """

    keys: frozenset[tuple[str, str]]
    with_all_citations: frozenset[tuple[str, str]] = frozenset()
    lines: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)
