-- name: rows
SELECT record.problem_id, record.id, record.event_type, record.event_time, record.record_time, record.to_status,
       record.source, record.party, record.irregular,
       CASE WHEN record.event_type IN ('ServiceProblemAttributeValueChangeEvent', 'ServiceProblemDeleteEvent')
            THEN record.changes END,
       problem.document
FROM problem_record AS record
LEFT JOIN problem ON problem.id = record.problem_id AND record.event_type = 'ServiceProblemCreateEvent'
ORDER BY record.problem_id, record.seq;

-- name: late
SELECT problem_id, id, event_type, event_time, record_time, to_status
FROM problem_record WHERE record_time > :recorded AND record_time <= :until AND event_time < :as_of
ORDER BY record_time, seq;

-- name: deliveries
SELECT delivery.id, subscription.id, coalesce(subscription.party, subscription.owner, ''), event.id, event.problem_id,
       coalesce(record.event_time, event.time), event.time, delivery.created, delivery.state, delivery.settled_at,
       count(attempt.id), min(attempt.started)
FROM delivery
JOIN event ON event.seq = delivery.event
JOIN subscription ON subscription.seq = delivery.subscription
LEFT JOIN problem_record AS record ON record.id = event.id
LEFT JOIN attempt ON attempt.delivery = delivery.id AND attempt.started <= :recorded
WHERE delivery.created >= :begin AND delivery.created < :end AND delivery.created <= :recorded
GROUP BY delivery.id
ORDER BY delivery.id;
