-- A customer who corrects what they said yes to stops it as one who takes the yes back does; and a yes that was taken back counts
-- as a no among the outcomes.
CREATE OR REPLACE FUNCTION handrail.take_back(of_case text, effect_ids text [], noted_at timestamptz, entry jsonb)
RETURNS text [] LANGUAGE plpgsql AS $$
DECLARE
    stopped text[];
    done text[];
BEGIN
    -- First the case, as with every step of it: taken behind an action it could deadlock with one.
    PERFORM FROM handrail.cases AS c WHERE c.case_id = of_case FOR NO KEY UPDATE;
    PERFORM FROM handrail.actions AS a
    WHERE a.case_id = of_case AND a.effect_id = ANY(effect_ids) ORDER BY a.effect_id FOR UPDATE;
    WITH refused AS (
        UPDATE handrail.actions AS a SET
            outcome = 'refused',
            applied_hash = a.arguments_hash,
            applied_at = noted_at,
            recorded_at = clock_timestamp(),
            code = 'taken_back',
            message = CASE
                WHEN entry ->> 'action' = 'confirm:corrected' THEN 'The customer wanted it otherwise before this was done.'
                ELSE 'The customer took their yes back before this was done.'
            END
        WHERE a.case_id = of_case AND a.effect_id = ANY(effect_ids) AND a.kind = 'effect' AND a.outcome IS NULL
        RETURNING a.effect_id, a.action, a.arguments_hash
    ),

    noted AS (
        INSERT INTO handrail.audit (case_id, entry_id, at, actor, action, details)
        SELECT
            of_case, r.effect_id || ':refused', noted_at, 'customer', 'effect:refused',
            jsonb_build_object('effect_id', r.effect_id, 'action', r.action, 'arguments_hash', r.arguments_hash)
        FROM refused AS r
        ON CONFLICT (case_id, entry_id) DO NOTHING
    )

    SELECT coalesce(array_agg(r.effect_id ORDER BY r.effect_id), '{}') INTO stopped FROM refused AS r;
    SELECT coalesce(array_agg(a.effect_id ORDER BY a.effect_id), '{}') INTO done
    FROM handrail.actions AS a
    WHERE a.case_id = of_case AND a.effect_id = ANY(effect_ids) AND a.outcome = 'applied';
    INSERT INTO handrail.audit (case_id, entry_id, at, actor, action, details)
    SELECT
        of_case, e.entry_id, e.at, e.actor, e.action,
        e.details || jsonb_build_object('stopped', to_jsonb(stopped), 'done', to_jsonb(done))
    FROM jsonb_populate_record(NULL::handrail.audit, entry) AS e
    -- A correction of what is all done by then is a new request, and undoes nothing.
    WHERE e.action <> 'confirm:corrected' OR NOT done @> effect_ids
    ON CONFLICT (case_id, entry_id) DO NOTHING;
    RETURN done;
END
$$;

CREATE OR REPLACE FUNCTION handrail.outcomes_of(wanted text[]) RETURNS SETOF handrail.kept_outcomes LANGUAGE sql STABLE AS $$
WITH looked_at AS MATERIALIZED (
    SELECT c.* FROM unnest(wanted) AS w (case_id)
    INNER JOIN handrail.cases AS c ON w.case_id = c.case_id
    INNER JOIN handrail.outcome_settings AS o ON c.channel <> ALL(o.excluded_channels)
),

audited AS MATERIALIZED (
    SELECT
        c.case_id,
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
        count(*) FILTER (WHERE e.action IN ('claim', 'reply', 'resolve')) AS steps_of_people,
        (count(*) FILTER (WHERE e.action = 'hand_back'))::integer AS hand_backs,
        (count(DISTINCT e.details ->> 'question_id') FILTER (WHERE e.action = 'confirm:asked'))::integer AS asked,
        (
            count(DISTINCT e.details ->> 'question_id')
            FILTER (WHERE e.action IN ('confirm:refused', 'confirm:taken_back'))
        )::integer AS refused,
        (array_agg(e.details ->> 'model' ORDER BY e.at DESC) FILTER (WHERE e.details ->> 'model' <> ''))[1] AS model,
        (array_agg(e.details ->> 'prompt' ORDER BY e.at DESC) FILTER (WHERE e.details ->> 'prompt' <> ''))[1] AS prompt,
        (array_agg(e.details ->> 'graph' ORDER BY e.at DESC) FILTER (WHERE e.details ->> 'graph' <> ''))[1] AS graph
    FROM looked_at AS c LEFT JOIN handrail.audit AS e ON c.case_id = e.case_id
    GROUP BY c.case_id
),

