-- name: owner_known
SELECT to_regclass('handrail.owner') IS NOT NULL;

-- name: owner
SELECT name, package FROM handrail.owner;

-- name: stamp_owner
INSERT INTO handrail.owner (name, package, stamped_at) VALUES (%(name)s, %(package)s, %(at)s)
ON CONFLICT (single) DO UPDATE SET package = excluded.package
WHERE owner.name = excluded.name AND excluded.package <> '' AND owner.package <> excluded.package;

-- name: other_series
SELECT DISTINCT series FROM handrail.migrations WHERE series <> ALL(%(ours)s::text []) ORDER BY series;
