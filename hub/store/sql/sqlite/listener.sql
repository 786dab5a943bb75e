-- name: columns
SELECT subscription, failures, failing_since, warned, held_from, held_until, probed, events, notices, certificate_told
FROM listener;

-- name: put
INSERT INTO listener (subscription, failures, failing_since, warned, held_from, held_until, probed, events, notices,
                      certificate_told)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (subscription) DO UPDATE
SET failures = excluded.failures, failing_since = excluded.failing_since, warned = excluded.warned,
    held_from = excluded.held_from, held_until = excluded.held_until, probed = excluded.probed,
    events = excluded.events, notices = excluded.notices,
    certificate_told = excluded.certificate_told;

-- name: heal
UPDATE listener SET held_until = :now + (held_until - held_from), held_from = :now WHERE held_from > :now;

-- name: release
UPDATE listener SET held_from = 0, held_until = 0, probed = 0 WHERE subscription = ?;
