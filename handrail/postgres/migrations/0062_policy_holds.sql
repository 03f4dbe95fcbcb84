-- What policies held for a person and what they let through is counted by proposal, apart from cases without any.
ALTER TABLE handrail.kept_outcomes
ADD COLUMN effects_held integer NOT NULL DEFAULT 0,
ADD COLUMN effects_passed integer NOT NULL DEFAULT 0,
ADD COLUMN effects_wrong integer NOT NULL DEFAULT 0,
ADD COLUMN holds_decided integer NOT NULL DEFAULT 0,
ADD COLUMN holds_approved integer NOT NULL DEFAULT 0;
ALTER TABLE handrail.kept_outcomes
ALTER COLUMN effects_held DROP DEFAULT,
ALTER COLUMN effects_passed DROP DEFAULT,
ALTER COLUMN effects_wrong DROP DEFAULT,
ALTER COLUMN holds_decided DROP DEFAULT,
ALTER COLUMN holds_approved DROP DEFAULT;
COMMENT ON COLUMN handrail.kept_outcomes.effects_held IS 'effects that a rule held for a person; what the dial alone held is no rule''s';
COMMENT ON COLUMN handrail.kept_outcomes.effects_passed IS 'effects that no rule held, carried out or decided by a person whom the dial had asked';
COMMENT ON COLUMN handrail.kept_outcomes.effects_wrong IS
'of those passed: a person changed or rejected it, or people got the case behind it, or the customer came back within 48 hours or denies';
COMMENT ON COLUMN handrail.kept_outcomes.holds_decided IS 'proposals that a rule held for a person who decided on them';
COMMENT ON COLUMN handrail.kept_outcomes.holds_approved IS 'of those decided: approved as they were';

DELETE FROM handrail.packed_outcomes;
ALTER TABLE handrail.packed_outcomes
ADD COLUMN effects_held bytea NOT NULL,
ADD COLUMN effects_ruled bytea NOT NULL,
ADD COLUMN effects_passed bytea NOT NULL,
ADD COLUMN effects_wrong bytea NOT NULL,
ADD COLUMN holds_decided bytea NOT NULL,
ADD COLUMN holds_approved bytea NOT NULL;

CREATE OR REPLACE FUNCTION handrail.outcome_place(indicator text) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
SELECT array_position(
    ARRAY[
        'first_contact_confirmed', 'first_contact_unconfirmed', 'repeat_48h', 'repeat_7d', 'escalation',
        'second_contact_escalation', 'edits', 'rejections', 'hand_backs', 'confirmations_refused', 'abandonment',
        'policy_hits', 'survey_response', 'satisfied', 'cost_known', 'held_up', 'first_reply_seconds', 'resolution_seconds',
        'agent_seconds', 'customer_seconds', 'waiting_seconds', 'person_seconds', 'cost_usd', 'csat', 'nps', 'still open',
        'policy_stops', 'without_topic', 'policy_holds', 'holds_approved', 'policy_misses'
    ],
    indicator
) - 1
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
        -- What the dial alone held is no rule's. Entries of before name no rules; of those the dial has touched none counts.
        (
            count(DISTINCT coalesce(e.details ->> 'proposal_id', e.entry_id)) FILTER (
                WHERE e.action IN ('ruled:confirm', 'ruled:require_approval', 'ruled:block')
                    AND (e.details ? 'stopped_by' OR NOT e.details ? 'lowered_by')
            )
        )::integer AS policy_hits,
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

-- Each proposal that a person was asked about, once; where the dial, unsure routing or an edit alone asked, no rule did.
put_to_people AS MATERIALIZED (
    SELECT
        v.case_id,
        v.request_id AS effect_id,
        bool_or(jsonb_path_exists(v.request, '$.rules[*] ? (!(@ like_regex "/(autonomy|confidence_gate|edited)$"))')) AS by_rule,
        bool_or(v.status IN ('approved', 'edited', 'revised', 'rejected')) AS decided,
        bool_or(v.status IN ('edited', 'revised', 'rejected')) AS changed
    FROM looked_at AS c INNER JOIN handrail.approvals AS v ON c.case_id = v.case_id
    WHERE v.request ->> 'kind' = 'approval'
    GROUP BY v.case_id, v.request_id
),

