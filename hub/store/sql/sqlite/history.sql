-- name: reports
SELECT problem_id,
       max(event_time) < :since
       AND max(iif(to_status IN ('resolved', 'closed', 'cancelled', 'rejected'), event_time, 0))
           > max(iif(to_status NOT IN ('resolved', 'closed', 'cancelled', 'rejected'), event_time, 0))
       AND NOT max(event_type = 'ServiceProblemDeleteEvent' OR source IS 'constraints')
FROM problem_record WHERE record_time <= :recorded GROUP BY problem_id ORDER BY problem_id;

-- name: entries
-- One value for all of them: a row, with an object of Python's for each of its columns, costs twice as much.
SELECT CAST(json_group_array(json_array(
           wanted.key, seq, event_time, to_status, party, source,
           (irregular <> 0) + 2 * (event_type = 'ServiceProblemDeleteEvent') + 4 * (record_time > :recorded),
           CASE WHEN event_type IN ('ServiceProblemAttributeValueChangeEvent', 'ServiceProblemDeleteEvent')
                THEN changes END)) AS BLOB)
FROM json_each(:ids) AS wanted CROSS JOIN problem_record ON problem_record.problem_id = wanted.value;

-- name: documents
SELECT CAST(problem.document AS BLOB)
FROM json_each(:ids) AS wanted LEFT JOIN problem ON problem.id = wanted.value ORDER BY wanted.key;

-- name: late
SELECT problem_id, id, event_type, event_time, record_time, to_status, seq
FROM problem_record WHERE record_time > :recorded AND record_time <= :until
  AND (event_time < :as_of
       OR event_type IN ('ServiceProblemAttributeValueChangeEvent', 'ServiceProblemDeleteEvent'))
ORDER BY record_time, seq;

-- name: deliveries
-- One that was sent again stands as it did then.
SELECT delivery.id, subscription.id, coalesce(subscription.party, subscription.owner, ''), event.id, event.problem_id,
       coalesce(record.event_time, event.time), event.time, delivery.created,
       coalesce(earlier.state, iif(delivery.delivered_at IS NULL, delivery.state, 'delivered')),
       coalesce(earlier.settled_at, delivery.delivered_at, delivery.settled_at),
       count(attempt.id), min(attempt.started), event.type
FROM delivery
JOIN event ON event.seq = delivery.event
JOIN subscription ON subscription.seq = delivery.subscription
LEFT JOIN problem_record AS record ON record.id = event.id
LEFT JOIN attempt ON attempt.delivery = delivery.id AND attempt.started <= :recorded
LEFT JOIN delivery_before AS earlier
    ON earlier.delivery = delivery.id AND earlier.settled_at <= :recorded AND earlier.reopened_at > :recorded
WHERE delivery.created >= :begin AND delivery.created < :end AND delivery.created <= :recorded
GROUP BY delivery.id
ORDER BY delivery.id;

-- name: unregistered
SELECT list || ' ' || key, coalesce(party, ''), max(since, :begin), min(coalesce(removed, :end), :end)
FROM list_entry
WHERE subscription IS NULL AND since < :end AND (removed IS NULL OR removed > :begin) ORDER BY seq;

-- name: events_of
SELECT problem_id, count(*) FROM event WHERE id >= :begin AND id < :end GROUP BY problem_id ORDER BY problem_id;

-- name: kept_since
SELECT value FROM mark WHERE name = 'deliveries removed';
