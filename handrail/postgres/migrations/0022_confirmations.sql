-- A fourth ruling, between allow and require_approval: the customer is asked first, and nothing runs before a clear yes.
ALTER TABLE handrail.actions DROP CONSTRAINT actions_ruling,
ADD CONSTRAINT actions_ruling CHECK (ruling IN ('allow', 'confirm', 'require_approval', 'block'));

CREATE OR REPLACE FUNCTION handrail.permitted(
    ruling text, arguments_hash text, approval_status text, decided_hash text, wanted_hash text
) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
SELECT ruling NOT IN ('confirm', 'block')
    AND coalesce(approval_status, 'approved') IN ('approved', 'edited')
    AND (
        (ruling = 'allow' AND arguments_hash = wanted_hash)
        OR (approval_status IS NOT NULL AND decided_hash = wanted_hash)
    ) IS TRUE
$$;

CREATE OR REPLACE FUNCTION handrail.strictness(ruling text) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
SELECT array_position(ARRAY['allow', 'confirm', 'require_approval', 'block'], ruling)
$$;