held AS MATERIALIZED (
    SELECT
        q.case_id,
        count(*)::integer AS decided,
        (count(*) FILTER (WHERE NOT q.changed))::integer AS approved
    FROM put_to_people AS q WHERE q.by_rule AND q.decided
    GROUP BY q.case_id
),

ruled AS MATERIALIZED (
    SELECT
        w.case_id,
        (count(*) FILTER (WHERE w.ruling <> 'allow'))::integer AS policy_stops,
        (array_agg(w.policy_version ORDER BY w.ruled_at DESC, w.effect_id))[1] AS policy,
        (count(*) FILTER (WHERE w.kind = 'effect' AND q.by_rule))::integer AS held,
        (count(*) FILTER (WHERE w.kind = 'effect' AND p.passed))::integer AS passed,
        (
            count(*) FILTER (
                WHERE w.kind = 'effect' AND p.passed AND (q.changed OR a.last_escalated_at >= w.applied_at)
            )
        )::integer AS noticed
    FROM looked_at AS c
    INNER JOIN audited AS a ON c.case_id = a.case_id
    INNER JOIN handrail.actions AS w ON c.case_id = w.case_id
    LEFT JOIN put_to_people AS q ON w.case_id = q.case_id AND w.effect_id = q.effect_id
    CROSS JOIN LATERAL (
        SELECT q.by_rule IS NOT TRUE AND (q.decided IS TRUE OR w.outcome IS NOT DISTINCT FROM 'applied') AS passed
    ) AS p
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
        a.policy_hits,
        coalesce(p.policy_stops, 0) AS policy_stops,
        p.policy,
        coalesce(p.held, 0) AS effects_held,
        coalesce(p.passed, 0) AS effects_passed,
        coalesce(p.noticed, 0) AS effects_noticed,
        coalesce(h.decided, 0) AS holds_decided,
        coalesce(h.approved, 0) AS holds_approved,
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
    LEFT JOIN held AS h ON c.case_id = h.case_id
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
        coalesce(f.repeated_at <= f.ended_at + interval '48 hours', FALSE) AS repeated_soon,
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
    | ((f.ended_at IS NULL)::integer << 25)
    | (1 << 26) | (1 << 27)
    | ((f.effects_held + f.effects_passed > 0)::integer << 28)
    | ((f.holds_decided > 0)::integer << 29)
    | ((f.effects_passed > 0)::integer << 30),
    (f.answered AND NOT f.repeated AND f.confirmed IS TRUE)::integer
    | ((f.answered AND NOT f.repeated AND f.confirmed IS NULL)::integer << 1)
    | (f.repeated_soon::integer << 2)
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
    )
    | ((f.policy_stops > 0)::integer << 26)
    | ((coalesce(f.topic, 'out_of_scope') = 'out_of_scope')::integer << 27),
    f.decided,
    f.edited,
    f.rejected,
    f.asked,
    f.refused,
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
    f.rated_at,
    f.effects_held,
    f.effects_passed,
    CASE WHEN f.repeated_soon OR f.confirmed IS FALSE THEN f.effects_passed ELSE f.effects_noticed END,
    f.holds_decided,
    f.holds_approved
FROM judged AS f
$$;

CREATE OR REPLACE FUNCTION handrail.pack_of_outcomes(wanted date) RETURNS SETOF handrail.packed_outcomes LANGUAGE sql STABLE ROWS 1 AS $$
WITH found AS MATERIALIZED (
    SELECT
        k.*,
        row_number() OVER (
            ORDER BY
                k.topic, k.tier, k.language, k.channel, k.model, k.prompt, k.policy, k.graph, k.handled_by, k.release, k.case_id
        )::integer AS place,
        dense_rank() OVER (
            ORDER BY k.topic, k.tier, k.language, k.channel, k.model, k.prompt, k.policy, k.graph, k.handled_by, k.release
        ) AS run
    FROM (
        SELECT
            o.*,
            (
                SELECT r.release FROM handrail.case_releases AS r
                WHERE r.case_id = o.case_id ORDER BY r.at DESC, r.release LIMIT 1
            ) AS release
        FROM handrail.kept_outcomes AS o
        WHERE o.opened_at >= wanted::timestamp AT TIME ZONE 'UTC'
            AND o.opened_at < (wanted + 1)::timestamp AT TIME ZONE 'UTC'
    ) AS k
),

