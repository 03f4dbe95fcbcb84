-- In a transaction of its own: actions are read and written meanwhile.
ALTER TABLE handrail.actions VALIDATE CONSTRAINT actions_applied_as_permitted;
