-- Shadows: a candidate release that answers real cases beside the one in force, and whose answers nobody ever sees.

CREATE TABLE handrail.shadows (
    shadow_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    release text NOT NULL,
    base text NOT NULL,
    parts jsonb NOT NULL,
    candidate jsonb NOT NULL,
    share double precision NOT NULL CONSTRAINT shadows_share CHECK (share > 0 AND share <= 100),
    budget jsonb NOT NULL,
    owner text NOT NULL CONSTRAINT shadows_owner CHECK (owner <> ''),
    started_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE handrail.shadows IS
'candidate releases that answer, or answered, real cases where nobody sees it; the newest counts';
CREATE TRIGGER shadows_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON handrail.shadows
FOR EACH STATEMENT EXECUTE FUNCTION handrail.refuse('shadows are only added to');

CREATE TABLE handrail.shadow_steps (
    step_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    shadow_id bigint NOT NULL REFERENCES handrail.shadows,
    kind text NOT NULL CONSTRAINT shadow_steps_kind CHECK (kind IN ('start', 'stop', 'rest')),
    actor text NOT NULL CONSTRAINT shadow_steps_actor CHECK (actor <> ''),
    words text NOT NULL,
    day date,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT shadow_steps_day CHECK ((kind = 'rest') = (day IS NOT NULL))
);
COMMENT ON TABLE handrail.shadow_steps IS
'each step of a shadow, by whom and why; one that rests has used up the budget of that day';
CREATE UNIQUE INDEX shadow_steps_once ON handrail.shadow_steps (shadow_id, kind, coalesce(day, '-infinity'));
CREATE TRIGGER shadow_steps_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON handrail.shadow_steps
FOR EACH STATEMENT EXECUTE FUNCTION handrail.refuse('the steps of shadows are only added to');

CREATE TABLE handrail.shadow_answers (
    shadow_id bigint NOT NULL REFERENCES handrail.shadows,
    case_id text NOT NULL REFERENCES handrail.cases,
    day date NOT NULL,
    state text NOT NULL CONSTRAINT shadow_answers_state CHECK (state IN ('begun', 'answered', 'failed')),
    tries integer NOT NULL DEFAULT 1,
    calls bigint NOT NULL DEFAULT 0,
    lookups bigint NOT NULL DEFAULT 0,
    tokens bigint NOT NULL DEFAULT 0,
    usd double precision NOT NULL DEFAULT 0,
    answer jsonb,
    why text NOT NULL DEFAULT '',
    begun_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at timestamptz,
    PRIMARY KEY (shadow_id, case_id),
    CONSTRAINT shadow_answers_end CHECK ((state = 'begun') = (ended_at IS NULL)),
    CONSTRAINT shadow_answers_answer CHECK ((state = 'answered') <= (answer IS NOT NULL))
);
COMMENT ON TABLE handrail.shadow_answers IS
'what a candidate would have answered in the first turn of a case, and what asking it used of the day''s budget';
CREATE INDEX shadow_answers_by_day ON handrail.shadow_answers (day);

-- A part of 1 out of the candidate's key and the case's id, by SHA-256: `place_of` in Python gives the same.
CREATE FUNCTION handrail.shadow_place(key text, case_id text) RETURNS double precision LANGUAGE sql IMMUTABLE AS $$
SELECT ('x' || left(encode(sha256(
    convert_to(key, 'UTF8') || '\x00'::bytea || convert_to(case_id, 'UTF8')
), 'hex'), 13))::bit(52)::bigint::double precision / 4503599627370496
$$;
