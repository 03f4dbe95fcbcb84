-- name: known_mail
SELECT m.disposition, m.case_id, m.message_id, m.customer_id, m.words, m.settled_at IS NOT NULL AS settled
FROM handrail.mails AS m WHERE m.mail_id = %(mail_id)s;

-- name: keep_mail
INSERT INTO handrail.mails (
    mail_id, incoming, header_id, "references", sender, recipient, subject, vouched, automatic, disposition, words, case_id,
    message_id, customer_id, size, raw
) VALUES (
    %(mail_id)s, %(incoming)s, %(header_id)s, %(references)s, %(sender)s, %(recipient)s, %(subject)s, %(vouched)s,
    %(automatic)s, %(disposition)s, %(words)s, %(case_id)s, %(message_id)s, %(customer_id)s, %(size)s, %(raw)s
)
ON CONFLICT (mail_id) DO NOTHING;

-- name: keep_mail_attachment
INSERT INTO handrail.mail_attachments (mail_id, position, name, size, kind, sha256, refused)
VALUES (%(mail_id)s, %(position)s, %(name)s, %(size)s, %(kind)s, %(sha256)s, %(refused)s)
ON CONFLICT (mail_id, position) DO NOTHING;

-- name: decide_mail_again
UPDATE handrail.mails
SET
    disposition = %(disposition)s,
    case_id = %(case_id)s,
    message_id = %(message_id)s,
    customer_id = %(customer_id)s,
    words = %(words)s
WHERE mail_id = %(mail_id)s AND settled_at IS NULL;

-- name: settle_mail
UPDATE handrail.mails SET settled_at = clock_timestamp() WHERE mail_id = %(mail_id)s AND settled_at IS NULL;

-- name: sent_mail
SELECT m.case_id FROM handrail.mails AS m WHERE m.header_id = %(header_id)s AND NOT m.incoming LIMIT 1;

-- name: case_of_thread
SELECT m.case_id FROM handrail.mails AS m
WHERE m.header_id = ANY(%(references)s) AND m.case_id IS NOT NULL
    AND (NOT m.incoming OR m.disposition IN ('opened', 'continued', 'people'))
ORDER BY array_position(%(references)s, m.header_id), m.incoming, m.at DESC
LIMIT 1;

-- name: customer_of_kept_case
SELECT c.customer_id FROM handrail.cases AS c WHERE c.case_id = %(case_id)s;

-- name: customer_of_mailed_case
SELECT m.customer_id FROM handrail.mails AS m
WHERE m.case_id = %(case_id)s AND m.incoming AND m.disposition IN ('opened', 'people') AND m.customer_id IS NOT NULL
ORDER BY m.at LIMIT 1;

-- name: note_mail_bounced
UPDATE handrail.mails SET bounced = %(words)s WHERE header_id = %(header_id)s AND NOT incoming AND bounced IS NULL;

-- name: mail_that_is_answered
SELECT m.header_id AS message_id, m."references", m.subject FROM handrail.mails AS m
WHERE m.case_id = %(case_id)s AND m.message_id = %(message_id)s AND m.incoming
ORDER BY m.at LIMIT 1;

-- name: mail_sent_before
SELECT
    count(*) FILTER (WHERE m.at > clock_timestamp() - interval '1 day') AS within_a_day,
    extract(EPOCH FROM clock_timestamp() - max(m.at))::double precision AS seconds_since,
    (
        SELECT b.bounced FROM handrail.mails AS b
        WHERE b.recipient = %(recipient)s AND NOT b.incoming AND b.automatic AND b.bounced IS NOT NULL
            AND b.at > clock_timestamp() - interval '7 days'
        ORDER BY b.at DESC LIMIT 1
    ) AS bounced,
    NOT EXISTS (
        SELECT FROM handrail.mails AS f
        WHERE f.case_id = %(case_id)s AND NOT f.incoming AND f.mail_id <> %(mail_id)s
    ) AS first_of_case,
    EXISTS (
        SELECT FROM handrail.messages AS p
        INNER JOIN handrail.departures AS d ON d.case_id = p.case_id AND d.message_id = %(message_id)s
        WHERE p.case_id = %(case_id)s AND p.author = 'person' AND p.recorded_at > d.noted_at
    ) AS overtaken
