"""Problem codes about the caller: its identity, its roles, its mandates, its rate."""

from shared.contracts.problems.problem_code import (
    ExampleFault,
    ProblemCode,
    administrator,
    authority,
    customs,
    operator,
    trader,
    you,
)

CALLER_PROBLEMS = {
    "unauthenticated": ProblemCode(
        status=401,
        meaning="The request has no valid access token.",
        causes=(
            "The header Authorization is missing, or it has another form than `Bearer <token>`.",
            "The token has expired, or another hub issued it.",
            "The administrator ended the credential or disabled the party.",
        ),
        steps=(
            you("Request a new token at POST /oauth2/token and send it in the header Authorization."),
            administrator("Create a new credential for the party, if the old one was ended."),
        ),
        example=(
            "The access token is not valid: it has expired, or another hub issued it. Request one: POST /oauth2/token."
        ),
    ),
    "role-not-allowed": ProblemCode(
        status=403,
        meaning="None of your party's roles may use this route.",
        causes=(
            "The route is for another role, such as customs.",
            "Your party lacks a role that it should have.",
        ),
        steps=(
            you("Read your roles at GET /v1/me, and use the routes of those roles."),
            administrator("Add the role to the party, if it has that task."),
        ),
        example=(
            "Only the role customs may do this; your party has the role trader. Leave it to a party with that role. If "
            "it is your task, the administrator of the hub adds the role."
        ),
    ),
    "not-your-declaration": ProblemCode(
        status=403,
        meaning="The declaring side is neither you nor a trader whose mandate you have today.",
        causes=(
            "The identifier of the importer (import) or the exporter (export) is none of yours.",
            "`trader` names a party that gave you no mandate, or whose mandate has ended.",
            "Customs lodged for a trader. It lodges only for a traveller without an identifier, in its own country.",
        ),
        steps=(
            you("Compare the identifier with those of GET /v1/me, and correct it."),
            you("As customs, leave the identifier of a traveller out."),
            trader("Grant a mandate to the agent: POST /v1/mandates."),
            administrator("Add the identifier to the party, if it is missing there."),
        ),
        example=(
            "The identifier of the importer is neither yours nor of a trader whose mandate you have today. Found: "
            "FR999. At import the importer declares. Use an identifier of GET /v1/me, correct `movement`, or ask the "
            "trader for a mandate."
        ),
        example_faults=(ExampleFault("/importer/identifier"),),
    ),
    "not-your-application": ProblemCode(
        status=403,
        meaning="The application names neither you nor a trader whose mandate you have today.",
        causes=(
            "Neither the exporter's nor the importer's identifier is yours, in your country.",
            "`trader` names a party that gave you no mandate, or whose mandate has ended.",
        ),
        steps=(
            you("Correct the identifier or the country: yours are at GET /v1/me."),
            trader("Grant or renew the mandate: POST /v1/mandates."),
        ),
        example=(
            "The identifiers of exporter and importer are none of yours, nor of a trader whose mandate you have today. "
            "Apply under an identifier and the country of GET /v1/me."
        ),
    ),
    "not-your-mandate": ProblemCode(
        status=403,
        meaning="The trader, or the administrator, grants and revokes a mandate. Its agent accepts it.",
        causes=(
            "`trader` names another party than yours.",
            "You are the agent of this mandate, and an agent cannot revoke it.",
            "You are not the agent of this mandate, and only the agent accepts it.",
        ),
        steps=(
            trader("Grant or revoke the mandate with your own credential."),
            trader("Ask the agent to accept the mandate."),
            you("Leave out `trader`, if you grant a mandate for your own party."),
        ),
        example="`trader` names another party. Leave it out: you can grant mandates for your own party only.",
    ),
    "not-the-issuing-authority": ProblemCode(
        status=403,
        meaning="Only the Management Authority of the issuing country writes its permits.",
        causes=(
            "The field `issuer` names another country than yours.",
            "The issuing country has an authority on this hub, so the importing country cannot register its permits.",
        ),
        steps=(
            you("Correct `issuer`, if it is wrong."),
            authority("Issue the permit as the authority of the issuing country."),
        ),
        example="The authority of ZA writes the permits of ZA. Yours is the authority of FR. Correct `issuer`.",
    ),
    "conflict-of-interest": ProblemCode(
        status=403,
        meaning="A party that is both an office and a trader decides nothing about its own goods.",
        causes=(
            "Your party lodged the declaration or the application, for itself or as an agent.",
            "Your party, or a trader that it represents, is the exporter or the importer.",
            "Your party is customs and a trader, and lodged the declaration for a traveller.",
        ),
        steps=(
            you("Leave the decision to another office of your country."),
            administrator("Give the office and the trader a party each, if another office is missing."),
        ),
        example=(
            "Your party is the trader or its agent here, so it decides nothing about these goods. Another office of "
            "your country decides."
        ),
    ),
    "issuer-has-authority": ProblemCode(
        status=403,
        meaning="The issuing country has an authority on the hub, so the power of the registering country has ended.",
        causes=(
            "Your country registered the permit before the authority of its issuer joined the hub.",
            "The authority of the issuer is disabled. It is still the one that writes its permits.",
        ),
        steps=(
            authority("Take over, replace or revoke the permit as the authority of the issuing country."),
            customs("Endorse the permit as customs of the country of export."),
            administrator("Enable the authority of the issuing country, if it is disabled."),
        ),
        example=(
            "ZA has an authority on the hub. So the power of FR over permit ZA-2026-000123 has ended: ask the "
            "authority of ZA, which writes its permits."
        ),
    ),
    "party-required": ProblemCode(
        status=403,
        meaning="A service of the hub sent a request that only a party may send.",
        causes=("Two services of the hub have different versions, or one calls the wrong route.",),
        steps=(operator("Update all services of the hub to one version, and read the logs of the request id."),),
        example=(
            "A service sent a request that only a party may send. The operator of the hub checks the calling service."
        ),
    ),
    "service-required": ProblemCode(
        status=403,
        meaning="A party sent a request that only a service of the hub may send.",
        causes=("Two services of the hub have different versions, or one calls the wrong route.",),
        steps=(operator("Update all services of the hub to one version, and read the logs of the request id."),),
        example=(
            "A party sent a request that only a service may send. The operator of the hub checks the calling service."
        ),
    ),
    "service-not-allowed": ProblemCode(
        status=403,
        meaning="This service of the hub may not send this request.",
        causes=("A service signs its calls with the key of another one, or calls the wrong route.",),
        steps=(operator("Check the signing keys and the addresses in the settings of the services."),),
        example="Only the service permits may send this request. The operator of the hub checks the calling service.",
    ),
    "not-found": ProblemCode(
        status=404,
        meaning="Nothing that you may read has this address.",
        causes=(
            "The path or the id is misspelt, or the id is of another kind of thing.",
            "Another party owns it: the hub gives the same response for that.",
            "The declaration is new, and the permits service does not have it yet.",
        ),
        steps=(
            you("Compare the path with the API reference, and the id with the response that named it."),
            you("Repeat the request after a moment, if the thing is a few seconds old."),
        ),
        example="Nothing that you may read has this address. Check the path and the id.",
    ),
    "too-many-bulk-requests": ProblemCode(
        status=429,
        meaning="Your party has too many bulk requests under way.",
        causes=("Several of your systems, or several threads of one, send bulk requests at the same time.",),
        steps=(
            you("Send more lines in one request, and fewer requests at the same time."),
            you("Wait for the seconds in the header Retry-After, then send the request again with the same keys."),
        ),
        example="Your party already has 8 bulk requests under way. Send this one when one of them has ended.",
    ),
    "too-many-waits": ProblemCode(
        status=429,
        meaning="Your party has too many requests that wait for events.",
        causes=(
            "Several of your systems, or several threads of one, read the feed with `Prefer: wait`.",
            "Your software sends a new request before the response to the previous one.",
        ),
        steps=(
            you("Read the feed with one request at a time: send the next one after the response."),
            you("Wait for the seconds in the header Retry-After, or send the request without `Prefer: wait`."),
        ),
        example=(
            "Your party already has 4 requests that wait for events. Wait for their responses, or send the request "
            "without `Prefer: wait`."
        ),
    ),
    "too-many-requests": ProblemCode(
        status=429,
        meaning="Your party, or an address that has not signed in, sent more requests than its rate limit allows.",
        causes=(
            "Your software sends many requests in a short time, or repeats failed ones without a pause.",
            "Several of your systems share the limit, because it counts per party, and before sign-in per address.",
            "Your software requests a new access token for each request, in place of one for an hour.",
        ),
        steps=(
            you("Wait for the seconds in the header Retry-After, then go on. The header RateLimit shows the rest."),
            you("Read the feed (GET /v1/events) or receive webhooks in place of repeated reads."),
            operator("Raise the rate limit, if the party needs more."),
        ),
        example="Your party may send 1000 requests in 10 s. Wait 4 s, then go on.",
    ),
    "too-many-sign-ins": ProblemCode(
        status=429,
        meaning="Sign-ins from your address failed several times, so the hub refuses the next ones for some time.",
        causes=(
            "Your software repeats a wrong client id, secret or assertion without a pause.",
            "Another machine behind the same address tries many client ids.",
            "A proxy in front of the hub is not among its trusted proxies, so all clients have its address.",
        ),
        steps=(
            you("Correct the client id and its secret. Wait for the seconds in the header Retry-After, then go on."),
            administrator("Give the party a new credential, if its secret is lost."),
            operator("Set GATEWAY_TRUSTED_PROXIES, and look for `sign_in.failed` in the log of the gateway."),
        ),
        example=(
            "This client failed to sign in several times. Wait 8 s, then go on. Check the client id and its secret "
            "first."
        ),
    ),
}
