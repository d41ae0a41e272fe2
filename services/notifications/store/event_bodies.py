"""The body of an event for a party: all of it for an office or a partner with a grant, else the holders' body."""


def body_for_party_sql(*, event: str, party: str) -> str:
    """Return the SQL expression of a body. `event` is the name of the row of events, `party` the expression of the id.

    Few events have a body for holders. For all others, the expression reads no other table.
    """
    return f"""
        CASE WHEN {event}.holder_body IS NULL
               OR EXISTS (SELECT FROM audience_keys
                          WHERE audience_keys.party_id = {party} AND starts_with(audience_key, 'office:')
                            AND jsonb_exists({event}.audience -> 'audience_keys', audience_key))
               OR EXISTS (SELECT FROM grants
                          WHERE grants.party_id = {party} AND jsonb_exists({event}.audience -> 'countries', country)
                            AND patterns && {event}.matching_patterns)
             THEN {event}.body ELSE {event}.holder_body END
    """  # noqa: S608
