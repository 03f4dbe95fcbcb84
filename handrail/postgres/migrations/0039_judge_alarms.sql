-- A judge's alarm is about the calibration that had opened its gate; and which release was in force at the end of each day.

ALTER TABLE handrail.drift_alarms ADD COLUMN calibration_id bigint REFERENCES handrail.quality_calibrations;
CREATE UNIQUE INDEX drift_alarms_of_a_calibration ON handrail.drift_alarms (calibration_id) WHERE calibration_id IS NOT NULL;

CREATE TABLE handrail.release_days (
    day date PRIMARY KEY,
    release text NOT NULL,
    parts jsonb NOT NULL,
    seen_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE handrail.release_days IS 'the release in force when a day of the business had ended, as its watch saw it';
CREATE TRIGGER release_days_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON handrail.release_days
FOR EACH STATEMENT EXECUTE FUNCTION handrail.refuse('days of releases are only added to');