ruled AS MATERIALIZED (
    SELECT
        w.case_id,
        (count(*) FILTER (WHERE w.ruling <> 'allow'))::integer AS policy_hits,
        (array_agg(w.policy_version ORDER BY w.ruled_at DESC, w.effect_id))[1] AS policy
    FROM looked_at AS c INNER JOIN handrail.actions AS w ON c.case_id = w.case_id
    GROUP BY w.case_id
),

decided AS MATERIALIZED (
    SELECT
        v.case_id,
        (count(*) FILTER (WHERE v.status IN ('approved', 'edited', 'revised', 'rejected')))::integer AS decided,
        (count(*) FILTER (WHERE v.status IN ('edited', 'revised')))::integer AS edited,
        (count(*) FILTER (WHERE v.status = 'rejected'))::integer AS rejected
    FROM looked_at AS c INNER JOIN handrail.approvals AS v ON c.case_id = v.case_id
    WHERE v.request ->> 'kind' = 'approval'
    GROUP BY v.case_id
),

said AS MATERIALIZED (
    SELECT
        m.case_id,
        min(m.at) FILTER (WHERE m.author IN ('assistant', 'person')) AS first_reply_at,
        bool_or(m.author = 'assistant') AS by_agent,
        min(m.at) FILTER (WHERE m.author = 'customer' AND m.thanks IS NOT TRUE AND m.at > a.ended_at) AS came_back_at,
        min(m.at) FILTER (WHERE m.author = 'person' AND m.at > a.ended_at) AS followed_up_at
    FROM audited AS a INNER JOIN handrail.messages AS m ON a.case_id = m.case_id
    GROUP BY m.case_id
),

rated AS MATERIALIZED (
    SELECT DISTINCT ON (q.case_id) q.case_id, q.csat, q.nps, q.solved, q.rated_at
    FROM looked_at AS c INNER JOIN handrail.ratings AS q ON c.case_id = q.case_id
    ORDER BY q.case_id, q.rated_at DESC, q.survey_id DESC
),

-- How long a case was with whom until it first ended: agent, customer, waiting (for a person), person.
events AS (
    SELECT a.case_id, a.ended_at, c.opened_at AS at, 0 AS rank, 'agent' AS code
    FROM audited AS a INNER JOIN looked_at AS c ON a.case_id = c.case_id
    WHERE a.ended_at IS NOT NULL
    UNION ALL
    SELECT a.case_id, a.ended_at, e.at, CASE WHEN e.action IN ('claim', 'reply', 'hand_back') THEN 3 ELSE 2 END, CASE
        WHEN e.action = 'turn:AwaitingCustomer' THEN 'customer'
        WHEN e.action = 'reply' THEN 'customer of a person'
        WHEN e.action = 'claim' THEN 'person'
        WHEN e.action = 'hand_back' THEN 'agent'
        ELSE 'waiting'
    END
    FROM audited AS a INNER JOIN handrail.audit AS e ON a.case_id = e.case_id AND a.ended_at >= e.at
    WHERE e.action IN (
        'turn:AwaitingCustomer', 'reply', 'claim', 'hand_back', 'turn:WithHuman', 'hand_over', 'release', 'overdue'
    )
    UNION ALL
    SELECT a.case_id, a.ended_at, p.at, 1, p.code
    FROM audited AS a
    INNER JOIN handrail.approvals AS v ON a.case_id = v.case_id
    CROSS JOIN LATERAL (
        VALUES (v.opened_at, 'waiting'), ((v.decision ->> 'decided_at')::timestamptz, 'agent')
    ) AS p (at, code)
    WHERE p.at <= a.ended_at
    UNION ALL
    SELECT a.case_id, a.ended_at, m.at, 1, NULL
    FROM audited AS a INNER JOIN handrail.messages AS m ON a.case_id = m.case_id AND a.ended_at >= m.at
    WHERE m.author = 'customer'
),