runs AS (
    SELECT
        f.run,
        count(*)::integer AS cases,
        min(f.topic) AS topic,
        min(f.tier)::text AS tier,
        min(f.language) AS language,
        min(f.channel) AS channel,
        min(f.model) AS model,
        min(f.prompt) AS prompt,
        min(f.policy) AS policy,
        min(f.graph) AS graph,
        min(f.handled_by) AS handled_by,
        min(f.release) AS release
    FROM found AS f GROUP BY f.run
),

dimensions AS (
    SELECT
        coalesce(array_agg(r.topic ORDER BY r.run), '{}') AS topics,
        coalesce(array_agg(r.tier ORDER BY r.run), '{}') AS tiers,
        coalesce(array_agg(r.language ORDER BY r.run), '{}') AS languages,
        coalesce(array_agg(r.channel ORDER BY r.run), '{}') AS channels,
        coalesce(array_agg(r.model ORDER BY r.run), '{}') AS models,
        coalesce(array_agg(r.prompt ORDER BY r.run), '{}') AS prompts,
        coalesce(array_agg(r.policy ORDER BY r.run), '{}') AS policies,
        coalesce(array_agg(r.graph ORDER BY r.run), '{}') AS graphs,
        coalesce(array_agg(r.handled_by ORDER BY r.run), '{}') AS handlers,
        coalesce(array_agg(r.release ORDER BY r.run), '{}') AS releases,
        coalesce(array_agg(r.cases ORDER BY r.run), '{}') AS cases
    FROM runs AS r
),

-- Moments are microseconds since 2000, the highest number where there is none; other numbers that are not known are NaN.
packed AS (
    SELECT
        count(*)::integer AS cases,
        string_agg(timestamptz_send(f.opened_at), ''::bytea ORDER BY f.place) AS opened_at,
        string_agg(timestamptz_send(coalesce(f.ended_at, 'infinity')), ''::bytea ORDER BY f.place) AS ended_at,
        string_agg(timestamptz_send(coalesce(f.survey_offered_at, 'infinity')), ''::bytea ORDER BY f.place)
            AS survey_offered_at,
        string_agg(timestamptz_send(coalesce(f.first_reply_at, 'infinity')), ''::bytea ORDER BY f.place) AS first_reply_at,
        string_agg(int4send(f.counts), ''::bytea ORDER BY f.place) AS counts,
        string_agg(int4send(f.hits), ''::bytea ORDER BY f.place) AS hits,
        string_agg(int4send(f.decided), ''::bytea ORDER BY f.place) AS decided,
        string_agg(int4send(f.edited), ''::bytea ORDER BY f.place) AS edited,
        string_agg(int4send(f.rejected), ''::bytea ORDER BY f.place) AS rejected,
        string_agg(int4send(f.confirmations_asked), ''::bytea ORDER BY f.place) AS confirmations_asked,
        string_agg(int4send(f.confirmations_refused), ''::bytea ORDER BY f.place) AS confirmations_refused,
        string_agg(int8send(hashtextextended(f.customer_id, 0)), ''::bytea ORDER BY f.place) AS customer,
        string_agg(float8send(f.agent_seconds), ''::bytea ORDER BY f.place) AS agent_seconds,
        string_agg(float8send(f.customer_seconds), ''::bytea ORDER BY f.place) AS customer_seconds,
        string_agg(float8send(f.waiting_seconds), ''::bytea ORDER BY f.place) AS waiting_seconds,
        string_agg(float8send(f.person_seconds), ''::bytea ORDER BY f.place) AS person_seconds,
        string_agg(float8send(coalesce(f.cost_usd, 'NaN')), ''::bytea ORDER BY f.place) AS cost_usd,
        string_agg(float4send(coalesce(f.csat, 'NaN'::real)), ''::bytea ORDER BY f.place) AS csat,
        string_agg(float4send(coalesce(f.nps, 'NaN'::real)), ''::bytea ORDER BY f.place) AS nps,
        string_agg(float8send(coalesce(f.confidence, 'NaN')), ''::bytea ORDER BY f.place) AS confidence,
        string_agg(int4send(f.effects_held), ''::bytea ORDER BY f.place) AS effects_held,
        string_agg(int4send(f.effects_held + f.effects_passed), ''::bytea ORDER BY f.place) AS effects_ruled,
        string_agg(int4send(f.effects_passed), ''::bytea ORDER BY f.place) AS effects_passed,
        string_agg(int4send(f.effects_wrong), ''::bytea ORDER BY f.place) AS effects_wrong,
        string_agg(int4send(f.holds_decided), ''::bytea ORDER BY f.place) AS holds_decided,
        string_agg(int4send(f.holds_approved), ''::bytea ORDER BY f.place) AS holds_approved
    FROM found AS f
)

