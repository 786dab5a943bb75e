-- `options` is a JSON object of how this listener is told, where that differs from the settings.

ALTER TABLE subscription ADD COLUMN options TEXT NOT NULL DEFAULT '{}';
