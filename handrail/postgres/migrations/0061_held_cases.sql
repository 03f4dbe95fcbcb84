-- The desk finds whose a case is, and in which queue, without a look at every case that there ever was.

CREATE INDEX cases_by_assignee ON handrail.cases (assignee) WHERE assignee IS NOT NULL;
CREATE INDEX cases_by_queue ON handrail.cases (queue) WHERE queue IS NOT NULL;
