-- name: prepare_migrations
CREATE SCHEMA IF NOT EXISTS handrail;
CREATE TABLE IF NOT EXISTS handrail.migrations (
    series text NOT NULL,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL,
    PRIMARY KEY (series, name)
);

-- name: lock_migrations
SELECT pg_advisory_lock(%(key)s);

-- name: migrations_known
SELECT to_regclass('handrail.migrations') IS NOT NULL;

-- name: applied_migrations
SELECT name, checksum FROM handrail.migrations WHERE series = %(series)s ORDER BY name;

-- name: record_migration
INSERT INTO handrail.migrations (series, name, checksum, applied_at)
VALUES (%(series)s, %(name)s, %(checksum)s, %(applied_at)s);
