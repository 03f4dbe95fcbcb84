CREATE TABLE handrail.controls (
    control_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    scope text NOT NULL CONSTRAINT controls_scope CHECK (
        scope ~ '^(global|(topic|tool|segment):[A-Za-z0-9][A-Za-z0-9_.-]{0,119})$'
    ),
    level text NOT NULL CONSTRAINT controls_level CHECK (level IN ('auto', 'review', 'draft', 'off')),
    hand text NOT NULL CONSTRAINT controls_hand CHECK (hand IN ('person', 'handrail', 'drill')),
    reason text NOT NULL CONSTRAINT controls_reason CHECK (reason <> ''),
    actor text NOT NULL CONSTRAINT controls_actor CHECK (actor <> ''),
    asked_at timestamptz NOT NULL DEFAULT now(),
    set_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz,
    waited boolean NOT NULL
);
COMMENT ON COLUMN handrail.controls.waited IS
'whether every effect and reply that was under way had ended before this was set';
CREATE INDEX controls_newest ON handrail.controls (scope, hand, control_id DESC);

CREATE TRIGGER controls_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON handrail.controls
FOR EACH STATEMENT EXECUTE FUNCTION handrail.refuse('controls are only added to');

CREATE VIEW handrail.controls_in_force AS
SELECT newest.*
FROM (
    SELECT DISTINCT ON (scope, hand) *
    FROM handrail.controls
    WHERE expires_at IS NULL OR expires_at > clock_timestamp()
    ORDER BY scope ASC, hand ASC, control_id DESC
) AS newest
WHERE newest.level <> 'auto';
COMMENT ON VIEW handrail.controls_in_force IS
'what each hand said last about each scope and what has not expired; the strictest that concerns a case holds';

CREATE TABLE handrail.model_health (
    worker text PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    calls integer NOT NULL CONSTRAINT model_health_calls CHECK (calls >= 0),
    failed integer NOT NULL CONSTRAINT model_health_failed CHECK (failed BETWEEN 0 AND calls),
    slow integer NOT NULL CONSTRAINT model_health_slow CHECK (slow BETWEEN 0 AND calls)
);
COMMENT ON TABLE handrail.model_health IS 'how the model calls of each worker went in its latest window';

-- When it was really written: the clock of the row's own statement, which no worker's clock can bend.
ALTER TABLE handrail.messages ADD COLUMN recorded_at timestamptz NOT NULL DEFAULT clock_timestamp();
ALTER TABLE handrail.actions ADD COLUMN recorded_at timestamptz;
CREATE INDEX messages_recorded ON handrail.messages (recorded_at) WHERE author = 'assistant';
CREATE INDEX actions_recorded ON handrail.actions (recorded_at) WHERE recorded_at IS NOT NULL;
