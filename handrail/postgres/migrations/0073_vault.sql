-- The keys that histories are encrypted with, each wrapped by another: a master key, which is not here, wraps owners' keys, and
-- they wrap the keys of data.

CREATE TABLE handrail.owner_keys (
    key_id text PRIMARY KEY CONSTRAINT owner_keys_id CHECK (key_id ~ '^o[0-9a-f]{24}$'),
    customer_id text UNIQUE,
    master_id text NOT NULL,
    wrapped bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE handrail.owner_keys IS
'keys that wrap keys of data: a customer''s, or without one that of a single workflow whose customer is not known';
CREATE INDEX owner_keys_by_master ON handrail.owner_keys (master_id, key_id);

CREATE TABLE handrail.data_keys (
    key_id text PRIMARY KEY CONSTRAINT data_keys_id CHECK (key_id ~ '^d[0-9a-f]{24}$'),
    namespace text NOT NULL,
    sealed_for text NOT NULL,
    workflow_id text NOT NULL,
    owner_id text NOT NULL REFERENCES handrail.owner_keys ON DELETE CASCADE,
    wrapped bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE handrail.data_keys IS 'keys that payloads are encrypted with, one a workflow';
COMMENT ON COLUMN handrail.data_keys.sealed_for IS
'the workflow that payloads are bound to; empty where whoever encrypted them could not know it, as the Web UI';
COMMENT ON COLUMN handrail.data_keys.workflow_id IS 'the workflow that the key belongs to; empty until its first reader tells';
CREATE UNIQUE INDEX data_keys_of_workflow ON handrail.data_keys (namespace, sealed_for) WHERE sealed_for <> '';
CREATE INDEX data_keys_by_workflow ON handrail.data_keys (workflow_id);
CREATE INDEX data_keys_by_owner ON handrail.data_keys (owner_id);

CREATE TABLE handrail.shredded_keys (
    key_id text PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE handrail.shredded_keys IS 'ids of keys of data that are gone for good, so that whoever meets one is told so';
CREATE INDEX shredded_keys_by_time ON handrail.shredded_keys (at);

CREATE FUNCTION handrail.tell_shredded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NOTIFY handrail_shredded;
    RETURN NULL;
END
$$;
CREATE TRIGGER shredded_keys_are_told AFTER INSERT ON handrail.shredded_keys
FOR EACH STATEMENT EXECUTE FUNCTION handrail.tell_shredded();
