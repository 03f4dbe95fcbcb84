-- Mail: every one that came in or went out, by whose words it went where it went, and how far the mailbox was read.

CREATE TABLE handrail.mails (
    mail_id text PRIMARY KEY,
    incoming boolean NOT NULL,
    header_id text,
    "references" text[] NOT NULL DEFAULT '{}',
    sender text,
    recipient text,
    subject text NOT NULL DEFAULT '',
    vouched text NOT NULL DEFAULT '',
    automatic boolean NOT NULL DEFAULT FALSE,
    disposition text CONSTRAINT mails_disposition CHECK (
        disposition IN ('opened', 'continued', 'people', 'automatic', 'bounce', 'own', 'unreadable')
    ),
    words text NOT NULL DEFAULT '',
    case_id text,
    message_id text,
    customer_id text,
    size integer NOT NULL,
    raw bytea NOT NULL,
    bounced text,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    settled_at timestamptz,
    CONSTRAINT mails_in_have_a_disposition CHECK (incoming = (disposition IS NOT NULL))
);
COMMENT ON TABLE handrail.mails IS
'mail as it came in and as it was sent; settled once the case has heard of it, or the mail server has taken it';
CREATE INDEX mails_by_header_id ON handrail.mails (header_id) WHERE header_id IS NOT NULL;
CREATE INDEX mails_by_case ON handrail.mails (case_id, at) WHERE case_id IS NOT NULL;
CREATE INDEX mails_by_time ON handrail.mails (at);
CREATE INDEX mails_automatic_out ON handrail.mails (recipient, at) WHERE NOT incoming AND automatic;

CREATE TABLE handrail.mail_attachments (
    mail_id text NOT NULL REFERENCES handrail.mails,
    position integer NOT NULL,
    name text NOT NULL,
    size integer NOT NULL,
    kind text NOT NULL,
    sha256 text NOT NULL,
    refused text,
    PRIMARY KEY (mail_id, position)
);
COMMENT ON TABLE handrail.mail_attachments IS
'attachments by reference: their bytes stand in the raw mail; kind is what the first bytes say, whatever the sender wrote';

CREATE TABLE handrail.mailboxes (
    mailbox text PRIMARY KEY,
    validity bigint NOT NULL,
    uid bigint NOT NULL,
    read_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE handrail.mailboxes IS 'up to which UID each mailbox was read, under which UIDVALIDITY';
