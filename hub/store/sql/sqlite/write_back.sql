-- name: insert
INSERT INTO write_back (id, source, key, problem_id, kind, content, created, due_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?);

-- name: claim
UPDATE write_back SET token = :token, lease_until = :until, attempts = attempts + 1
WHERE seq = (
    SELECT next.seq FROM write_back AS next
    WHERE next.source = :source AND next.settled_at IS NULL AND next.due_at <= :now
      AND (next.lease_until IS NULL OR next.lease_until <= :now)
      AND NOT EXISTS (
          SELECT 1 FROM write_back AS earlier
          WHERE earlier.source = next.source AND earlier.key = next.key AND earlier.settled_at IS NULL
            AND earlier.seq < next.seq
      )
    ORDER BY next.seq LIMIT 1
)
RETURNING id, source, key, problem_id, kind, content, created, due_at, state, attempts, settled_at, word, outcome;

-- name: settle
UPDATE write_back
SET state = ?, settled_at = ?, word = ?, outcome = ?, token = NULL, lease_until = NULL
WHERE id = ? AND token = ?;

-- name: put_off
UPDATE write_back SET due_at = ?, outcome = ?, token = NULL, lease_until = NULL WHERE id = ? AND token = ?;

-- name: overtake
UPDATE write_back
SET state = 'dead', settled_at = :now, outcome = :outcome, token = NULL, lease_until = NULL
WHERE source = :source AND key = :key AND kind = 'status' AND settled_at IS NULL
  AND (lease_until IS NULL OR lease_until <= :now);

-- name: overtake_claimed
UPDATE write_back SET content = json_set(content, '$.overtaken', :outcome)
WHERE source = :source AND key = :key AND kind = 'status' AND settled_at IS NULL;

-- name: tokens
SELECT token FROM write_back WHERE source = ? AND settled_at IS NULL AND token IS NOT NULL AND lease_until > ?;

-- name: shorten
UPDATE write_back SET lease_until = ? WHERE token = ?;

-- name: is_beyond
SELECT 1 FROM write_back
WHERE source = :source AND settled_at IS NULL AND (due_at > :due_at OR lease_until > :lease_until) LIMIT 1;

-- name: bound
UPDATE write_back
SET due_at = iif(due_at > :due_at, :now, due_at), lease_until = iif(lease_until > :lease_until, :lease_until, lease_until)
WHERE source = :source AND settled_at IS NULL AND (due_at > :due_at OR lease_until > :lease_until);

-- name: send_again
UPDATE write_back
SET state = 'due', content = :content, settled_at = NULL, word = NULL, attempts = 0, due_at = :now,
    token = NULL, lease_until = NULL
WHERE id = :id AND state <> 'written' AND (lease_until IS NULL OR lease_until <= :now);

-- name: has_open
SELECT 1 FROM write_back WHERE source = ? AND settled_at IS NULL LIMIT 1;

-- name: columns
SELECT id, source, key, problem_id, kind, content, created, due_at, state, attempts, settled_at, word, outcome
FROM write_back;

-- name: count
SELECT count(*) FROM write_back;

-- name: of_ticket
SELECT id, source, key, problem_id, kind, content, created, due_at, state, attempts, settled_at, word, outcome
FROM write_back WHERE source = ? AND key = ? ORDER BY seq;

-- name: counts
SELECT source, state, count(*) FROM write_back GROUP BY source, state;
