-- A case that the front door answers for stands here until the record has it, so that nothing answered is ever lost.

CREATE TABLE handrail.case_starts (
    case_id text PRIMARY KEY,
    customer_id text NOT NULL,
    opening jsonb NOT NULL,
    content_digest text NOT NULL CONSTRAINT case_starts_content_digest CHECK (content_digest <> ''),
    identity text NOT NULL,
    kept_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    due_at timestamptz NOT NULL,
    taken_until timestamptz NOT NULL,
    begun_at timestamptz
);
COMMENT ON TABLE handrail.case_starts IS
'cases that were answered for: begun by whoever takes them up first, and gone from here once the record has them';
COMMENT ON COLUMN handrail.case_starts.taken_until IS 'whoever took it up last begins it by then or not at all';
CREATE INDEX case_starts_due ON handrail.case_starts (due_at) WHERE begun_at IS NULL;
CREATE INDEX case_starts_of_customer ON handrail.case_starts (customer_id);

-- Of another content it is another message, which would be lost.
CREATE FUNCTION handrail.start_is_recorded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM handrail.case_starts AS s WHERE s.case_id = NEW.case_id AND s.content_digest = NEW.content_digest;
    RETURN NULL;
END
$$;
CREATE TRIGGER cases_were_kept AFTER INSERT ON handrail.cases
FOR EACH ROW EXECUTE FUNCTION handrail.start_is_recorded();
