"""Problem codes of requests that the hub cannot read: their syntax, their headers, their fields."""

from shared.contracts.problems.problem_code import ExampleFault, ProblemCode, operator, you

FIELD_FAULTS = (
    "blank", "days-not-in-order", "ends-before-it-begins", "header-not-allowed", "header-twice", "headers-too-large",
    "in-the-future", "in-the-past", "invalid-format", "invalid-value", "item-number-twice", "line-letter-twice",
    "negative", "not-a-boolean", "not-a-day", "not-a-declaration", "not-a-list", "not-a-number", "not-a-quantity",
    "not-a-text", "not-a-time", "not-a-url", "not-a-whole-number", "not-an-id", "not-an-object", "not-an-original",
    "not-finite", "not-in-list", "not-positive", "one-way-only", "required", "too-large", "too-long",
    "too-many-documents", "too-short", "too-small", "transit-field-alone", "underlying-source-alone", "unit-alone",
    "unknown-event-type",
    "unknown-field", "unknown-appendix", "unknown-country", "unknown-kind", "unknown-purpose", "unknown-source",
    "unknown-term", "unknown-unit", "forbidden-character", "look-alike-characters", "taxon-nameless", "too-many-digits",
    "url-not-allowed",
)  # fmt: skip
"""Codes that a place in a body may have where the body breaks its contract."""
PARAMETER_FAULTS = (
    "cursor", "forbidden-character", "invalid-format", "not-a-day", "not-a-version", "not-a-whole-number",
    "not-in-list", "parameter-twice", "pattern", "required", "too-large", "too-small", "unknown-country",
    "unknown-parameter",
)  # fmt: skip
"""Codes that a query parameter may have."""

