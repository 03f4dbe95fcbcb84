-- Channels: by which way a customer's message came, and where what is said to them has to go.

CREATE TABLE handrail.arrivals (
    case_id text NOT NULL,
    message_id text NOT NULL,
    channel text NOT NULL,
    address text CONSTRAINT arrivals_address CHECK (address <> ''),
    arrived_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (case_id, message_id)
);
COMMENT ON TABLE handrail.arrivals IS
'how a customer''s message came in, noted before its case hears of it; without an address they read the reply where they wrote';

CREATE TABLE handrail.departures (
    case_id text NOT NULL,
    message_id text NOT NULL,
    channel text NOT NULL,
    address text NOT NULL,
    answers text NOT NULL,
    state text NOT NULL DEFAULT 'waiting' CONSTRAINT departures_state CHECK (state IN ('waiting', 'sent', 'failed')),
    attempts integer NOT NULL DEFAULT 0,
    words text,
    noted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    next_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    settled_at timestamptz,
    PRIMARY KEY (case_id, message_id),
    FOREIGN KEY (case_id, message_id) REFERENCES handrail.messages,
    CONSTRAINT departures_settled CHECK ((state = 'waiting') = (settled_at IS NULL))
);
COMMENT ON TABLE handrail.departures IS
'the outbox: what was said to a customer and has to be brought to them, by the channel of their latest message, which it answers';
CREATE INDEX departures_due ON handrail.departures (channel, next_at) WHERE state = 'waiting';

CREATE FUNCTION handrail.note_departure() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    latest text := (
        SELECT m.message_id FROM handrail.messages AS m
        WHERE m.case_id = NEW.case_id AND m.author = 'customer'
        ORDER BY m.sequence DESC, m.at DESC, m.message_id DESC LIMIT 1
    );
    way handrail.arrivals;
BEGIN
    SELECT a.* INTO way FROM handrail.arrivals AS a WHERE a.case_id = NEW.case_id AND a.message_id = latest;
    IF way.address IS NOT NULL THEN
        INSERT INTO handrail.departures (case_id, message_id, channel, address, answers)
        VALUES (NEW.case_id, NEW.message_id, way.channel, way.address, latest);
        PERFORM pg_notify('handrail_departures', way.channel);
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER messages_depart AFTER INSERT ON handrail.messages
FOR EACH ROW WHEN (NEW.author <> 'customer') EXECUTE FUNCTION handrail.note_departure();
