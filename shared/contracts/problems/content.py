"""Problem codes of requests that can be read and do not fit the thing that they are about."""

from shared.contracts.problems.problem_code import (
    ExampleFault,
    ProblemCode,
    administrator,
    authority,
    operator,
    trader,
    you,
)

CONTENT_PROBLEMS = {
    "agent-unknown": ProblemCode(
        status=422,
        meaning="The party of the mandate is not an active trader of the hub, or agent and trader are the same party.",
        causes=(
            "The id is misspelt, or it is the id of another kind of thing.",
            "The party lacks the role trader, or it is disabled.",
        ),
        steps=(
            you("Ask the agent for its id; the agent reads it at GET /v1/me."),
            administrator("Add the role trader to the agent, if it is missing."),
        ),
        example=(
            "No active party with the role trader has this id. Ask the agent for the id that it reads at GET /v1/me."
        ),
        example_faults=(ExampleFault("/agent"),),
    ),
    "amendment-too-far": ProblemCode(
        status=422,
        meaning="An amendment cannot change the reference, the movement or the countries of a declaration.",
        causes=("The new version differs in one of these fields. They decide which offices are responsible.",),
        steps=(you("Send the old value, or cancel the declaration and lodge a new one."),),
        example=(
            "An amendment cannot change `import_country`: it is FR, and the new version states DE. Send FR, or cancel "
            "the declaration and lodge a new one."
        ),
        example_faults=(ExampleFault("/import_country"),),
    ),
    "columns-missing": ProblemCode(
        status=422,
        meaning="The first line of the file lacks a column that the hub needs.",
        causes=(
            "The file has no line of column names.",
            "A column has another name, or the columns are separated by another character than a comma.",
        ),
        steps=(you("Add the columns that `errors` names to the first line, and send the file again."),),
        example="The first line of the file lacks the columns: taxon, appendix. Add them and send the file again.",
        example_faults=(ExampleFault("/taxon", "column-missing", "The file has no column taxon."),),
        fault_codes=("column-missing",),
    ),
    "dead-on-arrival": ProblemCode(
        status=422,
        meaning="`dead_on_arrival` counts live animals (term LIV), and at most as many as arrived.",
        causes=(
            "The item is not of live animals, or its unit is not a number of animals.",
            "The number is larger than the quantity that arrived.",
        ),
        steps=(you("Correct `dead_on_arrival` or the quantity of the item."),),
        example="`dead_on_arrival` counts live animals (term LIV), at most as many as arrived. Correct it for item 1.",
        example_faults=(ExampleFault("/items/0/dead_on_arrival"),),
    ),
    "endorsed-in-the-future": ProblemCode(
        status=422,
        meaning="The day of the endorsement is in the future in the country of export.",
        causes=("The date has a typing error.", "Customs endorses goods before they leave."),
        steps=(you("Correct `endorsed_on`, or endorse the permit on the day when the goods leave."),),
        example=(
            "The day of the endorsement, 2026-03-02, is in the future: in ZA it is 2026-03-01. Correct `endorsed_on`."
        ),
        example_faults=(ExampleFault("/endorsed_on"),),
    ),
    "endorsed-out-of-validity": ProblemCode(
        status=422,
        meaning="The permit was not valid on the day of the endorsement.",
        causes=("The date has a typing error.", "The goods left before the issue or after the end of the permit."),
        steps=(
            you("Correct `endorsed_on`. Do not let goods leave without a valid permit."),
            authority("Issue a new permit, if the old one has ended."),
        ),
        example=(
            "The permit is valid from 2026-03-01 to 2026-08-31. The endorsement is of 2026-09-02. Correct "
            "`endorsed_on`."
        ),
        example_faults=(ExampleFault("/endorsed_on"),),
    ),
    "items-counted-together": ProblemCode(
        status=422,
        meaning="Some items are parts of one specimen on the permit, so customs corrects all of them together.",
        causes=("The permit states one trophy, and the correction names its skull and not its skin.",),
        steps=(you("Send the actual quantity of each item that the detail names. Zero is possible."),),
        example="Items 1, 2 are parts that count together on line A. State the actual quantity of each of them.",
        example_faults=(ExampleFault("/items"),),
    ),
    "inexact-unit": ProblemCode(
        status=422,
        meaning="The unit has no exact conversion into the unit of the permit line.",
        causes=("The permit counts, for example, skins by number, and the declaration measures them in m2.",),
        steps=(you("Send the quantity in the unit of the permit line, as `detail` shows."),),
        example='The unit m2 has no exact conversion into number. Send the quantity with `"unit": "number"`.',
        example_faults=(ExampleFault("/items"),),
    ),
    "item-twice": ProblemCode(
        status=422,
        meaning="The request names an item twice.",
        causes=("Two entries of `items` have the same number.",),
        steps=(you("Send each item once, with its whole quantity."),),
        example="The request names an item twice. Send each item once.",
        example_faults=(ExampleFault("/items"),),
    ),
    "line-cited-already": ProblemCode(
        status=422,
        meaning="The item cites this permit line already.",
        causes=("The line that you name is one that the same item has.",),
        steps=(you("Name another line of the permit, or none."),),
        example="Item 1 cites line A already. Name another line.",
        example_faults=(ExampleFault("/line"),),
    ),
    "line-too-long": ProblemCode(
        status=422,
        meaning="A line of the file is longer than the hub reads.",
        causes=("A line break or a closing quote is missing.", "The file is not a CSV file."),
        steps=(you("Correct the file at the line that `detail` names, and send it again."),),
        example="Line 17 has more than 1048576 bytes. Check the line breaks and quotes of the file.",
        example_faults=(ExampleFault(""),),
    ),
    "line-missing": ProblemCode(
        status=422,
        meaning="The override needs the permit line that the item uses.",
        causes=("The item cites the permit without a line, and several lines are possible.",),
        steps=(you("Send the letter of the line as `line`."),),
        example="Item 1 cites no line of the permit. Send the letter of the line as `line`.",
        example_faults=(ExampleFault("/line"),),
    ),
    "more-than-declared": ProblemCode(
        status=422,
        meaning="The release states more than the trader declared.",
        causes=("More arrived or left than the item declares.", "The quantity or its unit has a typing error."),
        steps=(
            you("Correct the quantity, or refuse the goods."),
            trader("Amend the declaration before its release."),
            authority("Give consent to the excess: POST /v1/declarations/{id}/consent."),
        ),
        example=(
            "Item 1 is declared as 100 number. More needs the consent of the authority that issued the permit, or an "
            "amendment by the trader."
        ),
        example_faults=(ExampleFault("/items/0/quantity"),),
    ),
    "more-than-asked": ProblemCode(
        status=422,
        meaning="The grant exceeds the quantity that the application asks for.",
        causes=("The quantity of a granted line is above that of the application.",),
        steps=(
            you("Grant at most the quantity of the application."),
            trader("Send a new application, if you need more."),
        ),
        example="Line A asks for 120 number. Grant at most that quantity.",
        example_faults=(ExampleFault("/lines/0/quantity"),),
    ),
    "no-such-document": ProblemCode(
        status=422,
        meaning="The decision does not name exactly one permit of the item.",
        causes=(
            "The number is misspelt, or the item cites no such permit.",
            "The item uses several lines of the permit, or two permits of this number.",
            "The consent names no permit, and several permits share the quantity of the item.",
        ),
        steps=(
            you("Read the declaration, and name one of the permits of its item, with the line if it uses several."),
        ),
        example=("ZA-9 names 0 of the permits that the item uses. They are: ZA-1 line A, ZA-2 line A. Name one."),
        example_faults=(ExampleFault("/items/0/documents/0/number"),),
    ),
    "no-such-item": ProblemCode(
        status=422,
        meaning="The declaration has no item of this number.",
        causes=("The number is misspelt, or it is of an earlier version.",),
        steps=(you("Read the declaration, and name one of its items."),),
        example="The declaration has no item 7. Its items are: 1, 2. Name one of them.",
        example_faults=(ExampleFault("/items/0/number"),),
    ),
    "no-such-line": ProblemCode(
        status=422,
        meaning="The permit or the application has no such line.",
        causes=("The line is misspelt, or it is a line of another permit.",),
        steps=(you("Read the permit or the application, and name one of its lines."),),
        example="Permit ZA-2026-000123 has no line C. Its lines are: A, B. Name one of them.",
        example_faults=(ExampleFault("/lines/0/line"),),
    ),
    "nothing-taken": ProblemCode(
        status=422,
        meaning="The hub could load no row of the file, and the list is unchanged.",
        causes=("Each row breaks a rule of the list.", "The file has column names and no rows."),
        steps=(you("Correct the rows that `errors` names, each by line and column, and send the file again."),),
        example=(
            "The hub could load no row of the file, and the list is unchanged. Correct the rows that `errors` names."
        ),
        example_faults=(ExampleFault("/2/iso_code2", "unknown-country", "XX is not a country of ISO 3166-1 alpha-2."),),
        fault_codes=("unknown-country", "unknown-unit"),
    ),
    "override-incomplete": ProblemCode(
        status=422,
        meaning="The override of this finding needs more than a reason; `errors` names the missing fields.",
        causes=("The finding is about a line or a unit, and the override does not name the line or the quantity.",),
        steps=(you("Send the fields that `errors` names, with the reason."),),
        example="An override of one-line-meant needs: item, line. Send them with the reason.",
        example_faults=(ExampleFault("/line", "line-missing", "Send `line` with this override."),),
        fault_codes=("documents-missing", "item-missing", "line-missing", "quantity-missing"),
    ),
    "private-key-sent": ProblemCode(
        status=422,
        meaning="The request has a private key, and the hub accepts public keys only.",
        causes=("The file or the JWK has both halves of the key pair.",),
        steps=(
            you("Destroy this key pair: its private key has left your system."),
            you("Create a new pair, and send its public key."),
        ),
        example="This is a private key. Do not use it any more. Create a new pair, and send its public key.",
        example_faults=(ExampleFault("/public_key"),),
    ),
    "public-key-unfit": ProblemCode(
        status=422,
        meaning="The hub cannot use this key: it needs a public key on the curve P-256 (ES256) or Ed25519.",
        causes=(
            "The key is an RSA key or has another curve.",
            "The text is not a complete JWK or PEM.",
            "The key set is empty, or has two keys with one `kid`.",
        ),
        steps=(you("Create a key pair on P-256 or Ed25519, and send its public key as JWK or PEM."),),
        example="The PEM has no public key on the curve P-256 or Ed25519. Send such a key.",
        example_faults=(ExampleFault("/public_key"),),
    ),
    "quantity-missing": ProblemCode(
        status=422,
        meaning="The override needs the quantity of the permit line that the item uses.",
        causes=("The unit of the item has no exact conversion into the unit of the line.",),
        steps=(you("Send the quantity in the unit of the permit line as `quantity`."),),
        example="Item 1 has no quantity in the unit of line A, kg. Send it as `quantity`.",
        example_faults=(ExampleFault("/quantity"),),
    ),
    "quantity-stands": ProblemCode(
        status=422,
        meaning="The declared quantity converts exactly, so the override cannot state another.",
        causes=("The override has a `quantity` for an item whose unit converts into the unit of the line.",),
        steps=(
            you("Leave out `quantity`."),
            trader("Amend the declaration, if its quantity is wrong."),
        ),
        example="The unit g converts exactly into kg, so the declared quantity applies. Leave out `quantity`.",
        example_faults=(ExampleFault("/quantity"),),
    ),
    "url-not-allowed": ProblemCode(
        status=422,
        meaning="The hub does not send webhooks to this address.",
        causes=(
            "The scheme is http; only https is safe on a public network.",
            "The host is a private or local address.",
            "The address has a user name, a password or a fragment.",
        ),
        steps=(
            you("Send an https address that the public network reaches."),
            operator("Allow the network of the receiver in the settings, if it is inside your organisation."),
        ),
        example="The hub sends webhooks to https only. Send an address that begins with https://.",
        example_faults=(ExampleFault("/url"),),
    ),
    "write-offs-differ": ProblemCode(
        status=422,
        meaning="The quantities of the documents do not add up to the quantity of the item.",
        causes=("A quantity has a typing error.", "A document that is not named has nothing left of the item."),
        steps=(you("Correct a quantity, or leave out the quantity of the item."),),
        example="The documents of item 1 add up to 150 number, not to 140.",
        example_faults=(ExampleFault("/items/0/documents"),),
    ),
}