numbered AS (
    SELECT
        case_id,
        at,
        rank,
        code,
        lead(at, 1, ended_at) OVER in_order - at AS lasted,
        count(code) OVER in_order AS stretch
    FROM events WINDOW in_order AS (PARTITION BY case_id ORDER BY at, rank)
),

stretches AS (
    SELECT
        case_id,
        lasted,
        code IS NULL AS written,
        first_value(code) OVER (PARTITION BY case_id, stretch ORDER BY at, rank) AS code
    FROM numbered
),

spent AS MATERIALIZED (
    SELECT
        case_id,
        sum(seconds) FILTER (WHERE code = 'agent') AS agent,
        sum(seconds) FILTER (WHERE code = 'customer') AS customer,
        sum(seconds) FILTER (WHERE code = 'waiting') AS waiting,
        sum(seconds) FILTER (WHERE code = 'person') AS person
    FROM (
        SELECT case_id, extract(EPOCH FROM lasted)::double precision AS seconds, CASE
            WHEN written AND code = 'customer' THEN 'agent'
            WHEN written AND code = 'customer of a person' THEN 'person'
            WHEN code = 'customer of a person' THEN 'customer'
            ELSE code
        END AS code
        FROM stretches
    ) AS parts
    GROUP BY case_id
),

facts AS (
    SELECT
        c.*,
        a.ended_at,
        a.ended_by,
        a.escalated_at,
        a.last_escalated_at,
        a.hand_backs,
        a.asked,
        a.refused,
        a.model,
        a.prompt,
        a.graph,
        CASE
            WHEN a.escalated_at IS NULL AND a.steps_of_people = 0 AND coalesce(d.decided, 0) = 0 THEN 'agent'
            WHEN m.by_agent THEN 'mixed'
            ELSE 'person'
        END AS handled_by,
        m.first_reply_at,
        -- An answer to what a person asked behind the end is that person's follow-up, no new contact.
        CASE WHEN m.followed_up_at <= m.came_back_at THEN NULL ELSE m.came_back_at END AS reopened_at,
        n.next_opened_at,
        b.followed,
        coalesce(d.decided, 0) AS decided,
        coalesce(d.edited, 0) AS edited,
        coalesce(d.rejected, 0) AS rejected,
        coalesce(p.policy_hits, 0) AS policy_hits,
        p.policy,
        CASE
            WHEN c.usage ->> 'calls' IS NULL THEN NULL
            WHEN (c.usage ->> 'calls')::integer = 0 THEN 0
            ELSE nullif((c.usage ->> 'cost_usd')::double precision, 0)
        END AS cost_usd,
        s.offered_at,
        r.csat,
        r.nps,
        coalesce(r.solved, CASE WHEN r.csat >= 4 THEN TRUE END) AS confirmed,
        r.rated_at,
        coalesce(t.agent, 0) AS agent_seconds,
        coalesce(t.customer, 0) AS customer_seconds,
        coalesce(t.waiting, 0) AS waiting_seconds,
        coalesce(t.person, 0) AS person_seconds
    FROM looked_at AS c
    INNER JOIN audited AS a ON c.case_id = a.case_id
    LEFT JOIN ruled AS p ON c.case_id = p.case_id
    LEFT JOIN decided AS d ON c.case_id = d.case_id
    LEFT JOIN said AS m ON c.case_id = m.case_id
    LEFT JOIN rated AS r ON c.case_id = r.case_id
    LEFT JOIN spent AS t ON c.case_id = t.case_id
    LEFT JOIN handrail.surveys AS s ON c.case_id = s.case_id
    CROSS JOIN LATERAL (
        SELECT min(x.opened_at) AS next_opened_at
        FROM handrail.cases AS x INNER JOIN handrail.outcome_settings AS o ON x.channel <> ALL(o.excluded_channels)
        WHERE x.customer_id = c.customer_id AND x.topic = c.topic AND x.case_id <> c.case_id AND x.opened_at > a.ended_at
    ) AS n
    CROSS JOIN LATERAL (
        SELECT EXISTS (
            SELECT FROM handrail.cases AS x
            INNER JOIN handrail.outcome_settings AS o ON x.channel <> ALL(o.excluded_channels)
            INNER JOIN handrail.audit AS e ON x.case_id = e.case_id
            WHERE x.customer_id = c.customer_id AND x.topic = c.topic AND x.case_id <> c.case_id
                AND e.action IN ('turn:Resolved', 'resolve', 'close')
                AND e.at < c.opened_at AND e.at >= c.opened_at - interval '168 hours'
        ) AS followed
    ) AS b
),

