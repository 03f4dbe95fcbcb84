-- Outcomes are counted out of columns: a row for each day that is old enough, with a column of all its cases for each fact.

CREATE TABLE handrail.packed_outcomes (
    day date PRIMARY KEY,
    cases integer NOT NULL,
    topics text[] NOT NULL,
    tiers text[] NOT NULL,
    languages text[] NOT NULL,
    channels text[] NOT NULL,
    models text[] NOT NULL,
    prompts text[] NOT NULL,
    policies text[] NOT NULL,
    graphs text[] NOT NULL,
    handlers text[] NOT NULL,
    runs integer[] NOT NULL,
    excluded_at bytea NOT NULL,
    opened_at bytea NOT NULL,
    ended_at bytea NOT NULL,
    survey_offered_at bytea NOT NULL,
    first_reply_at bytea NOT NULL,
    counts bytea NOT NULL,
    hits bytea NOT NULL,
    decided bytea NOT NULL,
    edited bytea NOT NULL,
    rejected bytea NOT NULL,
    confirmations_asked bytea NOT NULL,
    confirmations_refused bytea NOT NULL,
    customer bytea NOT NULL,
    agent_seconds bytea NOT NULL,
    customer_seconds bytea NOT NULL,
    waiting_seconds bytea NOT NULL,
    person_seconds bytea NOT NULL,
    cost_usd bytea NOT NULL,
    csat bytea NOT NULL,
    nps bytea NOT NULL,
    confidence bytea NOT NULL
);
COMMENT ON TABLE handrail.packed_outcomes IS
'kept_outcomes again, by column: a day of UTC in a row, for handrail metrics; written and taken away by functions alone';
COMMENT ON COLUMN handrail.packed_outcomes.runs IS
'how many cases on end share a topic, a tier and so on, which stand at the same places of the other arrays';
COMMENT ON COLUMN handrail.packed_outcomes.excluded_at IS 'when cases of excluded channels were opened; they have no other column';
COMMENT ON COLUMN handrail.packed_outcomes.customer IS 'a hash of each case''s customer';
ALTER TABLE handrail.packed_outcomes
ALTER COLUMN excluded_at SET STORAGE EXTERNAL,
ALTER COLUMN opened_at SET STORAGE EXTERNAL,
ALTER COLUMN ended_at SET STORAGE EXTERNAL,
ALTER COLUMN survey_offered_at SET STORAGE EXTERNAL,
ALTER COLUMN first_reply_at SET STORAGE EXTERNAL,
ALTER COLUMN counts SET STORAGE EXTERNAL,
ALTER COLUMN hits SET STORAGE EXTERNAL,
ALTER COLUMN decided SET STORAGE EXTERNAL,
ALTER COLUMN edited SET STORAGE EXTERNAL,
ALTER COLUMN rejected SET STORAGE EXTERNAL,
ALTER COLUMN confirmations_asked SET STORAGE EXTERNAL,
ALTER COLUMN confirmations_refused SET STORAGE EXTERNAL,
ALTER COLUMN customer SET STORAGE EXTERNAL,
ALTER COLUMN agent_seconds SET STORAGE EXTERNAL,
ALTER COLUMN customer_seconds SET STORAGE EXTERNAL,
ALTER COLUMN waiting_seconds SET STORAGE EXTERNAL,
ALTER COLUMN person_seconds SET STORAGE EXTERNAL,
ALTER COLUMN cost_usd SET STORAGE EXTERNAL,
ALTER COLUMN csat SET STORAGE EXTERNAL,
ALTER COLUMN nps SET STORAGE EXTERNAL,
ALTER COLUMN confidence SET STORAGE EXTERNAL;

