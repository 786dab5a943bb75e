-- name: of_event
SELECT subscription, id, state, due_at, settled_at, attempts, last_outcome, last_status FROM delivery WHERE event = ?;