SELECT
    wanted,
    p.cases,
    d.topics,
    d.tiers,
    d.languages,
    d.channels,
    d.models,
    d.prompts,
    d.policies,
    d.graphs,
    d.handlers,
    d.cases,
    e.opened_at,
    coalesce(p.opened_at, ''),
    coalesce(p.ended_at, ''),
    coalesce(p.survey_offered_at, ''),
    coalesce(p.first_reply_at, ''),
    coalesce(p.counts, ''),
    coalesce(p.hits, ''),
    coalesce(p.decided, ''),
    coalesce(p.edited, ''),
    coalesce(p.rejected, ''),
    coalesce(p.confirmations_asked, ''),
    coalesce(p.confirmations_refused, ''),
    coalesce(p.customer, ''),
    coalesce(p.agent_seconds, ''),
    coalesce(p.customer_seconds, ''),
    coalesce(p.waiting_seconds, ''),
    coalesce(p.person_seconds, ''),
    coalesce(p.cost_usd, ''),
    coalesce(p.csat, ''),
    coalesce(p.nps, ''),
    coalesce(p.confidence, ''),
    d.releases,
    coalesce(p.effects_held, ''),
    coalesce(p.effects_ruled, ''),
    coalesce(p.effects_passed, ''),
    coalesce(p.effects_wrong, ''),
    coalesce(p.holds_decided, ''),
    coalesce(p.holds_approved, '')
FROM packed AS p
CROSS JOIN dimensions AS d
CROSS JOIN (
    SELECT coalesce(string_agg(timestamptz_send(c.opened_at), ''::bytea ORDER BY c.opened_at), '') AS opened_at
    FROM handrail.cases AS c
    WHERE c.opened_at >= wanted::timestamp AT TIME ZONE 'UTC' AND c.opened_at < (wanted + 1)::timestamp AT TIME ZONE 'UTC'
        AND NOT EXISTS (SELECT FROM found AS f WHERE f.case_id = c.case_id)
) AS e
$$;

CREATE OR REPLACE VIEW handrail.outcome_rows AS
SELECT k.* FROM handrail.kept_outcomes AS k
WHERE NOT EXISTS (SELECT FROM handrail.outcomes_pending() AS p (case_id) WHERE p.case_id = k.case_id)
UNION ALL
SELECT o.* FROM handrail.outcomes_of(ARRAY(SELECT handrail.outcomes_pending())) AS o;

CREATE OR REPLACE VIEW handrail.outcome_values AS
SELECT
    d.indicator,
    d.version,
    i.counts_from + d.matures_after AS matures_at,
    i.numerator,
    i.denominator,
    o.case_id,
    o.customer_id,
    o.opened_at,
    o.topic,
    o.tier,
    o.language,
    o.channel,
    o.model,
    o.prompt,
    o.policy,
    o.graph,
    o.ended_at,
    o.ended_by,
    o.handled_by,
    o.first_reply_at,
    o.escalated_at,
    o.last_escalated_at,
    o.reopened_at,
    o.next_opened_at,
    o.repeated_at,
    o.second_contact_at,
    o.decided,
    o.edited,
    o.rejected,
    o.hand_backs,
    o.confirmations_asked,
    o.confirmations_refused,
    o.cost_usd,
    o.policy_hits,
    o.confidence,
    o.survey_offered_at,
    o.csat,
    o.nps,
    o.confirmed,
    o.rated_at
