-- What became of cases: ratings, the definitions in force, a row for each case, and a view for each indicator.

CREATE INDEX cases_by_opening ON handrail.cases (opened_at, case_id);

CREATE TABLE handrail.outcome_settings (
    single boolean PRIMARY KEY DEFAULT TRUE CONSTRAINT outcome_settings_single CHECK (single),
    version text NOT NULL,
    excluded_channels text[] NOT NULL,
    survey_share double precision NOT NULL CONSTRAINT outcome_settings_share CHECK (survey_share BETWEEN 0 AND 1),
    set_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE handrail.outcome_settings IS 'outcomes.yaml as it is in force; version is the start of the file''s SHA-256';
INSERT INTO handrail.outcome_settings (version, excluded_channels, survey_share)
VALUES ('', '{a2a,bench,conformance,drill,file,rehearsal,sample,simulation,test}', 0.5);

CREATE TABLE handrail.outcome_definitions (
    indicator text PRIMARY KEY,
    version integer NOT NULL,
    matures_after interval NOT NULL
);
COMMENT ON TABLE handrail.outcome_definitions IS
'how long each indicator waits behind the moment that it counts from; one that is not here counts nothing';

CREATE TABLE handrail.surveys (
    case_id text PRIMARY KEY REFERENCES handrail.cases,
    offered_at timestamptz NOT NULL,
    share double precision NOT NULL
);
COMMENT ON TABLE handrail.surveys IS 'cases whose customers are asked for a rating: a fixed share by hash of the id, whatever the end';

CREATE TABLE handrail.ratings (
    case_id text NOT NULL REFERENCES handrail.cases,
    survey_id text NOT NULL,
    csat smallint CONSTRAINT ratings_csat CHECK (csat BETWEEN 1 AND 5),
    nps smallint CONSTRAINT ratings_nps CHECK (nps BETWEEN 0 AND 10),
    solved boolean,
    comment text CONSTRAINT ratings_comment CHECK (length(comment) <= 4000),
    rated_at timestamptz NOT NULL,
    changes integer NOT NULL DEFAULT 0,
    PRIMARY KEY (case_id, survey_id),
    CONSTRAINT ratings_say_something CHECK (num_nonnulls(csat, nps, solved) > 0)
);
COMMENT ON TABLE handrail.ratings IS 'what customers said of their cases, once for each survey; comment is a customer''s own text';

-- The first eight hexadecimal digits of the id's MD5 as a part of 1: the same for a case whenever it is asked.
CREATE FUNCTION handrail.survey_place(case_id text) RETURNS double precision LANGUAGE sql IMMUTABLE AS $$
SELECT ('x' || left(md5(case_id), 8))::bit(32)::bigint::double precision / 4294967296
$$;

CREATE FUNCTION handrail.offer_survey() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO handrail.surveys (case_id, offered_at, share)
    SELECT NEW.case_id, NEW.updated_at, s.survey_share
    FROM handrail.outcome_settings AS s
    WHERE NEW.channel <> ALL(s.excluded_channels) AND handrail.survey_place(NEW.case_id) < s.survey_share
    ON CONFLICT (case_id) DO NOTHING;
    RETURN NULL;
END
$$;
CREATE TRIGGER cases_offer_a_survey AFTER INSERT OR UPDATE OF status ON handrail.cases
FOR EACH ROW WHEN (NEW.status IN ('Resolved', 'Closed'))
EXECUTE FUNCTION handrail.offer_survey();

-- How long a case was with whom until it first ended: agent, customer, waiting (for a person), person.
CREATE FUNCTION handrail.case_seconds(wanted text, until timestamptz, OUT agent double precision, OUT customer double precision,
    OUT waiting double precision, OUT person double precision) LANGUAGE sql STABLE AS $$
WITH events AS (
    SELECT c.opened_at AS at, 0 AS rank, 'agent' AS code FROM handrail.cases AS c WHERE c.case_id = wanted
    UNION ALL
    SELECT a.at, CASE WHEN a.action IN ('claim', 'reply', 'hand_back') THEN 3 ELSE 2 END, CASE
        WHEN a.action = 'turn:AwaitingCustomer' THEN 'customer'
        WHEN a.action = 'reply' THEN 'customer of a person'
        WHEN a.action = 'claim' THEN 'person'
        WHEN a.action = 'hand_back' THEN 'agent'
        ELSE 'waiting'
    END
    FROM handrail.audit AS a
    WHERE a.case_id = wanted AND a.at <= until AND a.action IN (
        'turn:AwaitingCustomer', 'reply', 'claim', 'hand_back', 'turn:WithHuman', 'hand_over', 'release', 'overdue'
    )
    UNION ALL
    SELECT p.opened_at, 1, 'waiting' FROM handrail.approvals AS p WHERE p.case_id = wanted AND p.opened_at <= until
    UNION ALL
    SELECT (p.decision ->> 'decided_at')::timestamptz, 1, 'agent' FROM handrail.approvals AS p
    WHERE p.case_id = wanted AND p.decision IS NOT NULL AND (p.decision ->> 'decided_at')::timestamptz <= until
    UNION ALL
    SELECT m.at, 1, NULL FROM handrail.messages AS m WHERE m.case_id = wanted AND m.author = 'customer' AND m.at <= until
),

numbered AS (
    SELECT at, rank, code, lead(at, 1, until) OVER in_order - at AS lasted, count(code) OVER in_order AS stretch
    FROM events WINDOW in_order AS (ORDER BY at, rank)
),

told AS (
    SELECT lasted, code IS NULL AS written, first_value(code) OVER (PARTITION BY stretch ORDER BY at, rank) AS code
    FROM numbered
),

spent AS (
    SELECT extract(EPOCH FROM lasted)::double precision AS seconds, CASE
        WHEN written AND code = 'customer' THEN 'agent'
        WHEN written AND code = 'customer of a person' THEN 'person'
        WHEN code = 'customer of a person' THEN 'customer'
        ELSE code
    END AS code
    FROM told
)

SELECT
    coalesce(sum(seconds) FILTER (WHERE code = 'agent'), 0),
    coalesce(sum(seconds) FILTER (WHERE code = 'customer'), 0),
    coalesce(sum(seconds) FILTER (WHERE code = 'waiting'), 0),
    coalesce(sum(seconds) FILTER (WHERE code = 'person'), 0)
FROM spent
$$;
COMMENT ON FUNCTION handrail.case_seconds IS
'seconds until the case first ended, by whom it waited for; a message that answers wakes whoever had asked';

CREATE VIEW handrail.case_outcomes AS
SELECT
    c.case_id,
    c.customer_id,
    c.opened_at,
    c.topic,
    c.tier,
    c.language,
    c.channel,
    a.model,
    a.prompt,
    p.policy,
    a.graph,
    a.ended_at,
    a.ended_by,
    CASE
        WHEN a.escalated_at IS NULL AND a.steps_of_people = 0 AND d.decided = 0 THEN 'agent'
        WHEN said.by_agent THEN 'mixed'
        ELSE 'person'
    END AS handled_by,
    said.first_reply_at,
    a.escalated_at,
    a.last_escalated_at,
    again.reopened_at,
    again.next_opened_at,
    least(again.reopened_at, again.next_opened_at) AS repeated_at,
    CASE WHEN before.followed THEN c.opened_at ELSE again.reopened_at END AS second_contact_at,
    d.decided,
    d.edited,
    d.rejected,
    a.hand_backs,
    a.confirmations_asked,
    a.confirmations_refused,
    CASE
        WHEN c.usage ->> 'calls' IS NULL THEN NULL
        WHEN (c.usage ->> 'calls')::integer = 0 THEN 0
        ELSE nullif((c.usage ->> 'cost_usd')::double precision, 0)
    END AS cost_usd,
    p.policy_hits,
    c.confidence,
    s.offered_at AS survey_offered_at,
    r.csat,
    r.nps,
    coalesce(r.solved, CASE WHEN r.csat >= 4 THEN TRUE END) AS confirmed,
    r.rated_at
FROM handrail.outcome_settings AS o
INNER JOIN handrail.cases AS c ON c.channel <> ALL(o.excluded_channels)
CROSS JOIN LATERAL (
    SELECT
        min(e.at) FILTER (WHERE e.action IN ('turn:Resolved', 'resolve', 'close')) AS ended_at,
        (
            array_agg(
                CASE
                    WHEN e.action = 'turn:Resolved' THEN 'agent'
                    WHEN e.action = 'resolve' THEN 'person'
                    WHEN e.actor = 'clock' THEN 'silence'
                    ELSE 'closed'
                END ORDER BY e.at, e.action DESC
            ) FILTER (WHERE e.action IN ('turn:Resolved', 'resolve', 'close'))
        )[1] AS ended_by,
        min(e.at) FILTER (WHERE e.action IN ('turn:WithHuman', 'hand_over')) AS escalated_at,
        max(e.at) FILTER (WHERE e.action IN ('turn:WithHuman', 'hand_over')) AS last_escalated_at,
        (count(*) FILTER (WHERE e.action IN ('claim', 'reply', 'resolve')))::integer AS steps_of_people,
        (count(*) FILTER (WHERE e.action = 'hand_back'))::integer AS hand_backs,
        (count(DISTINCT e.details ->> 'question_id') FILTER (WHERE e.action = 'confirm:asked'))::integer AS confirmations_asked,
        (count(DISTINCT e.details ->> 'question_id') FILTER (WHERE e.action = 'confirm:refused'))::integer
        AS confirmations_refused,
        (array_agg(e.details ->> 'model' ORDER BY e.at DESC) FILTER (WHERE e.details ->> 'model' <> ''))[1] AS model,
        (array_agg(e.details ->> 'prompt' ORDER BY e.at DESC) FILTER (WHERE e.details ->> 'prompt' <> ''))[1] AS prompt,
        (array_agg(e.details ->> 'graph' ORDER BY e.at DESC) FILTER (WHERE e.details ->> 'graph' <> ''))[1] AS graph
    FROM handrail.audit AS e WHERE e.case_id = c.case_id
) AS a
CROSS JOIN LATERAL (
    SELECT
        (count(*) FILTER (WHERE w.ruling <> 'allow'))::integer AS policy_hits,
        (array_agg(w.policy_version ORDER BY w.ruled_at DESC, w.effect_id))[1] AS policy
    FROM handrail.actions AS w WHERE w.case_id = c.case_id
) AS p
CROSS JOIN LATERAL (
    SELECT
        (count(*) FILTER (WHERE v.status IN ('approved', 'edited', 'revised', 'rejected')))::integer AS decided,
        (count(*) FILTER (WHERE v.status IN ('edited', 'revised')))::integer AS edited,
        (count(*) FILTER (WHERE v.status = 'rejected'))::integer AS rejected
    FROM handrail.approvals AS v WHERE v.case_id = c.case_id AND v.request ->> 'kind' = 'approval'
) AS d
CROSS JOIN LATERAL (
    SELECT
        min(m.at) FILTER (WHERE m.author IN ('assistant', 'person')) AS first_reply_at,
        coalesce(bool_or(m.author = 'assistant'), FALSE) AS by_agent
    FROM handrail.messages AS m WHERE m.case_id = c.case_id
) AS said
CROSS JOIN LATERAL (
    SELECT
        (
            -- An answer to what a person asked behind the end is that person's follow-up, no new contact.
            SELECT min(m.at) FROM handrail.messages AS m
            WHERE m.case_id = c.case_id AND m.author = 'customer' AND m.at > a.ended_at
                AND NOT EXISTS (
                    SELECT FROM handrail.messages AS q
                    WHERE q.case_id = c.case_id AND q.author = 'person' AND q.at > a.ended_at AND q.at <= m.at
                )
        ) AS reopened_at,
        (
            SELECT min(n.opened_at) FROM handrail.cases AS n
            WHERE n.customer_id = c.customer_id AND n.topic = c.topic AND n.case_id <> c.case_id
                AND n.opened_at > a.ended_at AND n.channel <> ALL(o.excluded_channels)
        ) AS next_opened_at
) AS again
CROSS JOIN LATERAL (
    SELECT EXISTS (
        SELECT FROM handrail.cases AS b INNER JOIN handrail.audit AS e ON b.case_id = e.case_id
        WHERE b.customer_id = c.customer_id AND b.topic = c.topic AND b.case_id <> c.case_id
            AND b.channel <> ALL(o.excluded_channels)
            AND e.action IN ('turn:Resolved', 'resolve', 'close')
            AND e.at < c.opened_at AND e.at >= c.opened_at - interval '7 days'
    ) AS followed
) AS before
LEFT JOIN handrail.surveys AS s ON s.case_id = c.case_id
LEFT JOIN LATERAL (
    SELECT q.csat, q.nps, q.solved, q.rated_at FROM handrail.ratings AS q
    WHERE q.case_id = c.case_id ORDER BY q.rated_at DESC, q.survey_id DESC LIMIT 1
) AS r ON TRUE;
COMMENT ON VIEW handrail.case_outcomes IS
'one row for each case of a channel that is not excluded; ended_at is when it first ended, a contact behind that is a second one';

-- One line for each indicator: what it counts from, what it counts, out of what. A mean has a value and a denominator of 1.
CREATE VIEW handrail.outcome_values AS
SELECT
    d.indicator,
    d.version,
    i.counts_from + d.matures_after AS matures_at,
    i.numerator,
    i.denominator,
    o.*
FROM handrail.case_outcomes AS o
CROSS JOIN LATERAL handrail.case_seconds(o.case_id, o.ended_at) AS t
CROSS JOIN LATERAL (
    SELECT
        coalesce(o.repeated_at <= o.ended_at + interval '7 days', FALSE) AS repeated,
        coalesce(o.ended_by IN ('agent', 'person'), FALSE) AS answered
) AS f
CROSS JOIN LATERAL (
    VALUES
    ('first_contact_confirmed', o.ended_at, (f.answered AND NOT f.repeated AND o.confirmed IS TRUE)::integer, 1),
    ('first_contact_unconfirmed', o.ended_at, (f.answered AND NOT f.repeated AND o.confirmed IS NULL)::integer, 1),
    ('repeat_48h', o.ended_at, coalesce(o.repeated_at <= o.ended_at + interval '48 hours', FALSE)::integer, 1),
    ('repeat_7d', o.ended_at, f.repeated::integer, 1),
    ('escalation', o.ended_at, (o.escalated_at IS NOT NULL)::integer, 1),
    (
        'second_contact_escalation', o.ended_at, coalesce(o.last_escalated_at >= o.second_contact_at, FALSE)::integer,
        (o.second_contact_at IS NOT NULL)::integer
    ),
    ('edits', o.ended_at, o.edited, o.decided),
    ('rejections', o.ended_at, o.rejected, o.decided),
    ('hand_backs', o.ended_at, (o.hand_backs > 0)::integer, (o.escalated_at IS NOT NULL)::integer),
    ('confirmations_refused', o.ended_at, o.confirmations_refused, o.confirmations_asked),
    ('abandonment', o.ended_at, (o.ended_by = 'silence')::integer, 1),
    ('policy_hits', o.ended_at, (o.policy_hits > 0)::integer, 1),
    ('cost_known', o.ended_at, (o.cost_usd IS NOT NULL)::integer, 1),
    (
        'survey_response', o.survey_offered_at, (o.rated_at IS NOT NULL)::integer, (o.survey_offered_at IS NOT NULL)::integer
    ),
    (
        'satisfied', o.survey_offered_at, (o.csat >= 4)::integer,
        (o.survey_offered_at IS NOT NULL AND o.csat IS NOT NULL)::integer
    ),
    (
        'held_up', o.ended_at,
        (o.ended_by = 'agent' AND NOT f.repeated AND o.escalated_at IS NULL AND o.edited + o.rejected = 0
        AND o.confirmed IS NOT FALSE)::integer,
        (o.confidence IS NOT NULL AND o.model IS NOT NULL)::integer
    ),
    (
        'first_reply_seconds', coalesce(o.first_reply_at, o.ended_at),
        extract(EPOCH FROM o.first_reply_at - o.opened_at)::double precision, (o.first_reply_at IS NOT NULL)::integer
    ),
    ('resolution_seconds', o.ended_at, extract(EPOCH FROM o.ended_at - o.opened_at)::double precision, f.answered::integer),
    ('agent_seconds', o.ended_at, t.agent, f.answered::integer),
    ('customer_seconds', o.ended_at, t.customer, f.answered::integer),
    ('waiting_seconds', o.ended_at, t.waiting, f.answered::integer),
    ('person_seconds', o.ended_at, t.person, f.answered::integer),
    ('cost_usd', o.ended_at, o.cost_usd, (o.cost_usd IS NOT NULL)::integer),
    (
        'csat', o.survey_offered_at, o.csat,
        (o.survey_offered_at IS NOT NULL AND o.csat IS NOT NULL)::integer
    ),
    (
        'nps', o.survey_offered_at, CASE WHEN o.nps >= 9 THEN 100 WHEN o.nps >= 7 THEN 0 ELSE -100 END,
        (o.survey_offered_at IS NOT NULL AND o.nps IS NOT NULL)::integer
    )
) AS i (indicator, counts_from, numerator, denominator)
INNER JOIN handrail.outcome_definitions AS d ON i.indicator = d.indicator
WHERE i.denominator > 0 OR o.ended_at IS NULL;
COMMENT ON VIEW handrail.outcome_values IS
'each case under each indicator that concerns it; before matures_at, or where that is null, the case counts for nothing yet';

CREATE VIEW handrail.outcome_first_contact_confirmed AS
SELECT * FROM handrail.outcome_values WHERE indicator = 'first_contact_confirmed';
CREATE VIEW handrail.outcome_first_contact_unconfirmed AS
SELECT * FROM handrail.outcome_values WHERE indicator = 'first_contact_unconfirmed';
CREATE VIEW handrail.outcome_repeat_48h AS
SELECT * FROM handrail.outcome_values WHERE indicator = 'repeat_48h';
CREATE VIEW handrail.outcome_repeat_7d AS
SELECT * FROM handrail.outcome_values WHERE indicator = 'repeat_7d';
CREATE VIEW handrail.outcome_escalation AS
SELECT * FROM handrail.outcome_values WHERE indicator = 'escalation';
CREATE VIEW handrail.outcome_second_contact_escalation AS
SELECT * FROM handrail.outcome_values WHERE indicator = 'second_contact_escalation';
CREATE VIEW handrail.outcome_edits AS
SELECT * FROM handrail.outcome_values WHERE indicator = 'edits';
CREATE VIEW handrail.outcome_rejections AS
SELECT * FROM handrail.outcome_values WHERE indicator = 'rejections';
CREATE VIEW handrail.outcome_hand_backs AS
SELECT * FROM handrail.outcome_values WHERE indicator = 'hand_backs';
CREATE VIEW handrail.outcome_confirmations_refused AS
SELECT * FROM handrail.outcome_values WHERE indicator = 'confirmations_refused';
CREATE VIEW handrail.outcome_abandonment AS
SELECT * FROM handrail.outcome_values WHERE indicator = 'abandonment';
CREATE VIEW handrail.outcome_policy_hits AS
SELECT * FROM handrail.outcome_values WHERE indicator = 'policy_hits';
CREATE VIEW handrail.outcome_cost_known AS
SELECT * FROM handrail.outcome_values WHERE indicator = 'cost_known';
CREATE VIEW handrail.outcome_survey_response AS
SELECT * FROM handrail.outcome_values WHERE indicator = 'survey_response';
CREATE VIEW handrail.outcome_satisfied AS
SELECT * FROM handrail.outcome_values WHERE indicator = 'satisfied';
CREATE VIEW handrail.outcome_held_up AS
SELECT * FROM handrail.outcome_values WHERE indicator = 'held_up';
CREATE VIEW handrail.outcome_first_reply_seconds AS
SELECT * FROM handrail.outcome_values WHERE indicator = 'first_reply_seconds';
CREATE VIEW handrail.outcome_resolution_seconds AS
SELECT * FROM handrail.outcome_values WHERE indicator = 'resolution_seconds';
CREATE VIEW handrail.outcome_agent_seconds AS
SELECT * FROM handrail.outcome_values WHERE indicator = 'agent_seconds';
CREATE VIEW handrail.outcome_customer_seconds AS
SELECT * FROM handrail.outcome_values WHERE indicator = 'customer_seconds';
CREATE VIEW handrail.outcome_waiting_seconds AS
SELECT * FROM handrail.outcome_values WHERE indicator = 'waiting_seconds';
CREATE VIEW handrail.outcome_person_seconds AS
SELECT * FROM handrail.outcome_values WHERE indicator = 'person_seconds';
CREATE VIEW handrail.outcome_cost_usd AS
SELECT * FROM handrail.outcome_values WHERE indicator = 'cost_usd';
CREATE VIEW handrail.outcome_csat AS
SELECT * FROM handrail.outcome_values WHERE indicator = 'csat';
CREATE VIEW handrail.outcome_nps AS
SELECT * FROM handrail.outcome_values WHERE indicator = 'nps';
