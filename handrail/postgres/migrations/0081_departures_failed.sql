-- What was given up lately is counted without reading what went out.
CREATE INDEX departures_failed ON handrail.departures (settled_at) WHERE state = 'failed';
