-- `party` is the one whose reports alone are told; `changed` is the version of the registrations at which this one
-- came, went or changed its state.

ALTER TABLE subscription ADD COLUMN face TEXT NOT NULL DEFAULT 'v5';
ALTER TABLE subscription ADD COLUMN owner TEXT;
ALTER TABLE subscription ADD COLUMN party TEXT;
ALTER TABLE subscription ADD COLUMN changed INTEGER NOT NULL DEFAULT 0;
DROP INDEX subscription_once;

CREATE UNIQUE INDEX subscription_once ON subscription (url, normalised_query, face, ifnull(party, ''))
WHERE ended IS NULL;

CREATE INDEX subscription_changed ON subscription (changed);
