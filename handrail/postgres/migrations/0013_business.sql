CREATE TABLE handrail.owner (
    single boolean PRIMARY KEY DEFAULT TRUE CONSTRAINT owner_single CHECK (single),
    name text NOT NULL,
    package text NOT NULL,
    stamped_at timestamptz NOT NULL
);
COMMENT ON TABLE handrail.owner IS 'whose database this is: a business''s cases are never worked on by another';
