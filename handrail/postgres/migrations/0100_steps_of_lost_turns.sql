-- A commit keeps how messages were edited and withdrawn. Of what people change or refuse it keeps what the agent had read before
-- the next turn takes the journal, and a turn that lost its case to people, a later turn or its end takes none any more.

-- Everything but the row, which stands. Each part may be written again, and in any order of commits.
CREATE OR REPLACE FUNCTION handrail.save_step(step jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    wanted handrail.cases := jsonb_populate_record(NULL::handrail.cases, step -> 'row');
    ended handrail.turns := jsonb_populate_record(NULL::handrail.turns, step #> '{turn,key}');
    going handrail.turns := jsonb_populate_record(NULL::handrail.turns, nullif(step -> 'key', 'null'));
    message handrail.messages;
    approval handrail.approvals;
    proposed handrail.actions;
    ruled jsonb;
BEGIN
    -- Before the journal is taken: of what people change or refuse, it holds what the agent had read.
    -- Settled wins over open whatever comes first; of two open ones the newer commit wins. Once settled, nothing changes.
    FOR approval IN SELECT * FROM jsonb_populate_recordset(NULL::handrail.approvals, step -> 'approvals') LOOP
        INSERT INTO handrail.approvals AS a (
            case_id, approval_id, revision, request, status, opened_at, due_at, update_names, decision, version, yes
        ) VALUES (
            wanted.case_id, approval.approval_id, approval.revision, approval.request, approval.status, approval.opened_at,
            approval.due_at, approval.update_names, approval.decision, wanted.version, approval.yes
        )
        ON CONFLICT (case_id, approval_id, revision) DO UPDATE SET
            request = excluded.request,
            status = excluded.status,
            opened_at = excluded.opened_at,
            due_at = excluded.due_at,
            update_names = excluded.update_names,
            decision = excluded.decision,
            version = excluded.version,
            yes = excluded.yes
        WHERE (a.status = 'open' AND excluded.status <> 'open')
            OR (a.status = 'open' AND a.version < excluded.version AND a.request = excluded.request);
    END LOOP;
    IF (step ->> 'begun_again')::boolean THEN
        -- The run that opened them was abandoned; what is still open was committed again, under this version.
        UPDATE handrail.approvals AS a SET status = 'withdrawn', version = wanted.version
        WHERE a.case_id = wanted.case_id AND a.status = 'open' AND a.version < wanted.version;
    END IF;
    IF ended.token IS NOT NULL THEN
        -- A reply or an end behind whoever took the case; that people get it is said whoever has it, unless it is over.
        PERFORM FROM handrail.cases AS c
        WHERE c.case_id = wanted.case_id AND c.version >= wanted.version AND c.status <> wanted.status
            AND (
                c.status = 'Closed'
                OR (wanted.status <> 'WithHuman' AND (c.status IN ('WithHuman', 'Resolved') OR c.turn > wanted.turn))
            );
        IF FOUND THEN
            RAISE EXCEPTION 'people have the case, or it is over' USING ERRCODE = 'HR002';
        END IF;
        INSERT INTO handrail.turns AS t (case_id, token, asked_at, attempt, result)
        VALUES (wanted.case_id, ended.token, ended.asked_at, ended.attempt, step #> '{turn,result}')
        ON CONFLICT (case_id) DO UPDATE SET
            token = excluded.token,
            asked_at = excluded.asked_at,
            attempt = excluded.attempt,
            node = NULL,
            state = NULL,
            result = excluded.result,
            at = clock_timestamp()
        WHERE (t.token <> excluded.token AND t.asked_at <= excluded.asked_at)
            OR (t.token = excluded.token AND t.result IS NULL AND t.attempt <= excluded.attempt);
        IF NOT FOUND THEN
            RAISE EXCEPTION 'the turn has ended already, or a later one has begun' USING ERRCODE = 'HR002';
        END IF;
    ELSIF going.token IS NOT NULL THEN
        -- Nothing is written beside a turn that has its case: a newer row tells of whoever took it, with or without a journal.
        PERFORM FROM handrail.cases AS c
        WHERE c.case_id = wanted.case_id AND c.version > wanted.version
            AND (c.status IN ('WithHuman', 'Resolved', 'Closed') OR c.turn > wanted.turn);
        IF FOUND THEN
            RAISE EXCEPTION 'people have the case, a later turn has, or it is over' USING ERRCODE = 'HR002';
        END IF;
        -- The attempt takes the journal before it may make an effect; where another makes one, it waits for that.
        INSERT INTO handrail.turns AS t (case_id, token, asked_at, attempt)
        VALUES (wanted.case_id, going.token, going.asked_at, going.attempt)
        ON CONFLICT (case_id) DO UPDATE SET
            token = excluded.token,
            asked_at = excluded.asked_at,
            attempt = excluded.attempt,
            node = CASE WHEN t.token = excluded.token THEN t.node END,
            state = CASE WHEN t.token = excluded.token THEN t.state END,
            result = NULL,
            at = clock_timestamp()
        WHERE (t.token <> excluded.token AND t.asked_at <= excluded.asked_at)
            OR (t.token = excluded.token AND t.result IS NULL AND t.attempt <= excluded.attempt);
        IF NOT FOUND THEN
            RAISE EXCEPTION 'another attempt goes on, or the turn has ended' USING ERRCODE = 'HR002';
        END IF;
    ELSIF wanted.status = 'Closed' THEN
        DELETE FROM handrail.turns AS t WHERE t.case_id = wanted.case_id;
    ELSIF wanted.status IN ('WithHuman', 'Resolved') THEN
        -- People have the case, and no turn's end says so: an attempt that is not over makes nothing more.
        UPDATE handrail.turns AS t SET node = NULL, state = NULL, result = '{}', at = clock_timestamp()
        FROM handrail.cases AS c
        WHERE t.case_id = wanted.case_id AND t.result IS NULL
            AND c.case_id = wanted.case_id AND c.version = wanted.version AND c.status = wanted.status;
    END IF;
    FOR message IN SELECT * FROM jsonb_populate_recordset(NULL::handrail.messages, step -> 'messages') LOOP
        INSERT INTO handrail.messages AS m (
            case_id, message_id, author, text, at, turn, sequence, language, by, thanks, approved, corrects, edited_at,
            withdrawn_at, part_of
        ) VALUES (
            wanted.case_id, message.message_id, message.author, message.text, message.at, message.turn, message.sequence,
            message.language, message."by", message.thanks, message.approved, message.corrects, message.edited_at,
            message.withdrawn_at, message.part_of
        )
        -- What was said stays as it was said; that it was edited or withdrawn never goes away.
        ON CONFLICT (case_id, message_id) DO UPDATE SET
            language = coalesce(m.language, excluded.language),
            edited_at = greatest(m.edited_at, excluded.edited_at),
            withdrawn_at = coalesce(m.withdrawn_at, excluded.withdrawn_at)
        WHERE (m.language IS NULL AND excluded.language IS NOT NULL)
            OR excluded.edited_at > coalesce(m.edited_at, '-infinity')
            OR (m.withdrawn_at IS NULL AND excluded.withdrawn_at IS NOT NULL);
    END LOOP;
    IF jsonb_typeof(step -> 'classification') = 'object' THEN
        INSERT INTO handrail.classifications (case_id, version, body, at)
        VALUES (wanted.case_id, wanted.version, step -> 'classification', wanted.updated_at)
        ON CONFLICT (case_id, version) DO NOTHING;
    END IF;
    IF jsonb_typeof(step -> 'handoff') = 'object' THEN
        INSERT INTO handrail.handoffs (case_id, version, body, at)
        VALUES (wanted.case_id, wanted.version, step -> 'handoff', (step #>> '{handoff,at}')::timestamptz)
        ON CONFLICT (case_id, version) DO NOTHING;
    END IF;
    IF jsonb_typeof(step -> 'usage') = 'object' THEN
        UPDATE handrail.cases AS c SET usage = step -> 'usage', usage_version = wanted.version
        WHERE c.case_id = wanted.case_id AND c.usage_version < wanted.version;
    END IF;
    -- The newest revision's newest ruling holds; of two rulings of the same step the stricter one.
    FOR ruled IN SELECT r.value FROM jsonb_array_elements(step -> 'rulings') AS r (value) LOOP
        proposed := jsonb_populate_record(NULL::handrail.actions, ruled -> 'proposal');
        INSERT INTO handrail.actions AS a (
            effect_id, case_id, kind, action, call_id, confidence, revision, version, arguments, arguments_hash, ruling,
            verdict, policy_version
        ) VALUES (
            ruled #>> '{proposal,proposal_id}', wanted.case_id, proposed.kind, proposed.action, proposed.call_id,
            proposed.confidence, proposed.revision, wanted.version, proposed.arguments, proposed.arguments_hash,
            ruled #>> '{verdict,ruling}', ruled -> 'verdict', ruled #>> '{verdict,policy_version}'
        )
        ON CONFLICT (effect_id) DO UPDATE SET
            kind = excluded.kind,
            action = excluded.action,
            call_id = excluded.call_id,
            confidence = excluded.confidence,
            revision = excluded.revision,
            version = excluded.version,
            arguments = excluded.arguments,
            arguments_hash = excluded.arguments_hash,
            ruling = excluded.ruling,
            verdict = excluded.verdict,
            policy_version = excluded.policy_version
        WHERE a.outcome IS NULL
            AND a.case_id = excluded.case_id
            AND (a.revision, a.version, handrail.strictness(a.ruling))
            < (excluded.revision, excluded.version, handrail.strictness(excluded.ruling));
        PERFORM FROM handrail.actions AS a
        WHERE a.effect_id = ruled #>> '{proposal,proposal_id}' AND a.case_id <> wanted.case_id;
        IF FOUND THEN
            RAISE EXCEPTION '%', ruled #>> '{proposal,proposal_id}' USING ERRCODE = 'HR003';
        END IF;
    END LOOP;
    IF step -> 'rulings' <> '[]' OR step -> 'approvals' <> '[]' OR (step ->> 'begun_again')::boolean THEN
        PERFORM handrail.bind_approvals(wanted.case_id);
    END IF;
    INSERT INTO handrail.audit (case_id, entry_id, at, actor, action, details)
    SELECT wanted.case_id, e.entry_id, e.at, e.actor, e.action, e.details
    FROM jsonb_populate_recordset(NULL::handrail.audit, step -> 'audit') AS e
    ON CONFLICT (case_id, entry_id) DO NOTHING;
END
$$;
