-- Replies to mail that is longer than a message leave, too, and what was said behind such a mail leaves now.

-- What an older worker says meanwhile waits until the trigger knows parts; else nothing would send it.
LOCK TABLE handrail.messages IN SHARE ROW EXCLUSIVE MODE;

CREATE FUNCTION handrail.message_answered(of_case text) RETURNS text STABLE LANGUAGE sql AS $$
SELECT coalesce(m.part_of, m.corrects, m.message_id) FROM handrail.messages AS m
WHERE m.case_id = of_case AND m.author = 'customer' AND (m.part_of IS NOT NULL OR m.message_id NOT LIKE '~%')
ORDER BY m.sequence DESC, m.at DESC, m.message_id DESC LIMIT 1
$$;
COMMENT ON FUNCTION handrail.message_answered IS
'the customer''s latest message, as it came in: parts and corrections, which stand behind it, arrived with it; '
'older parts name no message and count for none';

CREATE OR REPLACE FUNCTION handrail.note_departure() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    latest text := handrail.message_answered(NEW.case_id);
    way handrail.arrivals;
BEGIN
    SELECT a.* INTO way FROM handrail.arrivals AS a WHERE a.case_id = NEW.case_id AND a.message_id = latest;
    IF way.address IS NOT NULL THEN
        INSERT INTO handrail.departures (case_id, message_id, channel, address, answers)
        VALUES (NEW.case_id, NEW.message_id, way.channel, way.address, latest);
        PERFORM pg_notify('handrail_departures', way.channel);
    END IF;
    RETURN NULL;
END
$$;

-- What was said to a customer whose latest message has parts was taken for read where they wrote. Where nothing came from them
-- since, and their case is not closed, they wait for it. Each leaves as of when it was said: a machine's word stays here where
-- a person has written since.
INSERT INTO handrail.departures (case_id, message_id, channel, address, answers, noted_at, next_at)
SELECT r.case_id, r.message_id, a.channel, a.address, a.message_id, r.recorded_at, r.recorded_at
FROM handrail.cases AS c
CROSS JOIN LATERAL (
    SELECT m.message_id, m.recorded_at FROM handrail.messages AS m
    WHERE m.case_id = c.case_id AND m.author = 'customer'
    ORDER BY m.sequence DESC, m.at DESC, m.message_id DESC LIMIT 1
) AS part
INNER JOIN handrail.arrivals AS a ON c.case_id = a.case_id AND a.message_id = handrail.message_answered(c.case_id)
INNER JOIN handrail.messages AS r ON c.case_id = r.case_id AND r.author <> 'customer' AND r.recorded_at >= part.recorded_at
WHERE c.status <> 'Closed' AND part.message_id LIKE '~%' AND a.channel = 'mail' AND a.address IS NOT NULL
ON CONFLICT (case_id, message_id) DO NOTHING;