FROM handrail.mails AS m
WHERE m.recipient = %(recipient)s AND NOT m.incoming AND m.automatic AND m.mail_id <> %(mail_id)s
    AND m.at > clock_timestamp() - interval '7 days';

-- name: mail_entries
SELECT e.* FROM (
    SELECT
        m.mail_id, TRUE AS incoming, m.at, m.sender, m.recipient, m.subject, m.disposition, m.vouched, m.words, m.case_id, m.size,
        coalesce(
            (
                SELECT jsonb_agg(to_jsonb(a) - 'mail_id' ORDER BY a.position) FROM handrail.mail_attachments AS a
                WHERE a.mail_id = m.mail_id
            ),
            '[]'
        ) AS attachments
    FROM handrail.mails AS m
    WHERE m.incoming
        AND (%(case_id)s::text IS NULL OR m.case_id = %(case_id)s)
        AND (%(disposition)s::text IS NULL OR m.disposition = %(disposition)s)
    UNION ALL
    SELECT
        coalesce(m.mail_id, d.message_id), FALSE, coalesce(d.settled_at, d.noted_at), NULL, d.address, coalesce(m.subject, ''),
        d.state, '', concat_ws(' ', d.words, m.bounced), d.case_id, coalesce(m.size, 0), '[]'
    FROM handrail.departures AS d
    LEFT JOIN handrail.mails AS m ON d.case_id = m.case_id AND d.message_id = m.message_id AND NOT m.incoming
    WHERE d.channel = 'mail' AND %(disposition)s::text IS NULL AND (%(case_id)s::text IS NULL OR d.case_id = %(case_id)s)
) AS e
ORDER BY e.at DESC, e.mail_id
LIMIT %(most)s;

-- name: raw_mail
SELECT m.raw FROM handrail.mails AS m WHERE m.mail_id = %(mail_id)s;

-- name: sweep_mail_sources
-- The source alone goes, and who has a case keeps it: by what stays, answers find their case and the same mail counts once.
-- Of a customer under a legal hold all stays; so does, as long as there is one, what has neither customer nor case.
UPDATE handrail.mails AS m SET raw = '', swept_at = clock_timestamp()
FROM (
    SELECT o.mail_id FROM handrail.mails AS o
    LEFT JOIN handrail.cases AS c ON o.case_id = c.case_id
    WHERE o.swept_at IS NULL
        AND o.at < now() - %(older)s::interval
        AND (o.settled_at IS NOT NULL OR NOT o.incoming)
        AND (c.case_id IS NULL OR (c.status = 'Closed' AND c.updated_at < now() - %(older)s::interval))
        AND NOT EXISTS (
            SELECT FROM handrail.legal_holds AS h
            WHERE h.cleared_at IS NULL
                AND coalesce(coalesce(c.customer_id, o.customer_id) = ANY(handrail.kin(h.customer_id)), TRUE)
        )
    ORDER BY o.at
    LIMIT %(most)s
) AS old
WHERE m.mail_id = old.mail_id
RETURNING m.mail_id;

-- name: mailbox_read
SELECT b.validity, b.uid FROM handrail.mailboxes AS b WHERE b.mailbox = %(mailbox)s;

-- name: note_mailbox_read
INSERT INTO handrail.mailboxes (mailbox, validity, uid) VALUES (%(mailbox)s, %(validity)s, %(uid)s)
ON CONFLICT (mailbox) DO UPDATE SET validity = excluded.validity, uid = excluded.uid, read_at = clock_timestamp();
