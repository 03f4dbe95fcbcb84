-- People sign in at the desk by an identity provider, too: then the session holds whom it vouched for.

ALTER TABLE handrail.desk_sessions ALTER COLUMN key_id DROP NOT NULL;
ALTER TABLE handrail.desk_sessions ADD COLUMN principal jsonb;
ALTER TABLE handrail.desk_sessions ADD CONSTRAINT desk_sessions_vouched CHECK ((key_id IS NULL) <> (principal IS NULL));
COMMENT ON TABLE handrail.desk_sessions IS
'who signed in at the desk, with which key or by an identity provider; of the token in the cookie its SHA-256 alone';
