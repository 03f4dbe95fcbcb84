CREATE TABLE handrail.model_calls (
    served text NOT NULL,
    case_id text NOT NULL,
    at timestamptz NOT NULL,
    failed boolean NOT NULL,
    slow boolean NOT NULL,
    name text,
    PRIMARY KEY (served, case_id)
);
COMMENT ON TABLE handrail.model_calls IS
'how the latest model call of each case went; served is the model and the server that were asked, name what the server calls it';
CREATE INDEX model_calls_latest ON handrail.model_calls (served, at DESC);
COMMENT ON TABLE handrail.model_health IS 'written by workers before 0011 only: model_calls counts cases instead of calls';

CREATE TABLE handrail.model_pauses (
    served text PRIMARY KEY,
    until timestamptz NOT NULL,
    asked_at timestamptz NOT NULL
);
COMMENT ON TABLE handrail.model_pauses IS 'until when a model''s server asks to be left alone';

CREATE TABLE handrail.model_notices (
    notice_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    served text NOT NULL,
    name text NOT NULL CONSTRAINT model_notices_name CHECK (name <> ''),
    kin text NOT NULL CONSTRAINT model_notices_kin CHECK (kin IN ('first', 'same', 'version', 'other')),
    accepted boolean NOT NULL,
    words text NOT NULL,
    actor text NOT NULL CONSTRAINT model_notices_actor CHECK (actor <> ''),
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE handrail.model_notices IS 'the names under which models answered, what was first seen and every change';
CREATE INDEX model_notices_by_name ON handrail.model_notices (served, name, notice_id DESC);
CREATE TRIGGER model_notices_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON handrail.model_notices
FOR EACH STATEMENT EXECUTE FUNCTION handrail.refuse('what was noticed of models is only added to');
