-- The digests of what a ticket said with the stamp of its latest change, before that change.

ALTER TABLE item ADD COLUMN beside BLOB NOT NULL DEFAULT x'';
