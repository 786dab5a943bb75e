-- name: sightings
SELECT record.seq, record.problem_id, record.event_type, record.record_time, record.source, problem.document,
       EXISTS (SELECT 1 FROM event WHERE event.id = record.id), problem.creation_date
FROM problem_record AS record
JOIN problem ON problem.id = record.problem_id
WHERE record.seq > :after AND record.seq <= :until
  AND (record.event_type = 'ServiceProblemCreateEvent'
       OR (record.event_type = 'ServiceProblemAttributeValueChangeEvent'
           AND (record.changes LIKE '%"affected%' OR record.changes LIKE '%"rootCause%')))
ORDER BY record.seq LIMIT :limit;

-- name: memory
SELECT mark, kept, content FROM detector_memory WHERE name = 'constraints';

-- name: remember
INSERT INTO detector_memory (name, mark, kept, content) VALUES ('constraints', :mark, :kept, :content)
ON CONFLICT (name) DO UPDATE SET mark = :mark, kept = :kept, content = :content;

-- name: history
SELECT record.seq, record.problem_id, record.event_type, record.record_time, record.source, problem.document, 0, problem.creation_date
FROM problem
JOIN problem_record AS record ON record.problem_id = problem.id AND record.event_type = 'ServiceProblemCreateEvent'
WHERE (problem.creation_date, record.seq) > (:since, :after) AND record.seq <= :until
ORDER BY problem.creation_date, record.seq LIMIT :limit;

-- name: open
SELECT seq, id, version, sequence, source, source_key, document FROM problem
WHERE category IN ('system.originated.constraint.resourceFailure', 'system.originated.constraint.capacityShortage')
  AND source = 'constraints'
  AND status IN ('acknowledged', 'inProgress')
ORDER BY seq;

-- name: cancelled
SELECT seq, id, version, sequence, source, source_key, document FROM problem INDEXED BY problem_to_release
WHERE category IN ('system.originated.constraint.resourceFailure', 'system.originated.constraint.capacityShortage')
  AND source = 'constraints'
  AND status IN ('cancelled', 'rejected')
  AND json_array_length(document, '$.underlyingProblem') > 0
ORDER BY seq;

-- name: page
SELECT id, document FROM problem
WHERE category IN ('system.originated.constraint.resourceFailure', 'system.originated.constraint.capacityShortage')
  AND source = 'constraints'
  AND (:type IS NULL OR category = 'system.originated.constraint.' || :type)
  AND (:phase IS NULL OR EXISTS (
      SELECT 1 FROM json_each(problem.document, '$.characteristic') AS one
      WHERE one.value ->> 'name' = 'phase' AND one.value ->> 'value' = :phase))
  AND (:since IS NULL OR creation_date >= :since)
  AND (:until IS NULL OR creation_date < :until)
ORDER BY creation_date DESC, seq DESC LIMIT :limit OFFSET :offset;

-- name: count
SELECT count(*) FROM problem
WHERE category IN ('system.originated.constraint.resourceFailure', 'system.originated.constraint.capacityShortage')
  AND source = 'constraints'
  AND (:type IS NULL OR category = 'system.originated.constraint.' || :type)
  AND (:phase IS NULL OR EXISTS (
      SELECT 1 FROM json_each(problem.document, '$.characteristic') AS one
      WHERE one.value ->> 'name' = 'phase' AND one.value ->> 'value' = :phase))
  AND (:since IS NULL OR creation_date >= :since)
  AND (:until IS NULL OR creation_date < :until);

-- name: members
SELECT problem.id, problem.document FROM json_each(:ids) AS wanted JOIN problem ON problem.id = wanted.value;

-- name: opened
SELECT count(*) FROM problem WHERE creation_date >= :since AND creation_date < :until
  AND category NOT LIKE 'system.originated.constraint.%';
