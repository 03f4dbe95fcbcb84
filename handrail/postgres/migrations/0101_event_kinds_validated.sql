-- In a transaction of its own: events are read and written meanwhile.
ALTER TABLE handrail.case_event VALIDATE CONSTRAINT case_event_kind;
