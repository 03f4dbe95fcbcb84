-- name: latest_drill
SELECT max(c.set_at) AS at FROM handrail.controls AS c WHERE c.hand = 'drill';
