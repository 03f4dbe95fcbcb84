-- Drift: days of the record, baselines that people signed, alarms, and the governor's steps.

CREATE TABLE handrail.drift_days (
    indicator text NOT NULL,
    topic text NOT NULL,
    dimension text NOT NULL,
    value text NOT NULL,
    day date NOT NULL,
    cases double precision NOT NULL CONSTRAINT drift_days_cases CHECK (cases >= 0),
    bad double precision NOT NULL CONSTRAINT drift_days_bad CHECK (bad >= 0),
    version integer NOT NULL,
    definitions text NOT NULL,
    counted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (indicator, topic, dimension, value, day)
);
COMMENT ON TABLE handrail.drift_days IS
'mature figures by day of the business, counted once; topic is empty for all cases, dimension is all where it is no slice';
CREATE INDEX drift_days_by_day ON handrail.drift_days (day) WHERE dimension = 'all';

CREATE TABLE handrail.drift_levels (
    topic text NOT NULL,
    day date NOT NULL,
    level text NOT NULL CONSTRAINT drift_levels_level CHECK (level IN ('auto', 'review', 'draft', 'off')),
    PRIMARY KEY (topic, day)
);
COMMENT ON TABLE handrail.drift_levels IS 'the strictest level at which a topic was at any time of a day';

CREATE TABLE handrail.drift_thresholds (
    place text PRIMARY KEY,
    threshold double precision NOT NULL,
    found_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE handrail.drift_thresholds IS 'thresholds that were found by simulation, by what was simulated';

CREATE TABLE handrail.drift_baselines (
    baseline_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    indicator text NOT NULL,
    topic text NOT NULL,
    since date NOT NULL,
    until date NOT NULL,
    watch_from date NOT NULL,
    days integer NOT NULL,
    version integer NOT NULL,
    definitions text NOT NULL,
    levels jsonb NOT NULL,
    cases double precision NOT NULL,
    bad double precision NOT NULL,
    rates double precision[] NOT NULL,
    errors double precision[] NOT NULL,
    spread double precision NOT NULL,
    shift double precision NOT NULL,
    alarms double precision NOT NULL CONSTRAINT drift_baselines_alarms CHECK (alarms > 0),
    threshold double precision NOT NULL,
    shortage text,
    accepted_by text NOT NULL CONSTRAINT drift_baselines_by CHECK (accepted_by <> ''),
    accepted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT drift_baselines_days CHECK (since < until AND until <= watch_from)
);
COMMENT ON TABLE handrail.drift_baselines IS
'what is normal for a series, as a named person accepted it; the newest of a series counts, and none is ever changed';
CREATE INDEX drift_baselines_newest ON handrail.drift_baselines (indicator, topic, baseline_id DESC);
CREATE TRIGGER drift_baselines_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON handrail.drift_baselines
FOR EACH STATEMENT EXECUTE FUNCTION handrail.refuse('baselines are only added to');

CREATE TABLE handrail.drift_alarms (
    alarm_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    detector text NOT NULL,
    day date NOT NULL,
    first_day date NOT NULL,
    indicator text NOT NULL,
    topic text NOT NULL,
    baseline_id bigint REFERENCES handrail.drift_baselines,
    evidence jsonb NOT NULL,
    proved_on date,
    raised_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    acknowledged_by text,
    acknowledged_at timestamptz,
    "real" boolean,
    note text,
    CONSTRAINT drift_alarms_acknowledged CHECK (num_nonnulls(acknowledged_by, acknowledged_at, "real", note) IN (0, 4))
);
COMMENT ON TABLE handrail.drift_alarms IS 'alarms, each once, and what a named person said of it';
CREATE UNIQUE INDEX drift_alarms_of_a_baseline ON handrail.drift_alarms (baseline_id) WHERE baseline_id IS NOT NULL;
CREATE UNIQUE INDEX drift_alarms_of_a_day ON handrail.drift_alarms (day, kind, indicator, topic) WHERE baseline_id IS NULL;
CREATE TRIGGER drift_alarms_stay BEFORE DELETE OR TRUNCATE ON handrail.drift_alarms
FOR EACH STATEMENT EXECUTE FUNCTION handrail.refuse('an alarm is never deleted');
CREATE TRIGGER drift_alarms_are_acknowledged_once BEFORE UPDATE ON handrail.drift_alarms
FOR EACH ROW WHEN (
    OLD.acknowledged_by IS NOT NULL OR (OLD.proved_on IS NOT NULL AND NEW.proved_on IS DISTINCT FROM OLD.proved_on)
    OR (NEW.kind, NEW.day, NEW.first_day, NEW.evidence) IS DISTINCT FROM (OLD.kind, OLD.day, OLD.first_day, OLD.evidence)
)
EXECUTE FUNCTION handrail.refuse('an alarm is acknowledged once and otherwise stays as it was raised');

CREATE TABLE handrail.governor_steps (
    step_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL CONSTRAINT governor_steps_kind CHECK (kind IN ('down', 'paged', 'kept', 'raised')),
    day date NOT NULL,
    topic text NOT NULL,
    level text NOT NULL CONSTRAINT governor_steps_level CHECK (level IN ('auto', 'review', 'draft', 'off')),
    rule text NOT NULL,
    alarm_id bigint REFERENCES handrail.drift_alarms,
    control_id bigint,
    volume double precision NOT NULL,
    words text NOT NULL,
    evidence jsonb NOT NULL,
    actor text NOT NULL CONSTRAINT governor_steps_actor CHECK (actor <> ''),
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE handrail.governor_steps IS
'what the governor did about alarms (down), asked of people instead (paged) or left (kept), and what people raised again';
CREATE UNIQUE INDEX governor_steps_once ON handrail.governor_steps (alarm_id, topic, level) WHERE alarm_id IS NOT NULL;
CREATE INDEX governor_steps_by_topic ON handrail.governor_steps (topic, step_id DESC);
CREATE TRIGGER governor_steps_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON handrail.governor_steps
FOR EACH STATEMENT EXECUTE FUNCTION handrail.refuse('the governor''s steps are only added to');
