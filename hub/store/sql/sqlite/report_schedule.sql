-- name: begin
INSERT INTO report_schedule (name, schedule, until) VALUES (:name, :schedule, :until)
ON CONFLICT (name) DO UPDATE SET schedule = :schedule, until = :until, period = NULL, report = NULL
WHERE schedule <> :schedule;

-- name: take
UPDATE report_schedule SET until = :due, period = :period, report = :report
WHERE name = :name AND schedule = :schedule AND until < :due;

-- name: get
SELECT schedule, until, period, report FROM report_schedule WHERE name = ?;

-- name: delete
DELETE FROM report_schedule WHERE name = ?;
