CREATE TABLE handrail.controls_standing (
    control_id bigint PRIMARY KEY,
    scope text NOT NULL,
    level text NOT NULL,
    hand text NOT NULL,
    reason text NOT NULL,
    actor text NOT NULL,
    asked_at timestamptz NOT NULL,
    set_at timestamptz NOT NULL,
    expires_at timestamptz,
    waited boolean NOT NULL
);
COMMENT ON TABLE handrail.controls_standing IS
'of the controls those that count now or may yet: not expired, and no newer one of the same scope and hand lasts as long';

-- One after the other: the key is that of every change, and none that is under way elsewhere may be missed here.
CREATE FUNCTION handrail.stand() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(7240118322904157);
    DELETE FROM handrail.controls_standing WHERE expires_at <= clock_timestamp();
    DELETE FROM handrail.controls_standing AS older USING added
    WHERE added.scope = older.scope AND added.hand = older.hand AND added.control_id > older.control_id
        AND coalesce(added.expires_at, 'infinity') >= coalesce(older.expires_at, 'infinity');
    INSERT INTO handrail.controls_standing (
        control_id, scope, level, hand, reason, actor, asked_at, set_at, expires_at, waited
    )
    SELECT control_id, scope, level, hand, reason, actor, asked_at, set_at, expires_at, waited
    FROM (
        SELECT *, max(coalesce(expires_at, 'infinity')) OVER (
            PARTITION BY scope, hand ORDER BY control_id DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS newer_last
        FROM handrail.controls
        WHERE control_id >= (SELECT min(control_id) FROM added)
    ) AS one
    WHERE coalesce(expires_at, 'infinity') > greatest(newer_last, clock_timestamp())
        AND (level <> 'auto' OR expires_at IS NOT NULL)
    ON CONFLICT (control_id) DO NOTHING;
    NOTIFY handrail_controls;
    RETURN NULL;
END
$$;
CREATE TRIGGER controls_stand AFTER INSERT ON handrail.controls
REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION handrail.stand();

INSERT INTO handrail.controls_standing (
    control_id, scope, level, hand, reason, actor, asked_at, set_at, expires_at, waited
)
SELECT control_id, scope, level, hand, reason, actor, asked_at, set_at, expires_at, waited
FROM (
    SELECT *, max(coalesce(expires_at, 'infinity')) OVER (
        PARTITION BY scope, hand ORDER BY control_id DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS newer_last
    FROM handrail.controls
) AS one
WHERE coalesce(expires_at, 'infinity') > greatest(newer_last, clock_timestamp())
    AND (level <> 'auto' OR expires_at IS NOT NULL);

CREATE OR REPLACE VIEW handrail.controls_in_force AS
SELECT newest.*
FROM (
    SELECT DISTINCT ON (scope, hand) *
    FROM handrail.controls_standing
    WHERE expires_at IS NULL OR expires_at > clock_timestamp()
    ORDER BY scope ASC, hand ASC, control_id DESC
) AS newest
WHERE newest.level <> 'auto';