dated AS (
    SELECT
        f.*,
        least(f.reopened_at, f.next_opened_at) AS repeated_at,
        CASE WHEN f.followed THEN f.opened_at ELSE f.reopened_at END AS second_contact_at
    FROM facts AS f
),

judged AS (
    SELECT
        f.*,
        coalesce(f.repeated_at <= f.ended_at + interval '168 hours', FALSE) AS repeated,
        coalesce(f.ended_by IN ('agent', 'person'), FALSE) AS answered,
        f.offered_at IS NOT NULL AND f.csat IS NOT NULL AS graded
    FROM dated AS f
)

SELECT
    f.opened_at,
    f.ended_at,
    f.offered_at,
    f.first_reply_at,
    1 | 2 | 4 | 8 | 16
    | ((f.second_contact_at IS NOT NULL)::integer << 5)
    | ((f.decided > 0)::integer << 6)
    | ((f.decided > 0)::integer << 7)
    | ((f.escalated_at IS NOT NULL)::integer << 8)
    | ((f.asked > 0)::integer << 9)
    | (1 << 10) | (1 << 11)
    | ((f.offered_at IS NOT NULL)::integer << 12)
    | (f.graded::integer << 13)
    | (1 << 14)
    | ((f.confidence IS NOT NULL AND f.model IS NOT NULL)::integer << 15)
    | ((f.first_reply_at IS NOT NULL)::integer << 16)
    | (f.answered::integer * ((1 << 17) | (1 << 18) | (1 << 19) | (1 << 20) | (1 << 21)))
    | ((f.cost_usd IS NOT NULL)::integer << 22)
    | (f.graded::integer << 23)
    | ((f.offered_at IS NOT NULL AND f.nps IS NOT NULL)::integer << 24)
    | ((f.ended_at IS NULL)::integer << 25),
    (f.answered AND NOT f.repeated AND f.confirmed IS TRUE)::integer
    | ((f.answered AND NOT f.repeated AND f.confirmed IS NULL)::integer << 1)
    | (coalesce(f.repeated_at <= f.ended_at + interval '48 hours', FALSE)::integer << 2)
    | (f.repeated::integer << 3)
    | ((f.escalated_at IS NOT NULL)::integer << 4)
    | (coalesce(f.last_escalated_at >= f.second_contact_at, FALSE)::integer << 5)
    | ((f.hand_backs > 0)::integer << 8)
    | (coalesce(f.ended_by = 'silence', FALSE)::integer << 10)
    | ((f.policy_hits > 0)::integer << 11)
    | ((f.rated_at IS NOT NULL)::integer << 12)
    | (coalesce(f.csat >= 4, FALSE)::integer << 13)
    | ((f.cost_usd IS NOT NULL)::integer << 14)
    | (
        coalesce(
            f.ended_by = 'agent' AND NOT f.repeated AND f.escalated_at IS NULL AND f.edited + f.rejected = 0
            AND f.confirmed IS NOT FALSE,
            FALSE
        )::integer << 15
    ),
    f.decided,
    f.edited,
    f.rejected,
    f.asked,
    f.refused,
    handrail.survey_place(f.customer_id),
    f.customer_id,
    f.agent_seconds,
    f.customer_seconds,
    f.waiting_seconds,
    f.person_seconds,
    f.cost_usd,
    f.csat,
    f.nps,
    f.case_id,
    f.topic,
    f.tier,
    f.language,
    f.channel,
    f.model,
    f.prompt,
    f.policy,
    f.graph,
    f.ended_by,
    f.handled_by,
    f.escalated_at,
    f.last_escalated_at,
    f.reopened_at,
    f.next_opened_at,
    f.repeated_at,
    f.second_contact_at,
    f.hand_backs,
    f.policy_hits,
    f.confidence,
    f.confirmed,
    f.rated_at
FROM judged AS f
$$;

INSERT INTO handrail.outcome_changes (case_id)
SELECT DISTINCT e.case_id FROM handrail.audit AS e WHERE e.action = 'confirm:taken_back';
