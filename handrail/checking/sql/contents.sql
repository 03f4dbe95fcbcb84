-- name: prepare_contents
create function pg_temp.contents() returns table (name text, number bigint) language plpgsql as $$
declare
    one record;
begin
    for one in
        select n.nspname, c.relname
        from pg_class as c
        join pg_namespace as n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p')
          and n.nspname not in ('handrail', 'information_schema')
          and not starts_with(n.nspname, 'pg_')
    loop
        name := one.nspname || '.' || one.relname;
        execute format('select count(*) from %I.%I', one.nspname, one.relname) into number;
        return next;
    end loop;
end
$$

-- name: contents
select name, number from pg_temp.contents()

-- name: forget_contents
drop function pg_temp.contents()
