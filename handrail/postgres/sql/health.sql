-- name: server_clock
SELECT clock_timestamp() AS now;

-- name: connection_settings
SELECT current_setting('statement_timeout'), current_setting('default_transaction_read_only');

-- name: takes_no_writes
SELECT current_setting('transaction_read_only')::boolean;
