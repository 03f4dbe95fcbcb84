CREATE TABLE handrail.customer_links (
    link_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    merged text NOT NULL,
    kept text NOT NULL,
    reason text NOT NULL,
    contradictions text [] NOT NULL,
    by text NOT NULL CONSTRAINT customer_links_by CHECK (by <> ''),
    at timestamptz NOT NULL,
    undone_by text,
    undone_because text,
    undone_at timestamptz,
    CONSTRAINT customer_links_of_two CHECK (
        (merged <> kept AND merged <> '' AND kept <> '' AND reason <> '') OR (merged = '' AND kept = '' AND reason = '')
    ),
    CONSTRAINT customer_links_undone CHECK (num_nonnulls(undone_by, undone_because, undone_at) IN (0, 3))
);
CREATE UNIQUE INDEX customer_links_in_force ON handrail.customer_links (merged) WHERE undone_at IS NULL AND merged <> '';
CREATE INDEX customer_links_by_kept ON handrail.customer_links (kept) WHERE undone_at IS NULL;
COMMENT ON TABLE handrail.customer_links IS
'which customer ids are one person, who said so and why; a link is undone, never changed or deleted; one of forgotten ids is blank';

CREATE FUNCTION handrail.customer_links_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.link_id, NEW.contradictions, NEW."by", NEW.at) IS DISTINCT FROM (OLD.link_id, OLD.contradictions, OLD."by", OLD.at)
        OR (NEW.merged <> '' AND (
            OLD.undone_at IS NOT NULL OR (NEW.merged, NEW.kept, NEW.reason) IS DISTINCT FROM (OLD.merged, OLD.kept, OLD.reason)
        ))
        OR (NEW.merged = '' AND (NEW.undone_by, NEW.undone_at) IS DISTINCT FROM (OLD.undone_by, OLD.undone_at))
    THEN
        RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER customer_links_keep BEFORE UPDATE ON handrail.customer_links
FOR EACH ROW EXECUTE FUNCTION handrail.customer_links_keep('a link of customers is undone, never changed');
CREATE TRIGGER customer_links_stay BEFORE DELETE OR TRUNCATE ON handrail.customer_links
FOR EACH STATEMENT EXECUTE FUNCTION handrail.refuse('a link of customers is undone, never changed');

CREATE FUNCTION handrail.kin(customer text) RETURNS text [] LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    found text [] := ARRAY[customer];
    more text [];
BEGIN
    LOOP
        SELECT array_agg(DISTINCT x.id) INTO more
        FROM (
            SELECT l.kept FROM handrail.customer_links AS l
            WHERE l.merged = ANY(found) AND l.merged <> '' AND l.undone_at IS NULL
            UNION ALL
            SELECT l.merged FROM handrail.customer_links AS l WHERE l.kept = ANY(found) AND l.undone_at IS NULL
        ) AS x (id)
        WHERE x.id <> ALL(found);
        IF more IS NULL THEN
            RETURN found;
        END IF;
        found := found || more;
    END LOOP;
END
$$;
COMMENT ON FUNCTION handrail.kin IS 'all ids of the person who has this customer id, this one first';

-- Locks in one order, of all ids of a person. Who those are is read before the locks and once more behind them: had somebody
-- merged or parted them meanwhile, the locks go with the block, and it begins anew, so that no lock is taken out of order.
CREATE FUNCTION handrail.hold_kin(customers text [], alone boolean) RETURNS text [] LANGUAGE plpgsql AS $$
DECLARE
    held text [];
    place bigint;
BEGIN
    LOOP
        held := ARRAY(SELECT DISTINCT k FROM unnest(customers) AS c CROSS JOIN unnest(handrail.kin(c)) AS k ORDER BY k);
        BEGIN
            FOR place IN SELECT DISTINCT hashtextextended(h, 10) AS key FROM unnest(held) AS h ORDER BY key LOOP
                IF alone THEN
                    PERFORM pg_advisory_xact_lock(place);
                ELSE
                    PERFORM pg_advisory_xact_lock_shared(place);
                END IF;
            END LOOP;
            IF held = ARRAY(
                SELECT DISTINCT k FROM unnest(customers) AS c CROSS JOIN unnest(handrail.kin(c)) AS k ORDER BY k
            ) THEN
                RETURN held;
            END IF;
            RAISE EXCEPTION 'these customers are others by now' USING ERRCODE = 'HR004';
        EXCEPTION WHEN SQLSTATE 'HR004' THEN
            NULL;
        END;
    END LOOP;
END
$$;
COMMENT ON FUNCTION handrail.hold_kin IS
'keeps who these customers are as it is until the transaction ends: effects share the locks, who merges or parts has them alone';

DROP FUNCTION handrail.begin_effect(text, text, bigint);
-- One statement says whether an effect may be made. Every statement within sees what was committed before it began, so the
-- controls are read as they are once the locks are held.
CREATE FUNCTION handrail.begin_effect(wanted text, wanted_hash text, hold bigint) RETURNS TABLE (
    case_id text,
    customer_id text,
    action text,
    status text,
    ruling text,
    approval_status text,
    outcome text,
    applied_hash text,
    watched jsonb,
    decided_on_these boolean,
    permitted boolean,
    controls jsonb,
    unreadable text,
    kin text []
) LANGUAGE plpgsql AS $$
BEGIN
    -- First of all locks: taken behind another it could deadlock.
    PERFORM pg_advisory_xact_lock_shared(hold);
    SELECT
        a.case_id, c.customer_id, a.action, a.status, a.ruling, a.approval_status, a.outcome, a.applied_hash,
        a.verdict -> 'watched', coalesce(a.decided_hash = wanted_hash, FALSE),
        handrail.permitted(a.ruling, a.arguments_hash, a.approval_status, a.decided_hash, wanted_hash) AND a.kind = 'effect'
    INTO
        case_id, customer_id, action, status, ruling, approval_status, outcome, applied_hash,
        watched, decided_on_these, permitted
    FROM handrail.actions AS a
    INNER JOIN handrail.cases AS c ON a.case_id = c.case_id
    WHERE a.effect_id = wanted
    FOR UPDATE OF a;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    PERFORM handrail.hold_kin(ARRAY[customer_id], FALSE);
    kin := handrail.kin(customer_id);
    BEGIN
        SELECT coalesce(jsonb_agg(to_jsonb(f) ORDER BY f.control_id), '[]') INTO controls
        FROM handrail.controls_in_force AS f;
    EXCEPTION WHEN OTHERS THEN
        unreadable := SQLSTATE;
    END;
    RETURN NEXT;
END
$$;
COMMENT ON FUNCTION handrail.begin_effect IS
'what the ledger holds of an effect, its row locked, the controls in force and all ids of its customer, kept as they are until '
'the transaction ends; '
'unreadable: the state of the error that kept the controls from being read; nothing comes back for an effect without a verdict';