FROM handrail.outcome_rows AS o
CROSS JOIN LATERAL (
    VALUES
    ('first_contact_confirmed', o.ended_at, o.hits & 1, o.counts & 1),
    ('first_contact_unconfirmed', o.ended_at, o.hits >> 1 & 1, o.counts >> 1 & 1),
    ('repeat_48h', o.ended_at, o.hits >> 2 & 1, o.counts >> 2 & 1),
    ('repeat_7d', o.ended_at, o.hits >> 3 & 1, o.counts >> 3 & 1),
    ('escalation', o.ended_at, o.hits >> 4 & 1, o.counts >> 4 & 1),
    ('second_contact_escalation', o.ended_at, o.hits >> 5 & 1, o.counts >> 5 & 1),
    ('edits', o.ended_at, o.edited, o.decided),
    ('rejections', o.ended_at, o.rejected, o.decided),
    ('hand_backs', o.ended_at, o.hits >> 8 & 1, o.counts >> 8 & 1),
    ('confirmations_refused', o.ended_at, o.confirmations_refused, o.confirmations_asked),
    ('abandonment', o.ended_at, o.hits >> 10 & 1, o.counts >> 10 & 1),
    ('policy_hits', o.ended_at, o.hits >> 11 & 1, o.counts >> 11 & 1),
    ('survey_response', o.survey_offered_at, o.hits >> 12 & 1, o.counts >> 12 & 1),
    ('satisfied', o.survey_offered_at, o.hits >> 13 & 1, o.counts >> 13 & 1),
    ('cost_known', o.ended_at, o.hits >> 14 & 1, o.counts >> 14 & 1),
    ('held_up', o.ended_at, o.hits >> 15 & 1, o.counts >> 15 & 1),
    (
        'first_reply_seconds', coalesce(o.first_reply_at, o.ended_at),
        extract(EPOCH FROM o.first_reply_at - o.opened_at)::double precision, o.counts >> 16 & 1
    ),
    (
        'resolution_seconds', o.ended_at, extract(EPOCH FROM o.ended_at - o.opened_at)::double precision,
        o.counts >> 17 & 1
    ),
    ('agent_seconds', o.ended_at, o.agent_seconds, o.counts >> 18 & 1),
    ('customer_seconds', o.ended_at, o.customer_seconds, o.counts >> 19 & 1),
    ('waiting_seconds', o.ended_at, o.waiting_seconds, o.counts >> 20 & 1),
    ('person_seconds', o.ended_at, o.person_seconds, o.counts >> 21 & 1),
    ('cost_usd', o.ended_at, o.cost_usd, o.counts >> 22 & 1),
    ('csat', o.survey_offered_at, o.csat, o.counts >> 23 & 1),
    (
        'nps', o.survey_offered_at, CASE WHEN o.nps >= 9 THEN 100 WHEN o.nps >= 7 THEN 0 ELSE -100 END,
        o.counts >> 24 & 1
    ),
    ('policy_stops', o.ended_at, o.hits >> 26 & 1, o.counts >> 26 & 1),
    ('without_topic', o.ended_at, o.hits >> 27 & 1, o.counts >> 27 & 1),
    ('policy_holds', o.ended_at, o.effects_held, o.effects_held + o.effects_passed),
    ('holds_approved', o.ended_at, o.holds_approved, o.holds_decided),
    ('policy_misses', o.ended_at, o.effects_wrong, o.effects_passed)
) AS i (indicator, counts_from, numerator, denominator)
INNER JOIN handrail.outcome_definitions AS d ON i.indicator = d.indicator
WHERE i.denominator > 0 OR o.ended_at IS NULL;

CREATE VIEW handrail.outcome_policy_holds AS
SELECT * FROM handrail.outcome_values WHERE indicator = 'policy_holds';
CREATE VIEW handrail.outcome_holds_approved AS
SELECT * FROM handrail.outcome_values WHERE indicator = 'holds_approved';
CREATE VIEW handrail.outcome_policy_misses AS
SELECT * FROM handrail.outcome_values WHERE indicator = 'policy_misses';

INSERT INTO handrail.outcome_changes (case_id) SELECT c.case_id FROM handrail.cases AS c ORDER BY c.opened_at;
