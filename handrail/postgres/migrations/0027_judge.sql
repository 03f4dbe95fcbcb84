-- A judge of cases, its labels by people and its calibrations; and answers to canary prompts.

CREATE TABLE handrail.quality_judgements (
    day date NOT NULL,
    purpose text NOT NULL CONSTRAINT quality_judgements_purpose CHECK (purpose IN ('sample', 'anchor', 'calibration')),
    judge text NOT NULL,
    case_id text NOT NULL REFERENCES handrail.cases,
    criterion text NOT NULL,
    run smallint NOT NULL CONSTRAINT quality_judgements_run CHECK (run >= 1),
    verdict text CONSTRAINT quality_judgements_verdict CHECK (verdict IN ('pass', 'fail')),
    unmeasured text,
    quote text NOT NULL DEFAULT '',
    model text NOT NULL DEFAULT '',
    fingerprint text,
    usage jsonb NOT NULL DEFAULT '{}',
    asked_at timestamptz NOT NULL,
    PRIMARY KEY (day, purpose, judge, case_id, criterion, run),
    CONSTRAINT quality_judgements_says_something CHECK (num_nonnulls(verdict, unmeasured) = 1)
);
COMMENT ON TABLE handrail.quality_judgements IS
'each call of a judge, kept before the next one; judge is the start of a hash of model, prompt and criterion';
CREATE INDEX quality_judgements_newest ON handrail.quality_judgements (judge, asked_at DESC) WHERE model <> '';
CREATE TRIGGER quality_judgements_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON handrail.quality_judgements
FOR EACH STATEMENT EXECUTE FUNCTION handrail.refuse('judgements are only added to');

CREATE TABLE handrail.quality_label_tasks (
    case_id text NOT NULL REFERENCES handrail.cases,
    criterion text NOT NULL,
    wording text NOT NULL,
    day date NOT NULL,
    chosen_from text NOT NULL CONSTRAINT quality_label_tasks_chosen_from CHECK (chosen_from IN ('fail', 'pass', 'unmeasured')),
    probability double precision NOT NULL CONSTRAINT quality_label_tasks_probability CHECK (
        probability > 0 AND probability <= 1
    ),
    twice boolean NOT NULL,
    PRIMARY KEY (case_id, criterion, wording)
);
COMMENT ON TABLE handrail.quality_label_tasks IS
'cases that people are to label, with the probability of their choice; wording is the start of the question''s hash';

CREATE TABLE handrail.quality_labels (
    case_id text NOT NULL,
    criterion text NOT NULL,
    wording text NOT NULL,
    reviewer text NOT NULL,
    verdict text NOT NULL CONSTRAINT quality_labels_verdict CHECK (verdict IN ('pass', 'fail', 'cannot_say')),
    note text NOT NULL DEFAULT '',
    first_at timestamptz NOT NULL,
    given_at timestamptz NOT NULL,
    changes integer NOT NULL DEFAULT 0,
    PRIMARY KEY (case_id, criterion, wording, reviewer),
    FOREIGN KEY (case_id, criterion, wording) REFERENCES handrail.quality_label_tasks
);
COMMENT ON TABLE handrail.quality_labels IS 'verdicts of people, who did not see the judge''s; the earliest first_at is the first';

CREATE TABLE handrail.quality_anchors (
    criterion text NOT NULL,
    case_id text NOT NULL REFERENCES handrail.cases,
    since date NOT NULL,
    PRIMARY KEY (criterion, case_id)
);
COMMENT ON TABLE handrail.quality_anchors IS 'old transcripts that are judged again every day: what moves there is the judge';

CREATE TABLE handrail.quality_calibrations (
    calibration_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    criterion text NOT NULL,
    judge text NOT NULL,
    opened boolean NOT NULL,
    body jsonb NOT NULL,
    at timestamptz NOT NULL
);
COMMENT ON TABLE handrail.quality_calibrations IS 'calibrations of judges and closings of their gates; the newest of a criterion counts';
CREATE INDEX quality_calibrations_newest ON handrail.quality_calibrations (criterion, calibration_id DESC);
CREATE TRIGGER quality_calibrations_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON handrail.quality_calibrations
FOR EACH STATEMENT EXECUTE FUNCTION handrail.refuse('calibrations are only added to');

CREATE TABLE handrail.canary_answers (
    day date NOT NULL,
    served text NOT NULL,
    canary text NOT NULL,
    prompt smallint NOT NULL,
    number smallint NOT NULL,
    text text NOT NULL,
    model text NOT NULL DEFAULT '',
    fingerprint text,
    usage jsonb NOT NULL DEFAULT '{}',
    asked_at timestamptz NOT NULL,
    PRIMARY KEY (day, served, canary, prompt, number)
);
COMMENT ON TABLE handrail.canary_answers IS 'the agent''s model on the same prompts every day; canary is the start of the prompts'' hash';

CREATE TABLE handrail.canary_baselines (
    baseline_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    served text NOT NULL,
    canary text NOT NULL,
    since date NOT NULL,
    until date NOT NULL,
    answers integer NOT NULL,
    models text[] NOT NULL,
    reason text NOT NULL CONSTRAINT canary_baselines_reason CHECK (reason <> ''),
    actor text NOT NULL CONSTRAINT canary_baselines_actor CHECK (actor <> ''),
    at timestamptz NOT NULL,
    CONSTRAINT canary_baselines_days CHECK (since <= until)
);
COMMENT ON TABLE handrail.canary_baselines IS 'days whose answers a named person vouched for; the newest counts';
CREATE TRIGGER canary_baselines_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON handrail.canary_baselines
FOR EACH STATEMENT EXECUTE FUNCTION handrail.refuse('baselines are only added to');

CREATE TABLE handrail.canary_days (
    day date NOT NULL,
    served text NOT NULL,
    canary text NOT NULL,
    baseline_id bigint REFERENCES handrail.canary_baselines,
    hit boolean NOT NULL,
    body jsonb NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (day, served, canary)
);
COMMENT ON TABLE handrail.canary_days IS 'each day''s comparison with the baseline';
