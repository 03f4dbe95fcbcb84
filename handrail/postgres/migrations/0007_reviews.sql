CREATE TABLE handrail.review_gates (
    topic text NOT NULL,
    version text NOT NULL,
    began_at timestamptz NOT NULL,
    PRIMARY KEY (topic, version)
);
COMMENT ON TABLE handrail.review_gates IS 'human-review gates, each from the first case that met it';

CREATE TABLE handrail.reviews (
    case_id text NOT NULL,
    approval_id text NOT NULL,
    revision integer NOT NULL,
    topic text NOT NULL,
    outcome text NOT NULL CONSTRAINT reviews_outcome CHECK (outcome IN ('approved', 'edited', 'rejected')),
    decided_at timestamptz NOT NULL,
    PRIMARY KEY (case_id, approval_id, revision),
    FOREIGN KEY (case_id, approval_id, revision) REFERENCES handrail.approvals
);
COMMENT ON TABLE handrail.reviews IS 'what people decided on replies and effects, under the topic that the case had then';
CREATE INDEX reviews_by_topic ON handrail.reviews (topic, decided_at) INCLUDE (outcome, case_id);

CREATE FUNCTION handrail.note_review() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO handrail.reviews (case_id, approval_id, revision, topic, outcome, decided_at)
    SELECT NEW.case_id, NEW.approval_id, NEW.revision, c.topic, NEW.status, (NEW.decision ->> 'decided_at')::timestamptz
    FROM handrail.cases AS c
    WHERE c.case_id = NEW.case_id AND c.topic IS NOT NULL
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
CREATE TRIGGER approvals_are_counted AFTER INSERT OR UPDATE ON handrail.approvals
FOR EACH ROW WHEN (
    NEW.status IN ('approved', 'edited', 'rejected') AND NEW.request ->> 'kind' = 'approval'
)
EXECUTE FUNCTION handrail.note_review();
INSERT INTO handrail.reviews (case_id, approval_id, revision, topic, outcome, decided_at)
SELECT a.case_id, a.approval_id, a.revision, c.topic, a.status, (a.decision ->> 'decided_at')::timestamptz
FROM handrail.approvals AS a
INNER JOIN handrail.cases AS c ON a.case_id = c.case_id
WHERE a.status IN ('approved', 'edited', 'rejected') AND a.request ->> 'kind' = 'approval' AND c.topic IS NOT NULL;

CREATE INDEX cases_by_customer ON handrail.cases (customer_id, topic, updated_at DESC);
