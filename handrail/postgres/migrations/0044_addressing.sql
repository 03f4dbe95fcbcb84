-- Messages of webhooks are made by one statement, and only while somebody is to be called.

CREATE FUNCTION handrail.address_webhooks(most bigint) RETURNS TABLE (endpoint_id text, case_id text) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    known bigint;
    until bigint;
BEGIN
    -- Where nothing is new, nothing is locked and nothing written.
    IF NOT EXISTS (
        SELECT FROM handrail.webhook_cursor AS c WHERE c.position < (SELECT max(e.position) FROM handrail.case_event AS e)
    ) THEN
        RETURN;
    END IF;
    SELECT c.position INTO STRICT known FROM handrail.webhook_cursor AS c FOR UPDATE;
    SELECT least(max(e.position), known + most) INTO until FROM handrail.case_event AS e;
    RETURN QUERY
    INSERT INTO handrail.webhook_messages AS m (message_id, endpoint_id, case_id, sequence)
    SELECT
        'msg_' || left(encode(sha256(convert_to(w.endpoint_id || '/' || e.case_id || '/' || e.sequence, 'UTF8')), 'hex'), 32),
        w.endpoint_id, e.case_id, e.sequence
    FROM handrail.case_event AS e
    CROSS JOIN handrail.webhook_endpoints AS w
    WHERE e.position > known
        AND e.position <= until
        AND w.removed_at IS NULL
        AND w.added_at <= e.at
        AND (w.kinds = '{}' OR e.kind = ANY(w.kinds))
    ORDER BY e.position
    ON CONFLICT DO NOTHING
    RETURNING m.endpoint_id, m.case_id;
    UPDATE handrail.webhook_cursor AS c SET position = until WHERE c.position < until;
END
$$;
COMMENT ON FUNCTION handrail.address_webhooks IS
'one message for each endpoint that wants an event and was there by then, of at most so many events; workers do it one after the other';
