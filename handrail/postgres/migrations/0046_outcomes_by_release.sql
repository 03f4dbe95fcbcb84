-- Outcomes are told apart by the release that answered last; what was packed without it is packed anew by itself.

DELETE FROM handrail.packed_outcomes;
ALTER TABLE handrail.packed_outcomes ADD COLUMN releases text[] NOT NULL;

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
        string_agg(float8send(coalesce(f.confidence, 'NaN')), ''::bytea ORDER BY f.place) AS confidence
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
    d.releases
FROM packed AS p
CROSS JOIN dimensions AS d
CROSS JOIN (
    SELECT coalesce(string_agg(timestamptz_send(c.opened_at), ''::bytea ORDER BY c.opened_at), '') AS opened_at
    FROM handrail.cases AS c
    WHERE c.opened_at >= wanted::timestamp AT TIME ZONE 'UTC' AND c.opened_at < (wanted + 1)::timestamp AT TIME ZONE 'UTC'
        AND NOT EXISTS (SELECT FROM found AS f WHERE f.case_id = c.case_id)
) AS e
$$;

CREATE TRIGGER releases_change_outcomes AFTER INSERT ON handrail.case_releases
REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION handrail.note_outcome_change();

CREATE OR REPLACE FUNCTION handrail.refresh_outcomes(most integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    taken integer;
    changed text[];
    touched text[];
    fresh handrail.kept_outcomes[];
    gone timestamptz[];
    come timestamptz[];
BEGIN
    -- Of two at once, the one with the older snapshot might write last.
    PERFORM pg_advisory_xact_lock(7240118322904190);
    WITH gone AS (
        DELETE FROM handrail.outcome_changes AS c
        WHERE c.change_id IN (SELECT x.change_id FROM handrail.outcome_changes AS x ORDER BY x.change_id LIMIT most)
        RETURNING c.case_id
    )
    SELECT count(*), array_agg(DISTINCT g.case_id) INTO taken, changed FROM gone AS g;
    IF taken = 0 THEN
        RETURN 0;
    END IF;
    touched := ARRAY(SELECT handrail.outcomes_touched(changed));
    fresh := ARRAY(SELECT o FROM handrail.outcomes_of(touched) AS o);
    WITH old AS (
        DELETE FROM handrail.kept_outcomes AS k
        WHERE k.case_id = ANY(touched)
            AND NOT EXISTS (SELECT FROM unnest(fresh) AS f WHERE f.case_id = k.case_id AND f IS NOT DISTINCT FROM k)
        RETURNING k.opened_at
    )
    SELECT array_agg(o.opened_at) INTO gone FROM old AS o;
    WITH new AS (
        INSERT INTO handrail.kept_outcomes AS k SELECT f.* FROM unnest(fresh) AS f
        ON CONFLICT (case_id) DO NOTHING
        RETURNING k.opened_at
    )
    SELECT array_agg(n.opened_at) INTO come FROM new AS n;
    DELETE FROM handrail.packed_outcomes AS p
    WHERE p.day IN (
        SELECT (m.opened_at AT TIME ZONE 'UTC')::date FROM unnest(gone || come) AS m (opened_at)
        UNION ALL
        -- Cases of excluded channels, which are not kept, are counted as such; which release answered is packed, and not kept.
        SELECT (c.opened_at AT TIME ZONE 'UTC')::date FROM handrail.cases AS c
        WHERE c.case_id = ANY(changed)
            AND (
                NOT EXISTS (SELECT FROM handrail.kept_outcomes AS k WHERE k.case_id = c.case_id)
                OR EXISTS (SELECT FROM handrail.case_releases AS r WHERE r.case_id = c.case_id)
            )
    );
    RETURN taken;
END
$$;
