-- What people said and changed is found by its time, without reading the whole of the audit.
CREATE INDEX audit_of_people ON handrail.audit (at, case_id) WHERE action IN ('claim', 'reply', 'resolve', 'hand_back');
CREATE INDEX approvals_changed ON handrail.approvals (case_id) WHERE status IN ('edited', 'revised', 'rejected');
