-- The constraints that were cancelled and have members still: those whose members are to be released, most often none.
CREATE INDEX problem_to_release ON problem (seq)
WHERE source = 'constraints'
  AND status IN ('cancelled', 'rejected')
  AND json_array_length(document, '$.underlyingProblem') > 0;
