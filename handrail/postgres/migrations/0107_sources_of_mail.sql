-- The sources of mail, with all that was attached, can go once their time is over.

ALTER TABLE handrail.mails ADD COLUMN swept_at timestamptz;
COMMENT ON COLUMN handrail.mails.swept_at IS 'when its source went, with all that was attached: its time was over';
CREATE INDEX mails_with_source ON handrail.mails (at) WHERE swept_at IS NULL;
