-- An effect whose tool said that its outcome is unknown is never made again by itself, whoever runs its turn again.

ALTER TABLE handrail.effect_attempts ADD COLUMN said_unknown boolean NOT NULL DEFAULT FALSE;
COMMENT ON COLUMN handrail.effect_attempts.said_unknown IS
'its tool said that nobody knows whether it was made: it is never made again by itself';
