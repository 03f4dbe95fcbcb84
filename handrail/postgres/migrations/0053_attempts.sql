-- Effects that another system makes and cannot tell from a repetition are tried once.

CREATE TABLE handrail.effect_attempts (
    effect_id text PRIMARY KEY,
    begun_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE handrail.effect_attempts IS
'attempts at effects of other systems that take no key, noted before anything is sent: a second one is never made';
