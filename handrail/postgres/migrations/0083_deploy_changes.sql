-- Which build gets the cases is kept beside the server, which forgets versions that are deleted.
CREATE TABLE handrail.deploy_changes (
    change_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    deployment text NOT NULL CONSTRAINT deploy_changes_deployment CHECK (deployment <> ''),
    act text NOT NULL CONSTRAINT deploy_changes_act CHECK (act IN ('promote', 'ramp', 'rollback', 'prune')),
    build_id text NOT NULL,
    before text NOT NULL,
    percent double precision CONSTRAINT deploy_changes_percent CHECK (percent BETWEEN 0 AND 100),
    actor text NOT NULL CONSTRAINT deploy_changes_actor CHECK (actor <> ''),
    words text NOT NULL,
    evidence jsonb NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE handrail.deploy_changes IS
'each change of which build gets the cases, by whom and on what grounds; an empty build is workers without a version';
CREATE INDEX deploy_changes_newest ON handrail.deploy_changes (deployment, change_id DESC);
CREATE TRIGGER deploy_changes_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON handrail.deploy_changes
FOR EACH STATEMENT EXECUTE FUNCTION handrail.refuse('changes of deployments are only added to');
