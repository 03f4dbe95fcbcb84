-- A program that approves several at once was shown no page.
ALTER TABLE handrail.desk_batches ALTER COLUMN seconds DROP NOT NULL;
COMMENT ON TABLE handrail.desk_batches IS
'approvals that a person gave several at once; seconds is from when the page was shown until it was sent, null over HTTP';
