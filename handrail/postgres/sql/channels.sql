-- name: note_arrival
INSERT INTO handrail.arrivals (case_id, message_id, channel, address)
VALUES (%(case_id)s, %(message_id)s, %(channel)s, %(address)s)
ON CONFLICT (case_id, message_id) DO NOTHING
RETURNING case_id;

-- name: arrival
SELECT 1 FROM handrail.arrivals WHERE case_id = %(case_id)s AND message_id = %(message_id)s;

-- name: due_departures
WITH due AS (
    SELECT d.case_id, d.message_id FROM handrail.departures AS d
    WHERE d.channel = %(channel)s AND d.state = 'waiting' AND d.next_at <= clock_timestamp()
    ORDER BY d.next_at, d.case_id, d.message_id
    LIMIT %(most)s
    FOR UPDATE SKIP LOCKED
)

UPDATE handrail.departures AS d SET attempts = d.attempts + 1, next_at = clock_timestamp() + %(lease)s
FROM due, handrail.messages AS m, handrail.cases AS c
WHERE d.case_id = due.case_id AND d.message_id = due.message_id
    AND m.case_id = d.case_id AND m.message_id = d.message_id AND c.case_id = d.case_id
RETURNING
    d.case_id, d.message_id, d.channel, d.address, d.answers, d.attempts, d.noted_at, m.author, m."by", m.text, m.at,
    coalesce(m.language, c.language) AS language;

-- name: settle_departure
UPDATE handrail.departures SET state = %(state)s, words = %(words)s, settled_at = clock_timestamp()
WHERE case_id = %(case_id)s AND message_id = %(message_id)s AND state = 'waiting';

-- name: postpone_departure
UPDATE handrail.departures SET words = %(words)s, next_at = clock_timestamp() + %(pause)s
WHERE case_id = %(case_id)s AND message_id = %(message_id)s AND state = 'waiting';

-- name: listen_departures
LISTEN handrail_departures;
