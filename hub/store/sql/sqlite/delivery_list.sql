-- name: of_event
SELECT subscription, id, state, due_at, coalesce(delivered_at, iif(state = 'delivered', settled_at, NULL)), attempts,
       last_outcome, last_status
FROM delivery WHERE event = ?;
