-- The quality loop: the steps of each of the business's days, the sample of cases that ended on it, and what scorers say.

CREATE TABLE handrail.quality_steps (
    day date NOT NULL,
    step text NOT NULL CONSTRAINT quality_steps_step CHECK (step ~ '^[a-z][a-z0-9_]{0,39}$'),
    since timestamptz NOT NULL,
    until timestamptz NOT NULL,
    done_at timestamptz,
    result jsonb,
    tries integer NOT NULL DEFAULT 0 CONSTRAINT quality_steps_tries CHECK (tries >= 0),
    tried_at timestamptz,
    error text,
    PRIMARY KEY (day, step),
    CONSTRAINT quality_steps_limits CHECK (since < until),
    CONSTRAINT quality_steps_result CHECK ((done_at IS NULL) = (result IS NULL))
);
COMMENT ON TABLE handrail.quality_steps IS
'what was done for each of the business''s days; tries and error are of attempts that failed, error is null once it is done';

CREATE TABLE handrail.quality_samples (
    day date NOT NULL,
    case_id text NOT NULL REFERENCES handrail.cases,
    topic text NOT NULL,
    risk text NOT NULL
    CONSTRAINT quality_samples_risk CHECK (risk IN ('escalated', 'effect', 'policy_hit', 'low_confidence', 'plain')),
    stratum text NOT NULL GENERATED ALWAYS AS (topic || '/' || risk) STORED,
    stratum_cases integer NOT NULL,
    stratum_drawn integer NOT NULL,
    place integer NOT NULL,
    probability double precision NOT NULL CONSTRAINT quality_samples_probability CHECK (probability > 0 AND probability <= 1),
    for_people boolean NOT NULL,
    people_probability double precision NOT NULL
    CONSTRAINT quality_samples_people CHECK (people_probability >= 0 AND people_probability <= probability),
    PRIMARY KEY (day, case_id),
    CONSTRAINT quality_samples_stratum CHECK (place BETWEEN 1 AND stratum_drawn AND stratum_drawn <= stratum_cases)
);
COMMENT ON TABLE handrail.quality_samples IS
'cases drawn of those that ended on the day; place is the order within the stratum, by hash of day and case';
CREATE INDEX quality_samples_by_case ON handrail.quality_samples (case_id);

CREATE TABLE handrail.quality_scores (
    day date NOT NULL,
    case_id text NOT NULL,
    scorer text NOT NULL,
    version integer NOT NULL,
    verdict text NOT NULL CONSTRAINT quality_scores_verdict CHECK (verdict IN ('good', 'bad', 'unmeasured')),
    evidence jsonb NOT NULL,
    scored_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (day, case_id, scorer),
    FOREIGN KEY (day, case_id) REFERENCES handrail.quality_samples
);
COMMENT ON TABLE handrail.quality_scores IS 'what a scorer says of a drawn case; unmeasured is neither good nor bad';

CREATE VIEW handrail.quality_scored AS
SELECT
    s.day,
    s.case_id,
    c.customer_id,
    s.topic,
    s.risk,
    s.stratum,
    s.stratum_cases,
    s.stratum_drawn,
    s.probability,
    1 / s.probability AS weight,
    r.scorer,
    r.version,
    r.verdict,
    r.evidence
FROM handrail.quality_samples AS s
INNER JOIN handrail.cases AS c ON s.case_id = c.case_id
INNER JOIN handrail.quality_scores AS r ON s.day = r.day AND s.case_id = r.case_id;
COMMENT ON VIEW handrail.quality_scored IS
'each verdict with the weight of its case: the cases of its day for which it stands';

-- The ends of cases by time: what ended on a day is looked for each day.
CREATE INDEX audit_ends ON handrail.audit (at, case_id) WHERE action IN ('turn:Resolved', 'resolve', 'close');
