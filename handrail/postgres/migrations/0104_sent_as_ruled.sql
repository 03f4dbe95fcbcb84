-- An effect that was sent and not answered stays as it was ruled on, whoever rules on it again.

-- Asked once the row is held: whoever waited for it reads what was sent meanwhile, which a condition of theirs would not.
CREATE FUNCTION handrail.keep_what_was_sent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM handrail.effect_attempts AS t WHERE t.effect_id = OLD.effect_id) THEN
        RETURN NULL;
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION handrail.keep_what_was_sent IS
'the ruling, the arguments and the approval of an effect that may have been made are those under which it was sent';
CREATE TRIGGER actions_sent_as_ruled BEFORE UPDATE ON handrail.actions
FOR EACH ROW WHEN (OLD.outcome IS NULL AND NEW.outcome IS NULL)
EXECUTE FUNCTION handrail.keep_what_was_sent();
