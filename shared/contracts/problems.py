"""Every code a problem document of the hub may carry: its status, and what it means in one sentence.

Whoever refuses something in a new way adds its code here; the status of the answer, OpenAPI and docs/reference/
problems.md are all read from this table. Codes are for ever: one that was told to partners keeps its meaning.
"""

from http import HTTPStatus
from typing import NamedTuple

STATUS_TITLES: dict[int, str] = {
    **{status.value: status.phrase for status in HTTPStatus if status >= 400},
    413: "Content Too Large",
    414: "URI Too Long",
    416: "Range Not Satisfiable",
    422: "Unprocessable Content",
}
"""The title of a problem: the phrase of its status (RFC 9110, section 15); Python 3.11 has older ones for four."""


class ProblemCode(NamedTuple):
    """What a code says: the HTTP status it is answered with, and one sentence for people."""

    status: int
    sentence: str


_REQUEST = {
    "malformed-json": ProblemCode(400, "The body is not JSON: broken, a key twice, NaN, or deeper than 32 levels."),
    "malformed-xml": ProblemCode(
        400, "The body is not XML as it must be: broken, not UTF-8, too deep, of other namespaces."
    ),
    "doctype-not-allowed": ProblemCode(400, "An XML body carries no DOCTYPE and no entities."),
    "invalid-parameter": ProblemCode(400, "A query parameter is not known here, or not as it must be."),
    "idempotency-key-missing": ProblemCode(400, "This request must carry an Idempotency-Key."),
    "idempotency-key-invalid": ProblemCode(400, "An Idempotency-Key is 1 to 255 visible ASCII characters, sent once."),
    "header-twice": ProblemCode(400, "A header that is there once at most was sent twice."),
    "http-error": ProblemCode(400, "The request is not HTTP as it must be."),
    "method-not-allowed": ProblemCode(405, "This is not done here by this method."),
    "body-too-slow": ProblemCode(408, "The body did not arrive in time."),
    "body-too-large": ProblemCode(413, "The body is larger than this route takes."),
    "unsupported-media-type": ProblemCode(415, "This route does not read that media type or charset."),
    "invalid-body": ProblemCode(422, "The body is not as the contract says; `errors` names each place."),
    "unknown-appendix": ProblemCode(422, "This is no Appendix of the Convention."),
    "unknown-country": ProblemCode(422, "This is no country of ISO 3166-1 alpha-2."),
    "unknown-kind": ProblemCode(422, "This is no kind of permit; /v1/reference/kinds lists them."),
    "unknown-purpose": ProblemCode(422, "This is no purpose of the Convention's list."),
    "unknown-source": ProblemCode(422, "This is no source of the Convention's list."),
    "taxon-nameless": ProblemCode(422, "A taxon has a name: a species, or a genus or a family for all its species."),
    "unknown-term": ProblemCode(422, "This is no CITES trade term."),
    "unknown-unit": ProblemCode(422, "This is no unit of the hub's list."),
    "too-many-digits": ProblemCode(422, "A quantity has more digits than any quantity can have."),
    "idempotency-key-reused": ProblemCode(422, "This Idempotency-Key was used with another body."),
    "headers-too-large": ProblemCode(431, "The request's headers are larger than the hub reads."),
}
_CALLER = {
    "unauthenticated": ProblemCode(401, "No valid access token came with the request, or its credential was ended."),
    "role-not-allowed": ProblemCode(403, "Your roles may never do this."),
    "not-your-declaration": ProblemCode(403, "The declaring side is neither you nor a trader who gave you a mandate."),
    "not-your-application": ProblemCode(403, "A trader applies for permits that name it as exporter or importer."),
    "not-your-mandate": ProblemCode(403, "A mandate is granted by the trader itself, or by the administrator."),
    "not-the-issuing-authority": ProblemCode(403, "Only the issuing country's authority writes its permits."),
    "party-required": ProblemCode(403, "This is asked by a party, not by a service of the hub."),
    "service-required": ProblemCode(403, "This is asked by a service of the hub, not by a party."),
    "service-not-allowed": ProblemCode(403, "This service of the hub may not ask this."),
    "not-found": ProblemCode(404, "There is no such thing here for you."),
    "too-many-requests": ProblemCode(429, "Your party asks for more than its share; Retry-After says when to go on."),
}
_STATE = {
    "assessment-missing": ProblemCode(409, "The country asks for two people: one assesses, then another issues."),
    "changed-meanwhile": ProblemCode(409, "The thing changed at this very moment; read it and ask again."),
    "endorsement-exceeds-permit": ProblemCode(409, "More would be endorsed than the permit grants."),
    "identifier-taken": ProblemCode(409, "Another party holds this identifier already."),
    "last-admin": ProblemCode(409, "After this nobody could enter as an administrator."),
    "more-than-reserved": ProblemCode(409, "More would be used than was set aside for the declaration."),
    "no-export-side": ProblemCode(409, "This kind of permit has nothing to endorse at export."),
    "no-such-finding": ProblemCode(409, "The declaration has no such open finding."),
    "known-by-now": ProblemCode(409, "The document came into the registry since: a new version is checked against it."),
    "not-checked": ProblemCode(409, "The declaration was not checked yet."),
    "not-pending": ProblemCode(409, "The endpoint has nothing to prove: only a pending one is sent a challenge."),
    "not-enough-left": ProblemCode(409, "The permit line has not enough left."),
    "permit-number-taken": ProblemCode(409, "The issuer has a permit of this number on the hub already."),
    "permit-withdrawn": ProblemCode(409, "A permit that the declaration cites was revoked, replaced or lost."),
    "reference-taken": ProblemCode(409, "This trader has used this reference in another declaration."),
    "rotated-too-often": ProblemCode(409, "Two secrets live already; wait until the older one has ended."),
    "not-rotated-so": ProblemCode(409, "This kind of credential is replaced in another way; the detail says how."),
    "same-person": ProblemCode(409, "The country asks for two people: who assessed does not issue the permit."),
    "secret-not-kept": ProblemCode(409, "The secret made under this key cannot be shown again."),
    "subject-taken": ProblemCode(409, "Another living credential stands for this outside subject already."),
    "still-received": ProblemCode(409, "The declaration is still on its way to its checks."),
    "invalid-transition": ProblemCode(409, "The status does not allow this; the detail names the allowed transitions."),
    "version-stale": ProblemCode(412, "The thing has changed since the version that If-Match names."),
    "version-missing": ProblemCode(428, "Send If-Match with the version you change."),
}
_PERMIT = {
    "acquisition-date-missing": ProblemCode(
        422, "A pre-Convention certificate states the date of acquisition (box 12b)."
    ),
    "carnet-out-of-place": ProblemCode(422, "A carnet goes with a sample collection only."),
    "date-after-issue": ProblemCode(422, "A date that the permit rests on is later than its issue."),
    "issued-in-the-future": ProblemCode(422, "A permit is issued on a day that has come where its issuer is."),
    "issuer-differs": ProblemCode(422, "A permit is replaced by one of the same issuer."),
    "lines-overlap": ProblemCode(422, "Two lines are for the same goods: join them, or describe what differs."),
    "origin-country-missing": ProblemCode(422, "A re-export certificate names the country of origin (box 12)."),
    "origin-date-missing": ProblemCode(422, "A re-export certificate names the date of the permit of origin (box 12)."),
    "origin-permit-missing": ProblemCode(422, "A re-export certificate names the permit of origin (box 12)."),
    "quota-exceeded": ProblemCode(
        422, "With this permit more than the year's quota would be exported; says what is left."
    ),
    "quota-incomplete": ProblemCode(422, "Box 11a shows both what was exported this year and the year's quota."),
    "quota-used-too-low": ProblemCode(422, "What was exported this year includes this permit (box 11a)."),
    "source-not-of-kingdom": ProblemCode(422, "Plants are not of sources C, F and R, animals not of A and Y."),
    "source-not-pre-convention": ProblemCode(
        422, "A pre-Convention certificate is for source O, with another beside it."
    ),
    "underlying-source-missing": ProblemCode(422, "Source I or O stands together with another code."),
    "unit-not-of-term": ProblemCode(422, "What the term names is not counted or measured in this unit."),
    "validity-before-issue": ProblemCode(422, "A permit ends on or after the day it was issued."),
    "validity-past-carnet": ProblemCode(422, "A sample collection is never valid longer than its carnet."),
    "issuer-not-of-export-country": ProblemCode(
        422, "Export permits and re-export certificates are issued where the goods leave."
    ),
    "issuer-not-of-import-country": ProblemCode(
        422, "Import permits and introductions from the sea are issued where the goods arrive."
    ),
    "validity-too-long": ProblemCode(422, "A permit of this kind is valid for less long."),
}
_CONTENT = {
    "agent-unknown": ProblemCode(422, "No enabled trader of the hub has this party id, or it is the trader itself."),
    "amendment-too-far": ProblemCode(422, "An amendment may not change this; cancel and lodge anew."),
    "columns-missing": ProblemCode(422, "The file's first line lacks columns that it cannot be read without."),
    "dead-on-arrival": ProblemCode(422, "Dead on arrival counts live animals, at most as many as arrived."),
    "endorsed-in-the-future": ProblemCode(422, "Goods are endorsed on a day that has come."),
    "endorsed-out-of-validity": ProblemCode(422, "The permit was not valid on the day of the endorsement."),
    "inexact-unit": ProblemCode(
        422, "These units have no exact conversion; name the quantity in the permit line's unit."
    ),
    "item-twice": ProblemCode(422, "An item is named once."),
    "line-cited-already": ProblemCode(422, "The declaration cites this permit line already."),
    "line-too-long": ProblemCode(422, "A line of the file has no end."),
    "line-missing": ProblemCode(422, "Say which line of the permit is meant."),
    "more-than-declared": ProblemCode(422, "More than was declared needs an amendment."),
    "more-than-asked": ProblemCode(422, "No more is granted on a line than the application asks for."),
    "no-such-item": ProblemCode(422, "The declaration has no item of this number."),
    "no-such-line": ProblemCode(422, "The permit has no line of this letter."),
    "nothing-taken": ProblemCode(422, "No row of the file could be taken; what was listed stands as it was."),
    "override-incomplete": ProblemCode(422, "This finding is settled with more than a reason; the detail says what."),
    "private-key-sent": ProblemCode(422, "A private key was sent; keep it, and send the public half of a fresh one."),
    "public-key-unfit": ProblemCode(422, "The key cannot be used: a public P-256 (ES256) or Ed25519 key is wanted."),
    "quantity-missing": ProblemCode(422, "Say which quantity of the permit line is meant."),
    "quantity-stands": ProblemCode(422, "The quantity is plain already; leave it out."),
    "url-not-allowed": ProblemCode(422, "Webhooks are not sent to that address."),
}
_SERVER = {
    "internal-error": ProblemCode(500, "Something broke on our side; nothing was half-written."),
    "database-unavailable": ProblemCode(503, "The database cannot answer now; ask again in a few seconds."),
    "not-ready": ProblemCode(503, "The service cannot do its work yet."),
    "overloaded": ProblemCode(503, "Too much waits already; ask again in a second."),
    "reports-busy": ProblemCode(503, "As many reports are being read as may be; ask again when one is through."),
    "service-unavailable": ProblemCode(503, "A service that this answer needs is away; ask again in a few seconds."),
}
PERMIT_PROBLEM_CODES = tuple(_PERMIT)
"""Codes of what a permit may have wrong when it is issued."""
PROBLEM_CODES: dict[str, ProblemCode] = {**_REQUEST, **_CALLER, **_STATE, **_CONTENT, **_PERMIT, **_SERVER}
