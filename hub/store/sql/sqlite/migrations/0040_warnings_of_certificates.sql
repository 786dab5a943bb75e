-- The instant of the last warning that the certificate which a listener is shown ends.

ALTER TABLE listener ADD COLUMN certificate_told INTEGER NOT NULL DEFAULT 0;
