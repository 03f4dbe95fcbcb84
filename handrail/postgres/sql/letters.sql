-- name: due_letters
WITH due AS (
    SELECT l.letter_id FROM handrail.letters AS l
    WHERE l.state = 'waiting' AND l.next_at <= clock_timestamp()
    ORDER BY l.next_at, l.letter_id
    LIMIT %(most)s
    FOR UPDATE SKIP LOCKED
)

UPDATE handrail.letters AS l SET attempts = l.attempts + 1, next_at = clock_timestamp() + %(lease)s
FROM due WHERE l.letter_id = due.letter_id
RETURNING l.letter_id, l.kind, l.recipient, l.address, l.language, l.case_id, l.attempts, l.noted_at;

-- name: settle_letter
UPDATE handrail.letters SET state = %(state)s, words = %(words)s, settled_at = clock_timestamp()
WHERE letter_id = %(letter_id)s AND state = 'waiting'
RETURNING letter_id;

-- name: postpone_letter
UPDATE handrail.letters
SET words = %(words)s, next_at = clock_timestamp() + %(pause)s, attempts = attempts - CASE WHEN %(counts)s THEN 0 ELSE 1 END
WHERE letter_id = %(letter_id)s AND state = 'waiting'
RETURNING letter_id;

-- name: begin_notices
-- Whoever is told for the first time is told of what happens from now on.
INSERT INTO handrail.notice_cursor (position) SELECT coalesce(max(e.position), 0) FROM handrail.case_event AS e
ON CONFLICT (single) DO NOTHING
RETURNING position;

-- name: notice_span
SELECT c.position AS known, least((SELECT coalesce(max(e.position), 0) FROM handrail.case_event AS e), c.position + %(most)s) AS until
FROM handrail.notice_cursor AS c;

-- name: waiting_news
SELECT e.position, w.* FROM handrail.case_event AS e
CROSS JOIN LATERAL handrail.what_waits(e) AS w
WHERE e.position > %(known)s AND e.position <= %(until)s AND e.kind = 'waiting'
ORDER BY e.position;

-- name: note_notices
WITH moved AS (
    UPDATE handrail.notice_cursor SET position = %(until)s WHERE position = %(known)s RETURNING position
)

INSERT INTO handrail.notices (person, position, case_id, approval_id, revision)
SELECT t.person, t.position, t.case_id, t.approval_id, t.revision
FROM jsonb_to_recordset(%(told)s::jsonb) AS t (person text, position bigint, case_id text, approval_id text, revision integer)
WHERE EXISTS (SELECT FROM moved)
ON CONFLICT DO NOTHING
RETURNING position;

-- name: untold_people
SELECT
    n.person,
    min(n.noted_at) AS since,
    (
        SELECT max(coalesce(l.settled_at, l.noted_at)) FROM handrail.letters AS l
        WHERE l.kind = 'waiting' AND l.recipient = n.person AND l.state IN ('waiting', 'sent')
            AND l.noted_at > clock_timestamp() - interval '7 days'
    ) AS last,
    EXISTS (
        SELECT FROM handrail.letters AS l WHERE l.kind = 'waiting' AND l.recipient = n.person AND l.state = 'waiting'
    ) AS pending
FROM handrail.notices AS n
WHERE n.letter_id IS NULL AND n.dropped_at IS NULL
GROUP BY n.person;

-- name: gather_notices
-- Two that gather for one person at once make the same letter: its id is that of the first thing it tells.
WITH untold AS (
    SELECT n.person, n.position FROM handrail.notices AS n
    WHERE n.person = %(person)s AND n.letter_id IS NULL AND n.dropped_at IS NULL
),

letter AS (
    INSERT INTO handrail.letters (letter_id, kind, recipient, address, language)
    SELECT
        'waiting-' || left(encode(sha256(convert_to(u.person || '/' || min(u.position), 'UTF8')), 'hex'), 32),
        'waiting', u.person, %(address)s, %(language)s
    FROM untold AS u GROUP BY u.person
    ON CONFLICT (letter_id) DO NOTHING
    RETURNING letter_id
)

UPDATE handrail.notices AS n SET letter_id = letter.letter_id
FROM letter, untold AS u
WHERE n.person = u.person AND n.position = u.position AND n.letter_id IS NULL
RETURNING n.position;

-- name: forgo_notices
UPDATE handrail.notices SET dropped_at = clock_timestamp()
WHERE person = %(person)s AND letter_id IS NULL AND dropped_at IS NULL
RETURNING position;

-- name: letter_items
SELECT n.position, w.* FROM handrail.notices AS n
INNER JOIN handrail.case_event AS e ON n.position = e.position
CROSS JOIN LATERAL handrail.what_waits(e) AS w
WHERE n.letter_id = %(letter_id)s
ORDER BY w.due_at, n.position;

-- name: mail_of_customer
-- Their own mailbox's word: the newest address that was vouched for and opened or went on with a case of theirs.
SELECT m.sender AS address FROM handrail.cases AS c
INNER JOIN handrail.mails AS m ON c.case_id = m.case_id AND c.customer_id = m.customer_id
WHERE c.customer_id = %(customer_id)s
    AND m.incoming AND m.disposition IN ('opened', 'continued') AND m.vouched <> '' AND m.sender IS NOT NULL
ORDER BY m.at DESC LIMIT 1;

-- name: ask_for_transcript
-- The same asking twice is one letter; so many of a customer's a day, and one of a case within some minutes.
WITH before AS (
    SELECT
        count(*) FILTER (WHERE l.noted_at > clock_timestamp() - interval '1 day') AS within_a_day,
        count(*) FILTER (WHERE l.case_id = %(case_id)s AND l.noted_at > clock_timestamp() - %(pause)s::interval) AS of_late
    FROM handrail.letters AS l
    WHERE l.kind = 'transcript' AND l.recipient = ANY(handrail.kin(%(customer_id)s)) AND l.letter_id <> %(letter_id)s
),

made AS (
    INSERT INTO handrail.letters (letter_id, kind, recipient, address, language, case_id)
    SELECT %(letter_id)s, 'transcript', %(customer_id)s, %(address)s, %(language)s, %(case_id)s
    FROM before WHERE before.within_a_day < %(a_day)s AND before.of_late = 0
    ON CONFLICT (letter_id) DO NOTHING
    RETURNING letter_id
)

SELECT EXISTS (SELECT FROM made)
    OR EXISTS (SELECT FROM handrail.letters AS l WHERE l.letter_id = %(letter_id)s) AS taken;

-- name: letter_transcript
SELECT
    m.message_id, m.author, m.text, m.at, m.turn, m.sequence, m.language, m."by", coalesce(m.approved, FALSE) AS approved,
    m.edited_at, m.withdrawn_at
FROM handrail.messages AS m
INNER JOIN handrail.cases AS c ON m.case_id = c.case_id
WHERE m.case_id = %(case_id)s AND c.customer_id = %(customer_id)s
ORDER BY m.sequence, m.at, m.message_id;
