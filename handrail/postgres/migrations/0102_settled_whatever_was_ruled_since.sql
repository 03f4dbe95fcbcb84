-- What somebody found out of an effect that was sent is written down, also where it has been ruled on more strictly since. A later
-- migration validates it: reading every action under this lock would stop all effects meanwhile.
ALTER TABLE handrail.actions DROP CONSTRAINT actions_applied_as_permitted,
ADD CONSTRAINT actions_applied_as_permitted CHECK (
    outcome IS NULL
    OR (
        kind = 'effect'
        AND applied_hash IS NOT NULL
        AND applied_at IS NOT NULL
        AND (
            (outcome = 'refused' AND code = 'taken_back') IS TRUE
            OR (code IN ('found_made', 'found_not_made')) IS TRUE
            OR handrail.permitted(ruling, arguments_hash, approval_status, decided_hash, applied_hash)
        )
    )
) NOT VALID;
