WITH space AS (SELECT oid FROM pg_namespace WHERE nspname = 'handrail'),
tables AS (SELECT oid, relname, relkind FROM pg_class WHERE relnamespace IN (SELECT oid FROM space))
SELECT 'column' AS kind, t.relname || '.' || a.attname AS name, concat_ws(
    ' ', format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attgenerated, pg_get_expr(d.adbin, d.adrelid), a.attnum
) AS definition
FROM pg_attribute AS a
INNER JOIN tables AS t ON a.attrelid = t.oid AND t.relkind IN ('r', 'v')
LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attnum > 0 AND NOT a.attisdropped
UNION ALL
SELECT 'constraint', t.relname || '.' || c.conname, pg_get_constraintdef(c.oid)
FROM pg_constraint AS c INNER JOIN tables AS t ON c.conrelid = t.oid
UNION ALL
SELECT 'index', t.relname, pg_get_indexdef(t.oid) FROM tables AS t WHERE t.relkind = 'i'
UNION ALL
SELECT 'trigger', t.relname || '.' || g.tgname, pg_get_triggerdef(g.oid)
FROM pg_trigger AS g INNER JOIN tables AS t ON g.tgrelid = t.oid WHERE NOT g.tgisinternal
UNION ALL
SELECT 'function', p.oid::regprocedure::text, pg_get_functiondef(p.oid)
FROM pg_proc AS p WHERE p.pronamespace IN (SELECT oid FROM space)
UNION ALL
SELECT 'view', t.relname, pg_get_viewdef(t.oid) FROM tables AS t WHERE t.relkind = 'v'
UNION ALL
SELECT 'comment', t.relname || '.' || d.objsubid, d.description
FROM pg_description AS d INNER JOIN tables AS t ON d.objoid = t.oid
UNION ALL
SELECT 'comment', p.proname, d.description
FROM pg_description AS d INNER JOIN pg_proc AS p ON d.objoid = p.oid WHERE p.pronamespace IN (SELECT oid FROM space)
ORDER BY 1, 2, 3
