-- `actor_party` is the party that the actor spoke for; NULL for an operator.

ALTER TABLE problem_record ADD COLUMN actor_party TEXT;
