-- Every key of data that goes is told, whichever way it went: one that was made while its owner's was destroyed goes with that.

CREATE FUNCTION handrail.tell_shredded_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO handrail.shredded_keys (key_id) VALUES (OLD.key_id) ON CONFLICT (key_id) DO NOTHING;
    RETURN NULL;
END
$$;
CREATE TRIGGER data_keys_are_told AFTER DELETE ON handrail.data_keys
FOR EACH ROW EXECUTE FUNCTION handrail.tell_shredded_key();
