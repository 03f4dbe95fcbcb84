-- A forgotten approval is still one that pages and commands can read.

CREATE OR REPLACE FUNCTION handrail.erase_work(of_case text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    done jsonb := '{}';
    n bigint;
BEGIN
    DELETE FROM handrail.departures AS x WHERE x.case_id = of_case;
    GET DIAGNOSTICS n = ROW_COUNT; done := handrail.counted(done, 'departures', n);
    DELETE FROM handrail.desk_replies AS x WHERE x.case_id = of_case;
    GET DIAGNOSTICS n = ROW_COUNT; done := handrail.counted(done, 'desk_replies', n);
    DELETE FROM handrail.letters AS x WHERE x.case_id = of_case;
    GET DIAGNOSTICS n = ROW_COUNT; done := handrail.counted(done, 'letters', n);
    DELETE FROM handrail.arrivals AS x WHERE x.case_id = of_case;
    GET DIAGNOSTICS n = ROW_COUNT; done := handrail.counted(done, 'arrivals', n);
    DELETE FROM handrail.desk_drafts AS x WHERE x.case_id = of_case;
    GET DIAGNOSTICS n = ROW_COUNT; done := handrail.counted(done, 'desk_drafts', n);
    UPDATE handrail.desk_batch_rows AS x SET title = '', refused = CASE WHEN x.refused = '' THEN '' ELSE 'forgotten' END
    WHERE x.case_id = of_case AND x.title <> '';
    GET DIAGNOSTICS n = ROW_COUNT; done := handrail.counted(done, 'desk_batch_rows', n);
    DELETE FROM handrail.turns AS x WHERE x.case_id = of_case;
    GET DIAGNOSTICS n = ROW_COUNT; done := handrail.counted(done, 'turns', n);
    DELETE FROM handrail.effect_attempts AS x
    WHERE x.effect_id IN (SELECT a.effect_id FROM handrail.actions AS a WHERE a.case_id = of_case);
    DELETE FROM handrail.actions AS x WHERE x.case_id = of_case;
    GET DIAGNOSTICS n = ROW_COUNT; done := handrail.counted(done, 'actions', n);
    UPDATE handrail.approvals AS x SET
        request = jsonb_strip_nulls(
            jsonb_build_object(
                'request_id', x.request -> 'request_id', 'kind', x.request -> 'kind', 'action', x.request -> 'action',
                'title', 'forgotten', 'headline', 'forgotten', 'forgotten', TRUE
            )
        ),
        decision = CASE WHEN x.decision IS NOT NULL THEN jsonb_strip_nulls(
            jsonb_build_object(
                'approval_id', x.approval_id, 'revision', x.revision, 'decision', x.decision -> 'decision',
                'reviewer', x.decision -> 'reviewer', 'decided_at', x.decision -> 'decided_at'
            )
        ) END,
        update_names = '{}',
        yes = '[]'
    WHERE x.case_id = of_case AND x.request -> 'forgotten' IS NULL;
    GET DIAGNOSTICS n = ROW_COUNT; done := handrail.counted(done, 'approvals', n);
    DELETE FROM handrail.messages AS x WHERE x.case_id = of_case;
    GET DIAGNOSTICS n = ROW_COUNT; done := handrail.counted(done, 'messages', n);
    DELETE FROM handrail.classifications AS x WHERE x.case_id = of_case;
    GET DIAGNOSTICS n = ROW_COUNT; done := handrail.counted(done, 'classifications', n);
    DELETE FROM handrail.handoffs AS x WHERE x.case_id = of_case;
    GET DIAGNOSTICS n = ROW_COUNT; done := handrail.counted(done, 'handoffs', n);
    RETURN done;
END
$$;

UPDATE handrail.approvals AS x SET
    request = x.request || '{"title": "forgotten", "headline": "forgotten"}',
    decision = CASE
        WHEN x.decision IS NOT NULL THEN x.decision || jsonb_build_object('approval_id', x.approval_id, 'revision', x.revision)
    END
WHERE x.request -> 'forgotten' IS NOT NULL;

-- An update that changes no row is refused, too, unless a customer is just being forgotten.
CREATE FUNCTION handrail.refuse_unless_erasing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(current_setting('handrail.erasing', TRUE), '') = '' THEN
        RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER audit_is_not_updated BEFORE UPDATE ON handrail.audit
FOR EACH STATEMENT EXECUTE FUNCTION handrail.refuse_unless_erasing('the audit only grows');
