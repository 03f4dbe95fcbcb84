CREATE TABLE handrail.model_pauses_ended (
    end_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    served text NOT NULL,
    until timestamptz NOT NULL,
    words text NOT NULL CONSTRAINT model_pauses_ended_words CHECK (words <> ''),
    actor text NOT NULL CONSTRAINT model_pauses_ended_actor CHECK (actor <> ''),
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE handrail.model_pauses_ended IS
'who had a model asked again before its server wanted it, and why; until is what the pause had been';
CREATE TRIGGER model_pauses_ended_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON handrail.model_pauses_ended
FOR EACH STATEMENT EXECUTE FUNCTION handrail.refuse('who ended a pause is only added to');