REQUEST_PROBLEMS = {
    "malformed-json": ProblemCode(
        status=400,
        meaning="The body is not valid JSON.",
        causes=(
            "A bracket, a quote or a comma is missing, or a comma is one too many.",
            "An object has the same key twice, or a number is NaN or Infinity.",
            "The body is nested deeper than 32 levels.",
        ),
        steps=(you("Correct the body at the line and column that `detail` names, and send it again."),),
        example="The body is not valid JSON: expected `,` or `}` at line 3 column 5. Correct it and send it again.",
    ),
    "malformed-xml": ProblemCode(
        status=400,
        meaning="The body is not an XML message that the hub can read.",
        causes=(
            "The XML is not well-formed.",
            "The text is not in UTF-8, or its first line declares another encoding.",
            "The elements are nested too deep.",
            "An element has a namespace that is not of the WCO Data Model, or it occurs twice where once is allowed.",
        ),
        steps=(you("Correct the message at the element or line that `detail` names, and send it again."),),
        example="The element GoodsShipment has Consignee 2 times. Send it once.",
    ),
    "doctype-not-allowed": ProblemCode(
        status=400,
        meaning="The XML body has a DOCTYPE, and the hub reads none.",
        causes=("Your software writes a DOCTYPE or its own entities before the first element.",),
        steps=(you("Send the same message without the DOCTYPE. Write characters directly in place of entities."),),
        example="The XML body has a DOCTYPE. The hub reads none. Send the message without it.",
    ),
    "invalid-parameter": ProblemCode(
        status=400,
        meaning="A query parameter has a wrong name or a wrong value.",
        causes=(
            "The route has no parameter of this name: the name is misspelt, or it belongs to another route.",
            "The value breaks the rule of the parameter, such as a limit above 200.",
            "The parameter is in the address twice.",
            "The cursor is not one that this list returned.",
        ),
        steps=(you("Correct the parameters that `errors` names. The API reference lists those of each route."),),
        example=(
            "The address has a query parameter that the route does not have. The route has: limit, cursor. Leave out "
            "the others."
        ),
        example_faults=(
            ExampleFault(
                "/query/colour", "unknown-parameter", "The route has no such parameter. The route has: limit, cursor."
            ),
        ),
        fault_codes=PARAMETER_FAULTS,
    ),
    "idempotency-key-missing": ProblemCode(
        status=400,
        meaning="This request needs the header Idempotency-Key.",
        causes=("The request creates something, and the header is missing.",),
        steps=(
            you(
                "Send the header with a new value for each declaration, such as a UUID. Keep the value when you send "
                "the same declaration again."
            ),
        ),
        example=(
            "The header Idempotency-Key is missing. Send a new value for each declaration. Keep it when you send the "
            "same declaration again."
        ),
    ),
    "idempotency-key-invalid": ProblemCode(
        status=400,
        meaning="The header Idempotency-Key breaks its rule: 1 to 255 visible ASCII characters, sent once.",
        causes=(
            "The value is empty, has a blank or an accented character, or is longer than 255 characters.",
            "The header is in the request twice.",
        ),
        steps=(you("Send the header once, with a value such as a UUID."),),
        example="The header Idempotency-Key has 1 to 255 visible ASCII characters, without blanks. Send another value.",
    ),
    "header-twice": ProblemCode(
        status=400,
        meaning="A header that a request may have once is there twice.",
        causes=("Your software, or a proxy between you and the hub, adds the header a second time.",),
        steps=(you("Send the header that `detail` names once."),),
        example="The header Authorization is in the request twice. Send it once.",
    ),
    "http-error": ProblemCode(
        status=400,
        meaning="The request is not valid HTTP.",
        causes=(
            "The first line or a header cannot be parsed, or the first line names another version than HTTP/1.",
            "The header Host is missing or is not a host name.",
            "The client speaks TLS to a port that speaks plain HTTP.",
        ),
        steps=(
            you("Check the address and the scheme, http or https. Use an HTTP library to write the request."),
            operator("Check the proxy in front of the hub, if several clients have this problem."),
        ),
        example="The header Host is missing or is not a host name. Send it with each request (RFC 9112, section 3.2).",
    ),
    "method-not-allowed": ProblemCode(
        status=405,
        meaning="This address exists, but not for this HTTP method.",
        causes=("The request has another method than the API reference gives for this path.",),
        steps=(you("Use one of the methods in the header Allow."),),
        example="DELETE is not possible at this address. Use one of: GET, HEAD, POST.",
    ),
    "body-too-slow": ProblemCode(
        status=408,
        meaning="The request did not arrive in time.",
        causes=(
            "The connection is slow or was interrupted.",
            "The client opened a connection and sent nothing.",
        ),
        steps=(you("Send the request again under the same Idempotency-Key. Send bulk files in smaller parts."),),
        example="The body did not arrive within 15 s. Send the request again, with its Idempotency-Key if it has one.",
    ),
    "body-too-large": ProblemCode(
        status=413,
        meaning="The body is larger than this route accepts.",
        causes=("A declaration, a permit or a file has more bytes than the limit that `detail` names.",),
        steps=(
            you("Send less at a time: several declarations in place of one, or a file in several parts."),
            you("Send many declarations or permits by the bulk routes: there the limit is per line."),
        ),
        example="The body has more than 1048576 bytes, the limit of this route. Send less at a time.",
    ),
    "unsupported-media-type": ProblemCode(
        status=415,
        meaning="The hub does not read a body of this media type, charset or encoding here.",
        causes=(
            "The header Content-Type is missing or names a type that this route does not read.",
            "The charset is not UTF-8.",
            "The body is compressed (Content-Encoding).",
        ),
        steps=(you("Send the body in UTF-8, uncompressed, with the Content-Type that `detail` names."),),
        example="The header Content-Type is text/plain. Send application/json in UTF-8.",
    ),
    "invalid-body": ProblemCode(
        status=422,
        meaning="The body breaks the contract of this route; `errors` names each place.",
        causes=(
            "A required field is missing, or a field has a name that the contract does not have.",
            "A value has the wrong type or breaks its rule, such as a country that is not two capital letters.",
        ),
        steps=(
            you("Correct each place in `errors`: `pointer` is its JSON Pointer, `detail` is its rule. Send it again."),
        ),
        example="The body breaks the contract at 2 places. `errors` names each. Correct them and send it again.",
        example_faults=(
            ExampleFault("/items/0/quantity", "required", "This is required and is missing."),
            ExampleFault(
                "/export_country",
                "unknown-country",
                "Expected a country: two capital letters of ISO 3166-1 alpha-2, such as ZA. Found: UK.",
            ),
        ),
        fault_codes=FIELD_FAULTS,
    ),
    "unknown-appendix": ProblemCode(
        status=422,
        meaning="The appendix is none of the three of the Convention: I, II or III.",
        causes=("The value has another spelling, such as 2 for II.",),
        steps=(you("Send one of the values that `detail` lists."),),
        example="Expected one of the appendix codes: I, II or III. Found: 2. `errors` names each place.",
        example_faults=(ExampleFault("/lines/0/appendix"),),
    ),
    "unknown-country": ProblemCode(
        status=422,
        meaning="The country is not a code of ISO 3166-1 alpha-2.",
        causes=("The value is a name, has three characters or lower case, or a code that does not exist (UK for GB).",),
        steps=(you("Send the two capital letters of the country, such as ZA, FR or GB."),),
        example=(
            "Expected a country: two capital letters of ISO 3166-1 alpha-2, such as ZA. Found: UK. `errors` names "
            "each place."
        ),
        example_faults=(ExampleFault("/export_country"),),
    ),
    "unknown-kind": ProblemCode(
        status=422,
        meaning="The hub has no permit kind of this name.",
        causes=("The kind is misspelt, or it is the name of a national form.",),
        steps=(you("Read the kinds at GET /v1/reference/kinds, and send one of them."),),
        example=(
            "Expected one of the kind codes: GET /v1/reference/kinds lists them. Found: exports. `errors` names each "
            "place."
        ),
        example_faults=(ExampleFault("/kind"),),
    ),
    "unknown-purpose": ProblemCode(
        status=422,
        meaning="The purpose is none of the Convention's purpose codes.",
        causes=("The value is a word in place of the code, or the code does not exist.",),
        steps=(you("Read the codes at GET /v1/reference/purposes, and send one of them, such as T."),),
        example=(
            "Expected one of the purpose codes: GET /v1/reference/purposes lists them. Found: trade. `errors` names "
            "each place."
        ),
        example_faults=(ExampleFault("/items/0/purpose"),),
    ),
    "unknown-source": ProblemCode(
        status=422,
        meaning="The source is none of the Convention's source codes.",
        causes=("The value is a word in place of the code, or the code does not exist.",),
        steps=(you("Read the codes at GET /v1/reference/sources, and send one of them, such as W."),),
        example=(
            "Expected one of the source codes: GET /v1/reference/sources lists them. Found: wild. `errors` names each "
            "place."
        ),
        example_faults=(ExampleFault("/items/0/source"),),
    ),
    "taxon-nameless": ProblemCode(
        status=422,
        meaning="The taxon has no scientific name.",
        causes=("The text has no word, or only a rank such as spp.",),
        steps=(you("Send a scientific name: a species, or a genus or family with all its species, Crocodylus spp."),),
        example=(
            "Expected a scientific name: a species, or a genus or family with all its species. `errors` names each "
            "place."
        ),
        example_faults=(ExampleFault("/items/0/taxon"),),
    ),
    "unknown-term": ProblemCode(
        status=422,
        meaning="The term is none of the CITES trade terms.",
        causes=("The value is a description in place of the three-letter code.",),
        steps=(you("Read the codes at GET /v1/reference/terms, and send one of them, such as SKI."),),
        example=(
            "Expected a CITES trade term: GET /v1/reference/terms lists them. Found: skin. Did you mean SKI (skin)? "
            "`errors` names each place."
        ),
        example_faults=(ExampleFault("/items/0/term"),),
    ),
    "unknown-unit": ProblemCode(
        status=422,
        meaning="The unit is none of the hub's units.",
        causes=("The unit is misspelt, or it is a customs code such as KGM in another body than a declaration.",),
        steps=(you("Read the units at GET /v1/reference/units, and send one of them, such as kg or number."),),
        example=(
            "Expected one of the unit codes: GET /v1/reference/units lists them. Found: KGM. Did you mean kg? `errors` "
            "names each place."
        ),
        example_faults=(ExampleFault("/items/0/unit"),),
    ),
    "forbidden-character": ProblemCode(
        status=422,
        meaning="A text has a character that readers cannot see, or that no font draws.",
        causes=(
            "The text comes from a document or a web page, and has a zero-width character or a mark of direction.",
            "A name, number or reference has a tab or a line break. Only text in sentences may have one.",
            "The text has a joiner (ZWJ, ZWNJ), and it is not the name of a person or firm.",
            "The text has a character for private use, or one that Unicode has not assigned.",
        ),
        steps=(you("Leave out the character that `errors` names, and send the text again."),),
        example=(
            "Expected a text without the character U+202E RIGHT-TO-LEFT OVERRIDE. Leave it out. `errors` names each "
            "place."
        ),
        example_faults=(ExampleFault("/reference"),),
    ),
    "look-alike-characters": ProblemCode(
        status=422,
        meaning="A number, reference or identifier looks like another one.",
        causes=(
            "It mixes two scripts, such as a Cyrillic Е among Latin characters.",
            "It looks Latin, and all its characters belong to another script.",
            "It has digits of two scripts, or a symbol that looks like a Latin character.",
            "It has a mark, a quotation mark, a drawn line or a dot that ASCII does not have.",
        ),
        steps=(
            you("Read the detail: it names a sign that is the reason, and the character to type in its place."),
            you("Type the number again, as the document prints it, on a keyboard of one script."),
            you("Ask the authority for its number in Latin script, if the printed one only looks Latin."),
        ),
        example=(
            "Expected letters and digits of one script, without marks or signs that look like others. This text looks "
            "like another number. Type it as the document prints it. `errors` names each place."
        ),
        example_faults=(ExampleFault("/items/0/documents/0/number"),),
    ),
    "too-many-digits": ProblemCode(
        status=422,
        meaning="A quantity has more than 38 digits.",
        causes=("A computation wrote a number with all its digits, such as a third.",),
        steps=(you("Round the quantity as the permit states it, and send it again."),),
        example="Expected a quantity of at most 38 digits. `errors` names each place.",
        example_faults=(ExampleFault("/items/0/quantity"),),
    ),
    "idempotency-key-reused": ProblemCode(
        status=422,
        meaning="You used this Idempotency-Key before, with another body.",
        causes=(
            "The body changed between two attempts, and the key stayed the same.",
            "Your software gives the same key to two different requests.",
        ),
        steps=(
            you("Send exactly the same bytes to repeat the first request."),
            you("Send a new key to make a new request."),
        ),
        example=(
            "You used this Idempotency-Key before, with another body. Send the same bytes to repeat that request, or "
            "a new key for a new one."
        ),
    ),
    "headers-too-large": ProblemCode(
        status=431,
        meaning="The headers and the query of the request are larger than the hub reads.",
        causes=("A header or a parameter is very long, such as a cookie or a list of hundreds of values.",),
        steps=(you("Send fewer or shorter headers and parameters. The hub reads no cookies."),),
        example="Headers and query have more than 32768 bytes together, the limit of the hub. Send less.",
    ),
}
