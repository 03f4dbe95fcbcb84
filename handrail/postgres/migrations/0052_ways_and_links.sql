-- Replies that a company's own channel brings, and links with which a case is rated.

CREATE FUNCTION handrail.way_out(event handrail.case_event) RETURNS jsonb LANGUAGE sql STABLE AS $$
SELECT coalesce(
    (
        SELECT jsonb_build_object('channel', d.channel, 'address', d.address)
        FROM handrail.departures AS d
        WHERE event.kind = 'reply'
            AND d.case_id = event.case_id
            AND d.message_id = event.body ->> 'message_id'
            AND d.channel <> 'mail'
    ),
    '{}'
)
$$;
COMMENT ON FUNCTION handrail.way_out IS
'channel and address of a reply that a channel of the company''s own brings to the customer; nothing for any other event';

CREATE TABLE handrail.rating_links (
    link_hash text PRIMARY KEY CONSTRAINT rating_links_hash CHECK (link_hash ~ '^[0-9a-f]{64}$'),
    case_id text NOT NULL REFERENCES handrail.cases,
    made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL
);
COMMENT ON TABLE handrail.rating_links IS
'links with which the customer of one case may rate it and nothing else: of each its SHA-256 alone';
CREATE INDEX rating_links_by_end ON handrail.rating_links (expires_at);
