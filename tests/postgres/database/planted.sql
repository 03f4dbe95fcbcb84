-- A row in every place that may hold a person: each column that may hold them holds the mark %(who)s, or a hash or key of its own.
INSERT INTO handrail.cases (case_id, customer_id, channel, status, topic, tier, turn, opened_at, updated_at, version, content_digest, reply)
VALUES (%(case)s, %(who)s, 'api', 'Resolved', 'refund', 0, 1, now(), now(), 1, 'of ' || %(who)s, %(who)s);

INSERT INTO handrail.messages (case_id, message_id, author, text, at, turn, sequence)
VALUES (%(case)s, 'm-1', 'customer', %(who)s, now(), 1, 1);

INSERT INTO handrail.classifications (case_id, version, body, at) VALUES (%(case)s, 1, jsonb_build_object('w', %(who)s::text), now());

INSERT INTO handrail.handoffs (case_id, version, body, at) VALUES (%(case)s, 1, jsonb_build_object('w', %(who)s::text), now());

INSERT INTO handrail.audit (case_id, entry_id, at, actor, action, details)
VALUES (%(case)s, 'a-1', now(), 'agent', 'turn', jsonb_build_object('w', %(who)s::text));

INSERT INTO handrail.approvals (case_id, approval_id, revision, request, status, opened_at, due_at, update_names, decision, version, yes)
VALUES (
    %(case)s, 'p-1', 1, jsonb_build_object('request_id', 'r-1', 'title', %(who)s::text), 'rejected', now(), now(),
    ARRAY[%(who)s], jsonb_build_object('note', %(who)s::text), 1, jsonb_build_array(%(who)s::text)
);

INSERT INTO handrail.actions (
    effect_id, case_id, kind, action, revision, version, arguments, arguments_hash, ruling, verdict, policy_version, approval_id,
    approval_status, approval_revision, decided_arguments, decided_hash, outcome, applied_hash, applied_at, result, message
)
VALUES (
    'e-' || %(case)s, %(case)s, 'effect', 'pay', 1, 1, jsonb_build_object('w', %(who)s::text), 'h ' || %(who)s, 'require_approval',
    jsonb_build_object('w', %(who)s::text), 'v', 'p-1', 'edited', 1, jsonb_build_object('w', %(who)s::text), 'd ' || %(who)s,
    'applied', 'd ' || %(who)s, now(), jsonb_build_object('w', %(who)s::text), %(who)s
);

INSERT INTO handrail.effect_attempts (effect_id) VALUES ('e-' || %(case)s);

INSERT INTO handrail.turns (case_id, token, asked_at, attempt, node, state)
VALUES (%(case)s, 't', now(), 1, 'n', jsonb_build_object('w', %(who)s::text));

INSERT INTO handrail.turns (case_id, token, asked_at, attempt, result)
VALUES (%(other_case)s, 't', now(), 1, jsonb_build_object('w', %(who)s::text));

INSERT INTO handrail.openings (workflow_id, run_id, case_id, at, words, input, taken)
VALUES ('case-' || %(who)s, 'r', NULL, now(), %(who)s, jsonb_build_object('c', %(who)s::text)::text, FALSE);

INSERT INTO handrail.case_starts (case_id, customer_id, opening, content_digest, identity, due_at, taken_until)
VALUES ('s-' || %(case)s, %(who)s, jsonb_build_object('c', %(who)s::text), 'of ' || %(who)s, 'api:shop', 'infinity', now());

INSERT INTO handrail.ratings (case_id, survey_id, csat, comment, rated_at) VALUES (%(case)s, 's', 1, %(who)s, now());

INSERT INTO handrail.rating_links (link_hash, case_id, expires_at)
VALUES (encode(sha256(convert_to(%(who)s, 'UTF8')), 'hex'), %(case)s, now());

INSERT INTO handrail.quality_samples (
    day, case_id, topic, risk, stratum_cases, stratum_drawn, place, probability, for_people, people_probability
)
VALUES ('2026-05-04', %(case)s, 'refund', 'plain', 1, 1, 1, 1, TRUE, 1);

INSERT INTO handrail.quality_scores (day, case_id, scorer, version, verdict, evidence)
VALUES ('2026-05-04', %(case)s, 's', 1, 'bad', jsonb_build_object('w', %(who)s::text));

INSERT INTO handrail.quality_judgements (day, purpose, judge, case_id, criterion, run, verdict, quote, asked_at)
VALUES ('2026-05-04', 'sample', 'j', %(case)s, 'c', 1, 'fail', %(who)s, now());

INSERT INTO handrail.quality_label_tasks (case_id, criterion, wording, day, chosen_from, probability, twice)
VALUES (%(case)s, 'c', 'w', '2026-05-04', 'fail', 1, FALSE);

INSERT INTO handrail.quality_labels (case_id, criterion, wording, reviewer, verdict, note, first_at, given_at)
VALUES (%(case)s, 'c', 'w', 'ann', 'fail', %(who)s, now(), now());

INSERT INTO handrail.correction_evidence (case_id, approval_id, revision, state)
VALUES (%(case)s, 'p-1', 1, jsonb_build_object('w', %(who)s::text));

INSERT INTO handrail.corrections (
    correction_id, kind, topic, action, reason, body, words, done_words, done_key, loosens, held_out, happened_at
)
VALUES (
    'k-' || %(case)s, 'edit', 'refund', 'pay', %(who)s, jsonb_build_object('w', %(who)s::text), ARRAY[%(who)s], ARRAY[%(who)s],
    'done ' || %(who)s, FALSE, FALSE, now()
);

