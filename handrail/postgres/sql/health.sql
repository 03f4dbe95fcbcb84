-- name: server_clock
SELECT clock_timestamp() AS now;
