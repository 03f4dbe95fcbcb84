-- What is erased stands in the registry of places and its statements, so that forgetting and giving out go by one list.
DROP FUNCTION handrail.erase_case(text, text, text, text, text);
DROP FUNCTION handrail.erase_traffic(text, text, text []);
DROP FUNCTION handrail.erase_quality(text);
DROP FUNCTION handrail.erase_work(text);
DROP FUNCTION handrail.erase_audit(text, text, text);
DROP FUNCTION handrail.counted(jsonb, text, bigint);