INSERT INTO handrail.correction_sources (case_id, source, correction_id, happened_at)
VALUES (%(case)s, 's', 'k-' || %(case)s, now());

INSERT INTO handrail.shadows (release, base, parts, candidate, share, budget, owner) VALUES ('r', 'b', '{}', '{}', 1, '{}', 'ann');

INSERT INTO handrail.shadow_answers (shadow_id, case_id, day, state, answer, why, ended_at)
SELECT max(s.shadow_id), %(case)s, '2026-05-04', 'answered', jsonb_build_object('w', %(who)s::text), %(who)s, now()
FROM handrail.shadows AS s;

INSERT INTO handrail.arrivals (case_id, message_id, channel, address) VALUES (%(case)s, 'm-1', 'mail', %(who)s || '@example.com');

INSERT INTO handrail.departures (case_id, message_id, channel, address, answers, words)
VALUES (%(case)s, 'm-1', 'mail', %(who)s || '@example.com', 'm-1', %(who)s);

INSERT INTO handrail.mails (
    mail_id, incoming, header_id, "references", sender, recipient, subject, vouched, disposition, words, case_id, customer_id, size,
    raw, bounced
)
VALUES
(
    'mail-1-' || %(case)s, TRUE, %(who)s, ARRAY[%(who)s], %(who)s || '@example.com', %(who)s, %(who)s, 'dkim', 'opened', %(who)s,
    %(case)s, %(who)s, 9, convert_to(%(who)s, 'UTF8'), %(who)s
),
(
    'mail-2-' || %(case)s, TRUE, %(who)s, '{}', %(who)s || '@example.com', 'us', '', '', 'unreadable', '', NULL, NULL, 9,
    convert_to(%(who)s, 'UTF8'), NULL
);

INSERT INTO handrail.mail_attachments (mail_id, position, name, size, kind, sha256)
VALUES ('mail-2-' || %(case)s, 1, %(who)s, 9, 'text/plain', 'sum of ' || %(who)s);

INSERT INTO handrail.webhook_endpoints (endpoint_id, url, kinds, owner)
VALUES ('w-1', 'https://shop.example.com', '{}', 'shop')
ON CONFLICT DO NOTHING;

INSERT INTO handrail.webhook_messages (message_id, endpoint_id, case_id, sequence, state, words)
VALUES ('wm-' || %(case)s, 'w-1', %(case)s, 1, 'dead', 'HTTP 500: ' || %(who)s);

INSERT INTO handrail.api_answers (
    caller, idempotency_key, fingerprint, claim, held_until, claimed_at, status, headers, body
)
VALUES (
    'shop', 'key of ' || %(who)s, 'print of ' || %(who)s, 'c', now(), now(), 200, jsonb_build_object('w', %(who)s::text),
    convert_to(jsonb_build_object('case_id', %(case)s::text, 'reply', %(who)s::text)::text, 'UTF8')
);

INSERT INTO handrail.api_vouchers (update_id, case_id, person, caller, about) VALUES ('u-' || %(case)s, %(case)s, 'ann', 'desk', %(who)s);

INSERT INTO handrail.api_tokens (token_hash, customer_id, caller, minted_at, expires_at)
VALUES (encode(sha256(convert_to('t' || %(who)s, 'UTF8')), 'hex'), %(who)s, 'shop', now(), now() + interval '1 hour');

INSERT INTO handrail.agent_cases (case_id, caller, context_id, customer_id, noted_at)
VALUES (%(case)s, 'agent', 'context ' || %(who)s, %(who)s, now());

INSERT INTO handrail.owner_keys (key_id, customer_id, master_id, wrapped)
VALUES ('o' || left(md5(%(who)s), 24), %(who)s, 'm', convert_to(%(who)s, 'UTF8'));

INSERT INTO handrail.data_keys (key_id, namespace, sealed_for, workflow_id, owner_id, wrapped)
VALUES (
    'd' || left(md5(%(who)s), 24), 'default', 'case-' || %(case)s, 'case-' || %(case)s, 'o' || left(md5(%(who)s), 24),
    convert_to(%(who)s, 'UTF8')
);

INSERT INTO handrail.letters (letter_id, kind, recipient, address, language, case_id, words)
VALUES ('l-' || %(case)s, 'transcript', %(who)s, %(who)s || '@example.com', 'en', %(case)s, %(who)s);

INSERT INTO handrail.desk_batches (batch_id, person, action, amount, unit, seconds) VALUES ('b-' || %(case)s, 'ann', 'pay', 1, 'USD', 1);

INSERT INTO handrail.desk_batch_rows (batch_id, place, case_id, approval_id, revision, title, refused)
VALUES ('b-' || %(case)s, 1, %(case)s, 'p-1', 1, %(who)s, %(who)s);

INSERT INTO handrail.desk_drafts (case_id, person, kind, text, saved_at) VALUES (%(case)s, 'ann', 'note', %(who)s, now());

INSERT INTO handrail.desk_replies (case_id, message_id, person, principal, text, note, resolves, leaves_at, words)
VALUES (%(case)s, 'm-9', 'ann', '{"name": "ann"}', %(who)s, %(who)s, FALSE, now(), %(who)s);

INSERT INTO handrail.legal_holds (customer_id, reason, set_by, set_at, cleared_by, cleared_because, cleared_at)
VALUES (%(who)s, %(who)s, 'law', now(), 'law', %(who)s, now());

INSERT INTO handrail.customer_links (merged, kept, reason, contradictions, by, at, undone_by, undone_because, undone_at)
VALUES (%(who)s, 'like-' || %(who)s, %(who)s, '{}', 'law', now(), 'law', %(who)s, now())
