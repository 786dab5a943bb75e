-- `credentials` is sealed: more signing keys, authentication, and our side of TLS. NULL where there is none.

ALTER TABLE subscription ADD COLUMN credentials BLOB;