CREATE FUNCTION handrail.pack_of_outcomes(wanted date) RETURNS SETOF handrail.packed_outcomes LANGUAGE sql STABLE ROWS 1 AS $$
WITH found AS MATERIALIZED (
    SELECT
        k.*,
        row_number() OVER (
            ORDER BY k.topic, k.tier, k.language, k.channel, k.model, k.prompt, k.policy, k.graph, k.handled_by, k.case_id
        )::integer AS place,
        dense_rank() OVER (
            ORDER BY k.topic, k.tier, k.language, k.channel, k.model, k.prompt, k.policy, k.graph, k.handled_by
        ) AS run
    FROM handrail.kept_outcomes AS k
    WHERE k.opened_at >= wanted::timestamp AT TIME ZONE 'UTC' AND k.opened_at < (wanted + 1)::timestamp AT TIME ZONE 'UTC'
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
        min(f.handled_by) AS handled_by
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
    coalesce(p.confidence, '')
FROM packed AS p
CROSS JOIN dimensions AS d
CROSS JOIN (
    SELECT coalesce(string_agg(timestamptz_send(c.opened_at), ''::bytea ORDER BY c.opened_at), '') AS opened_at
    FROM handrail.cases AS c
    WHERE c.opened_at >= wanted::timestamp AT TIME ZONE 'UTC' AND c.opened_at < (wanted + 1)::timestamp AT TIME ZONE 'UTC'
        AND NOT EXISTS (SELECT FROM found AS f WHERE f.case_id = c.case_id)
) AS e
$$;
COMMENT ON FUNCTION handrail.pack_of_outcomes IS 'the kept outcomes of cases that were opened on that day of UTC, by column';

CREATE FUNCTION handrail.days_without_pack(since date, until date) RETURNS SETOF date LANGUAGE sql STABLE ROWS 10 AS $$
SELECT d.day::date
FROM (
    SELECT (min(c.opened_at) AT TIME ZONE 'UTC')::date AS oldest, (max(c.opened_at) AT TIME ZONE 'UTC')::date AS newest
    FROM handrail.cases AS c
) AS e
CROSS JOIN LATERAL generate_series(
    -- Of an empty record nothing, and no endless series.
    CASE WHEN e.oldest IS NOT NULL THEN greatest(since, e.oldest)::timestamp END,
    least(until, e.newest)::timestamp,
    interval '1 day'
) AS d (day)
WHERE NOT EXISTS (SELECT FROM handrail.packed_outcomes AS p WHERE p.day = d.day::date)
    AND EXISTS (
        SELECT FROM handrail.cases AS c
        WHERE c.opened_at >= d.day AT TIME ZONE 'UTC' AND c.opened_at < (d.day + interval '1 day') AT TIME ZONE 'UTC'
    )
$$;
COMMENT ON FUNCTION handrail.days_without_pack IS 'days of UTC, both ends among them, with cases and without a pack';

CREATE FUNCTION handrail.pack_outcomes(until date, most integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    taken integer;
BEGIN
    -- Whoever brings outcomes up to date takes packs away; one that was made of what stood before would stay.
    PERFORM pg_advisory_xact_lock(7240118322904190);
    INSERT INTO handrail.packed_outcomes
    SELECT p.*
    FROM (SELECT d.day FROM handrail.days_without_pack('-infinity', until) AS d (day) ORDER BY d.day LIMIT most) AS n
    CROSS JOIN LATERAL handrail.pack_of_outcomes(n.day) AS p;
    GET DIAGNOSTICS taken = ROW_COUNT;
    RETURN taken;
END
$$;
COMMENT ON FUNCTION handrail.pack_outcomes IS
'packs at most so many days up to that one, and gives how many there were';

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
        -- Cases of excluded channels, which are not kept, are counted as such.
        SELECT (c.opened_at AT TIME ZONE 'UTC')::date FROM handrail.cases AS c
        WHERE c.case_id = ANY(changed) AND NOT EXISTS (SELECT FROM handrail.kept_outcomes AS k WHERE k.case_id = c.case_id)
    );
    RETURN taken;
END
$$;

DROP FUNCTION handrail.outcomes_counted;
