ALTER TABLE handrail.actions ADD COLUMN ruled_at timestamptz NOT NULL DEFAULT clock_timestamp();
COMMENT ON COLUMN handrail.actions.ruled_at IS 'when the guardrail first ruled on it';
CREATE INDEX actions_ruled ON handrail.actions (ruled_at DESC, effect_id) WHERE kind = 'effect';
