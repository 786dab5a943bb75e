"""How the tables came to be. A released step stays as it is; a change of a table is a new step at the end."""

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

MIGRATIONS = Migrations("qos_hub")


@MIGRATIONS()
def reports_and_history(db: Database) -> None:
    """`document` is the TMF656 v5 report without id and href; the other columns repeat what is filtered or sorted."""
    db.execute(
        """
        CREATE TABLE problem (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            version INTEGER NOT NULL,
            sequence INTEGER NOT NULL,
            status TEXT NOT NULL,
            priority INTEGER NOT NULL,
            category TEXT NOT NULL,
            creation_date TEXT NOT NULL,
            last_update TEXT NOT NULL,
            status_change_date TEXT NOT NULL,
            resolution_date TEXT,
            source TEXT,
            source_key TEXT,
            document TEXT NOT NULL
        )"""
    )
    for column in ("status", "priority", "category", "last_update"):
        db.execute(f"CREATE INDEX problem_{column} ON problem ({column})")
    db.execute("CREATE UNIQUE INDEX problem_source ON problem (source, source_key) WHERE source IS NOT NULL")
    db.execute(
        """
        CREATE TABLE problem_record (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            problem_id TEXT NOT NULL,
            event_type TEXT NOT NULL,
            event_time INTEGER NOT NULL,
            record_time INTEGER NOT NULL,
            sequence INTEGER NOT NULL,
            from_status TEXT,
            to_status TEXT,
            source TEXT,
            source_status TEXT,
            party TEXT,
            reason TEXT,
            irregular INTEGER NOT NULL DEFAULT 0,
            changes TEXT NOT NULL
        )"""
    )
    db.execute("CREATE INDEX problem_record_problem ON problem_record (problem_id)")


@MIGRATIONS()
def outbox(db: Database) -> None:
    """`problem` is the report's `seq`, which outlives the report; `body` is what is sent, byte for byte."""
    db.execute(
        """
        CREATE TABLE event (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            type TEXT NOT NULL,
            problem INTEGER NOT NULL,
            problem_id TEXT NOT NULL,
            sequence INTEGER NOT NULL,
            time INTEGER NOT NULL,
            body BLOB NOT NULL
        )"""
    )
    db.execute("CREATE TABLE mark (name TEXT PRIMARY KEY, value INTEGER NOT NULL)")


@MIGRATIONS()
def registrations(db: Database) -> None:
    """`url` is the callback in one spelling; `from_event` is the latest event before the registration."""
    db.execute(
        """
        CREATE TABLE subscription (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            callback TEXT NOT NULL,
            url TEXT NOT NULL,
            query TEXT,
            normalised_query TEXT NOT NULL,
            secret BLOB NOT NULL,
            order_mode TEXT NOT NULL,
            state TEXT NOT NULL,
            state_reason TEXT,
            created INTEGER NOT NULL,
            ended INTEGER,
            from_event INTEGER NOT NULL
        )"""
    )
    db.execute("CREATE UNIQUE INDEX subscription_once ON subscription (url, normalised_query) WHERE ended IS NULL")


@MIGRATIONS()
def deliveries(db: Database) -> None:
    """A delivery is open until `settled_at`; `waiting` says that an earlier one of its `order_key` is still open.

    `attempts` counts all attempts, `tries` those of the present run of the schedule: sending again starts it anew.
    """
    db.execute(
        """
        CREATE TABLE delivery (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            subscription INTEGER NOT NULL,
            event INTEGER NOT NULL,
            order_key INTEGER,
            state TEXT NOT NULL,
            waiting INTEGER NOT NULL,
            due_at INTEGER NOT NULL,
            attempts INTEGER NOT NULL DEFAULT 0,
            tries INTEGER NOT NULL DEFAULT 0,
            token TEXT,
            lease_until INTEGER,
            created INTEGER NOT NULL,
            settled_at INTEGER,
            last_outcome TEXT,
            last_status INTEGER
        )"""
    )
    db.execute("CREATE INDEX delivery_due ON delivery (subscription, due_at) WHERE state = 'due'")
    db.execute("CREATE INDEX delivery_open ON delivery (subscription, order_key) WHERE settled_at IS NULL")
    db.execute("CREATE INDEX delivery_leased ON delivery (lease_until) WHERE state = 'inFlight'")
    db.execute("CREATE INDEX delivery_event ON delivery (event)")
    db.execute("CREATE INDEX delivery_subscription ON delivery (subscription)")
    db.execute(
        """
        CREATE TABLE attempt (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            delivery INTEGER NOT NULL,
            number INTEGER NOT NULL,
            started INTEGER NOT NULL,
            outcome TEXT NOT NULL,
            status INTEGER,
            peer_address TEXT,
            name_lookup REAL,
            connect REAL,
            tls REAL,
            first_byte REAL,
            total REAL NOT NULL,
            headers TEXT NOT NULL,
            body BLOB NOT NULL,
            error TEXT
        )"""
    )
    db.execute("CREATE INDEX attempt_delivery ON attempt (delivery)")


@MIGRATIONS()
def sources(db: Database) -> None:
    """`item` has one row a ticket: its digest tells whether it changed, `missed` counts polls it was absent from."""
    db.execute(
        """
        CREATE TABLE source (
            name TEXT PRIMARY KEY,
            adapter TEXT NOT NULL,
            cursor TEXT NOT NULL DEFAULT '{}',
            state TEXT NOT NULL DEFAULT 'new',
            error TEXT,
            last_poll INTEGER,
            last_success INTEGER,
            next_poll INTEGER,
            failures INTEGER NOT NULL DEFAULT 0,
            lag REAL,
            unmapped TEXT NOT NULL DEFAULT '{}'
        )"""
    )
    db.execute(
        """
        CREATE TABLE item (
            source TEXT NOT NULL,
            key TEXT NOT NULL,
            problem_id TEXT,
            digest BLOB NOT NULL,
            updated INTEGER NOT NULL,
            missed INTEGER NOT NULL DEFAULT 0,
            gone INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (source, key)
        )"""
    )
    db.execute(
        """
        CREATE TABLE run (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            source TEXT NOT NULL,
            started INTEGER NOT NULL,
            ended INTEGER NOT NULL,
            pages INTEGER NOT NULL,
            records INTEGER NOT NULL,
            changed INTEGER NOT NULL,
            error TEXT
        )"""
    )
    db.execute("CREATE INDEX run_source ON run (source)")


@MIGRATIONS()
def actors(db: Database) -> None:
    """`actor` is the caller who made the change over HTTP."""
    db.execute("ALTER TABLE problem_record ADD COLUMN actor TEXT")


@MIGRATIONS()
def faces_and_owners(db: Database) -> None:
    """`party` is the one whose reports alone are told; `changed` is the version of the registrations at which this one
    came, went or changed its state."""
    db.execute("ALTER TABLE subscription ADD COLUMN face TEXT NOT NULL DEFAULT 'v5'")
    db.execute("ALTER TABLE subscription ADD COLUMN owner TEXT")
    db.execute("ALTER TABLE subscription ADD COLUMN party TEXT")
    db.execute("ALTER TABLE subscription ADD COLUMN changed INTEGER NOT NULL DEFAULT 0")
    db.execute("DROP INDEX subscription_once")
    db.execute(
        "CREATE UNIQUE INDEX subscription_once ON subscription (url, normalised_query, face, ifnull(party, '')) "
        "WHERE ended IS NULL"
    )
    db.execute("CREATE INDEX subscription_changed ON subscription (changed)")


@MIGRATIONS()
def api_keys(db: Database) -> None:
    """`digest` is the SHA-256 of the whole key, which is not kept; `scopes` have a space between them."""
    db.execute(
        """
        CREATE TABLE api_key (
            id TEXT PRIMARY KEY,
            name TEXT NOT NULL,
            digest BLOB NOT NULL UNIQUE,
            scopes TEXT NOT NULL,
            party TEXT,
            created INTEGER NOT NULL,
            expires INTEGER,
            revoked INTEGER
        )"""
    )


@MIGRATIONS()
def bulk_jobs(db: Database) -> None:
    """`place` is the row number of the last report of an export, or the next line of an import; `order_values` is what
    that report had in the order of the export, as JSON."""
    db.execute(
        """
        CREATE TABLE job (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            kind TEXT NOT NULL,
            content_type TEXT NOT NULL,
            created INTEGER NOT NULL,
            ready INTEGER NOT NULL,
            actor TEXT NOT NULL,
            party TEXT,
            query TEXT,
            mode TEXT NOT NULL,
            notify INTEGER NOT NULL,
            url TEXT,
            status TEXT NOT NULL,
            place INTEGER NOT NULL,
            order_values TEXT,
            etag TEXT,
            started INTEGER,
            completed INTEGER,
            error TEXT,
            token TEXT,
            lease_until INTEGER,
            rows_read INTEGER NOT NULL DEFAULT 0,
            rows_created INTEGER NOT NULL DEFAULT 0,
            rows_updated INTEGER NOT NULL DEFAULT 0,
            rows_unchanged INTEGER NOT NULL DEFAULT 0,
            rows_failed INTEGER NOT NULL DEFAULT 0,
            bytes_done INTEGER NOT NULL DEFAULT 0,
            bytes_total INTEGER,
            expected INTEGER
        )"""
    )
    db.execute(
        """
        CREATE TABLE job_error (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            job INTEGER NOT NULL,
            line INTEGER NOT NULL,
            field TEXT NOT NULL,
            message TEXT NOT NULL,
            value TEXT
        )"""
    )
    db.execute("CREATE INDEX job_error_job ON job_error (job)")


@MIGRATIONS()
def external_identifiers(db: Database) -> None:
    """Under which identifiers of other systems a report is known; triggers keep it, whoever writes a report.

    `key` is a JSON list of the identifier, its owner and its type.
    """
    db.execute(
        """
        CREATE TABLE problem_identifier (
            key TEXT NOT NULL,
            problem INTEGER NOT NULL,
            PRIMARY KEY (key, problem)
        ) WITHOUT ROWID"""
    )
    db.execute("CREATE INDEX problem_identifier_problem ON problem_identifier (problem)")
    keep = """
        INSERT OR IGNORE INTO problem_identifier (key, problem)
        SELECT json_array(value ->> 'id', value ->> 'owner', value ->> 'externalIdentifierType'), {problem}.seq
        FROM {tables} WHERE json_each.type = 'object'"""
    each = "json_each({problem}.document, '$.externalIdentifier')"
    new, old = "instr(new.document, '\"externalIdentifier\"')", "instr(old.document, '\"externalIdentifier\"')"
    keep_new = keep.format(problem="new", tables=each.format(problem="new"))
    forget = "DELETE FROM problem_identifier WHERE problem = old.seq"
    db.execute(keep.format(problem="problem", tables=f"problem, {each.format(problem='problem')}"))
    db.execute(f"CREATE TRIGGER problem_identified AFTER INSERT ON problem WHEN {new} BEGIN {keep_new}; END")
    db.execute(
        "CREATE TRIGGER problem_identified_anew AFTER UPDATE OF document ON problem "
        f"WHEN {new} OR {old} BEGIN {forget}; {keep_new}; END"
    )
    db.execute(f"CREATE TRIGGER problem_forgotten AFTER DELETE ON problem WHEN {old} BEGIN {forget}; END")


@MIGRATIONS()
def lists_at_a_million(db: Database) -> None:
    """Each index holds all that lists are filtered by, so that a scan of it looks at no report that does not fit.

    `problem_tally` counts the reports of each (status, priority, category): in all, and by the month and the day of
    `creation_date` and of `last_update`. Its spans are spelt in `hub.store.tally`.
    """
    for column in ("status", "priority", "category", "last_update"):
        db.execute(f"DROP INDEX problem_{column}")
    for name, columns in {
        "seq": "seq, status, priority, category, creation_date, last_update",
        "created": "creation_date, seq, status, priority, category",
        "updated": "last_update, seq, status, priority, category",
        "status_seq": "status, seq, priority, category",
        "status_created": "status, creation_date, seq, priority, category",
        "status_updated": "status, last_update, seq, priority, category",
        "priority_seq": "priority, seq, status, category",
        "category_seq": "category, seq, status, priority",
    }.items():
        db.execute(f"CREATE INDEX problem_{name} ON problem ({columns})")
    db.execute(
        """
        CREATE TABLE problem_tally (
            span TEXT NOT NULL,
            status TEXT NOT NULL,
            priority INTEGER NOT NULL,
            category TEXT NOT NULL,
            n INTEGER NOT NULL,
            PRIMARY KEY (span, status, priority, category)
        ) WITHOUT ROWID"""
    )
    for span, index in {
        "''": "problem_seq",
        "'cm' || substr(creation_date, 1, 7)": "problem_created",
        "'cd' || substr(creation_date, 1, 10)": "problem_created",
        "'um' || substr(last_update, 1, 7)": "problem_updated",
        "'ud' || substr(last_update, 1, 10)": "problem_updated",
    }.items():
        db.execute(
            f"INSERT INTO problem_tally SELECT {span}, status, priority, category, count(*)"
            f" FROM problem INDEXED BY {index} GROUP BY 1, 2, 3, 4"
        )
    db.execute("INSERT INTO problem_tally SELECT '*', '', 0, '', count(*) FROM problem HAVING count(*) > 0")


@MIGRATIONS()
def indexed_paths(db: Database) -> None:
    """`problem_path` has a row for each value that a report has at a path of the settings; `value` has no type.

    `indexed_path.filled` is the last report whose values are written, or NULL when all are. `dropped` paths are no
    longer kept; their rows go in batches.
    """
    db.execute(
        """
        CREATE TABLE indexed_path (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            path TEXT NOT NULL,
            filled INTEGER DEFAULT 0,
            dropped INTEGER NOT NULL DEFAULT 0
        )"""
    )
    db.execute(
        """
        CREATE TABLE problem_path (
            path INTEGER NOT NULL,
            value NOT NULL,
            problem INTEGER NOT NULL,
            PRIMARY KEY (path, value, problem)
        ) WITHOUT ROWID"""
    )


@MIGRATIONS()
def tasks(db: Database) -> None:
    """`document` is the TMF656 v5 task without id and href; `party` is that of the caller, NULL for an operator."""
    db.execute(
        """
        CREATE TABLE task (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            kind TEXT NOT NULL,
            state TEXT NOT NULL,
            created INTEGER NOT NULL,
            actor TEXT,
            party TEXT,
            document TEXT NOT NULL
        )"""
    )
    db.execute("CREATE INDEX task_kind ON task (kind)")


@MIGRATIONS()
def idempotency_keys(db: Database) -> None:
    """`digest` is that of the whole request; the body of an answer that holds a secret is `sealed`."""
    db.execute(
        """
        CREATE TABLE idempotency_key (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            caller TEXT NOT NULL,
            key TEXT NOT NULL,
            operation TEXT NOT NULL,
            digest BLOB NOT NULL,
            status INTEGER NOT NULL,
            headers TEXT NOT NULL,
            body BLOB NOT NULL,
            sealed INTEGER NOT NULL,
            created INTEGER NOT NULL,
            UNIQUE (caller, key)
        )"""
    )
    db.execute("CREATE INDEX idempotency_key_created ON idempotency_key (created)")


@MIGRATIONS()
def events_of_parties(db: Database) -> None:
    """`party` is that of the caller who made the task that the event is about; NULL for an operator or a report."""
    db.execute("ALTER TABLE event ADD COLUMN party TEXT")


@MIGRATIONS()
def parties_of_actors(db: Database) -> None:
    """`actor_party` is the party that the actor spoke for; NULL for an operator."""
    db.execute("ALTER TABLE problem_record ADD COLUMN actor_party TEXT")


@MIGRATIONS()
def who_ended_a_registration(db: Database) -> None:
    """`ended_by` is the caller who ended the registration; NULL before, and for those of before this column."""
    db.execute("ALTER TABLE subscription ADD COLUMN ended_by TEXT")


@MIGRATIONS()
def options_of_a_registration(db: Database) -> None:
    """`options` is a JSON object of how this listener is told, where that differs from the settings."""
    db.execute("ALTER TABLE subscription ADD COLUMN options TEXT NOT NULL DEFAULT '{}'")


@MIGRATIONS()
def credentials_of_a_registration(db: Database) -> None:
    """`credentials` is sealed: more signing keys, authentication, and our side of TLS. NULL where there is none."""
    db.execute("ALTER TABLE subscription ADD COLUMN credentials BLOB")


@MIGRATIONS()
def lines_by_event(db: Database) -> None:
    """What waits in a line stands there by its event, for an old event may get its delivery late.

    `released_at` is when a delivery was last made due by hand, or by the end of a pause: order waits from then on.
    """
    db.execute("ALTER TABLE delivery ADD COLUMN released_at INTEGER")
    db.execute("DROP INDEX delivery_open")
    db.execute("CREATE INDEX delivery_line ON delivery (subscription, order_key, event) WHERE settled_at IS NULL")
    db.execute("CREATE INDEX delivery_parked ON delivery (subscription, event) WHERE state = 'parked'")
    db.execute("CREATE INDEX delivery_dead ON delivery (subscription, settled_at) WHERE state = 'dead'")


@MIGRATIONS()
def recoveries(db: Database) -> None:
    """Work on the deliveries of a registration, done in batches; until `completed`, nothing of it is claimed.

    `place` is the last event that was looked at, `last` the last one that will be. `subscription_change` tells what an
    operator or a list changed of a registration: a JSON object {attribute: {"from": …, "to": …}}.
    """
    db.execute(
        """
        CREATE TABLE recovery (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            kind TEXT NOT NULL,
            subscription INTEGER NOT NULL,
            since INTEGER,
            until INTEGER,
            created INTEGER NOT NULL,
            actor TEXT,
            status TEXT NOT NULL,
            place INTEGER NOT NULL,
            last INTEGER NOT NULL,
            expected INTEGER,
            looked INTEGER NOT NULL DEFAULT 0,
            changed INTEGER NOT NULL DEFAULT 0,
            started INTEGER,
            completed INTEGER,
            error TEXT
        )"""
    )
    db.execute("CREATE INDEX recovery_open ON recovery (subscription) WHERE completed IS NULL")
    db.execute("CREATE INDEX subscription_held ON subscription (seq) WHERE state <> 'active' AND ended IS NULL")
    db.execute(
        """
        CREATE TABLE subscription_change (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            subscription INTEGER NOT NULL,
            time INTEGER NOT NULL,
            actor TEXT,
            changes TEXT NOT NULL
        )"""
    )
    db.execute("CREATE INDEX subscription_change_subscription ON subscription_change (subscription)")
    db.execute("ALTER TABLE subscription ADD COLUMN list TEXT")


@MIGRATIONS()
def events_of_reports(db: Database) -> None:
    """Who was told of a report is asked for by the report."""
    db.execute("CREATE INDEX event_problem ON event (problem_id)")


@MIGRATIONS()
def lists_managed_elsewhere(db: Database) -> None:
    """An entry of a list has a row for as long as it stands there, from `since` until `removed`.

    `subscription` is the registration that it became, or NULL with the `error` that kept it from that. `digest` is that
    of the whole entry. A reading of a list is a run; `list_change` tells what each run added, changed and removed.
    """
    db.execute(
        """
        CREATE TABLE list_entry (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            list TEXT NOT NULL,
            key TEXT NOT NULL,
            digest BLOB NOT NULL,
            contact TEXT,
            party TEXT,
            callback TEXT NOT NULL,
            query TEXT,
            subscription INTEGER,
            error TEXT,
            since INTEGER NOT NULL,
            removed INTEGER
        )"""
    )
    db.execute("CREATE UNIQUE INDEX list_entry_once ON list_entry (list, key) WHERE removed IS NULL")
    db.execute("CREATE INDEX list_entry_subscription ON list_entry (subscription)")
    db.execute(
        """
        CREATE TABLE list_run (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            list TEXT NOT NULL,
            origin TEXT NOT NULL,
            actor TEXT NOT NULL,
            started INTEGER NOT NULL,
            completed INTEGER,
            entries INTEGER NOT NULL DEFAULT 0,
            added INTEGER NOT NULL DEFAULT 0,
            changed INTEGER NOT NULL DEFAULT 0,
            removed INTEGER NOT NULL DEFAULT 0,
            refused INTEGER NOT NULL DEFAULT 0,
            error TEXT
        )"""
    )
    db.execute("CREATE INDEX list_run_list ON list_run (list)")
    db.execute(
        """
        CREATE TABLE list_change (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            list TEXT NOT NULL,
            run INTEGER NOT NULL,
            time INTEGER NOT NULL,
            kind TEXT NOT NULL,
            key TEXT NOT NULL,
            contact TEXT,
            party TEXT,
            callback TEXT NOT NULL,
            query TEXT,
            subscription TEXT,
            detail TEXT
        )"""
    )
    db.execute("CREATE INDEX list_change_list ON list_change (list)")


@MIGRATIONS()
def erasures(db: Database) -> None:
    """`party` is only kept until the erasure is done; `pseudonym` stands in its place afterwards.

    `stage` is what is looked through now, `place` how far; `counts` is a JSON object {stage: how many were changed}.
    """
    db.execute(
        """
        CREATE TABLE erasure (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            party TEXT,
            pseudonym TEXT NOT NULL,
            names TEXT NOT NULL DEFAULT '[]',
            created INTEGER NOT NULL,
            actor TEXT,
            status TEXT NOT NULL,
            stage TEXT NOT NULL,
            place INTEGER NOT NULL DEFAULT 0,
            counts TEXT NOT NULL DEFAULT '{}',
            started INTEGER,
            completed INTEGER,
            error TEXT
        )"""
    )


@MIGRATIONS()
def how_listeners_do(db: Database) -> None:
    """`listener` has a row for each listener that has failed or is bounded; see `hub.model.standing`.

    Who enables a disabled registration, by whatever way, begins its count anew. -1 is AFTER_DISABLED.
    """
    db.execute(
        """
        CREATE TABLE listener (
            subscription INTEGER PRIMARY KEY,
            failures INTEGER NOT NULL DEFAULT 0,
            failing_since INTEGER,
            warned INTEGER NOT NULL DEFAULT 0,
            held_from INTEGER NOT NULL DEFAULT 0,
            held_until INTEGER NOT NULL DEFAULT 0,
            probed INTEGER NOT NULL DEFAULT 0,
            events INTEGER NOT NULL DEFAULT 0,
            notices INTEGER NOT NULL DEFAULT 0
        )"""
    )
    db.execute(
        """
        CREATE TRIGGER subscription_enabled AFTER UPDATE OF state ON subscription
        WHEN old.state = 'disabled' AND new.state = 'active' BEGIN
            UPDATE listener
            SET failures = 0, failing_since = NULL, warned = -1, held_from = 0, held_until = 0, probed = 0
            WHERE subscription = new.seq;
        END"""
    )


@MIGRATIONS()
def lines_of_deliveries(db: Database) -> None:
    """What is ready and what waits in line have an index each; what is in flight is found by its order key.

    What waits in a line stands there by its event, for an old event may get its delivery late.
    """
    db.execute("DROP INDEX IF EXISTS delivery_open")
    db.execute(
        "CREATE INDEX IF NOT EXISTS delivery_line ON delivery (subscription, order_key, event) WHERE settled_at IS NULL"
    )
    db.execute("DROP INDEX delivery_due")
    db.execute("DROP INDEX delivery_leased")
    db.execute(
        "CREATE INDEX delivery_ready ON delivery (subscription, due_at) WHERE state = 'due' AND waiting = 0"
    )
    db.execute(
        "CREATE INDEX delivery_waiting ON delivery (subscription, due_at) WHERE state = 'due' AND waiting = 1"
    )
    db.execute("CREATE INDEX delivery_in_flight ON delivery (subscription, order_key) WHERE state = 'inFlight'")


@MIGRATIONS()
def what_is_watched(db: Database) -> None:
    """`trace` is the W3C traceparent that the event's change came from; NULL when nobody follows it."""
    db.execute("ALTER TABLE event ADD COLUMN trace TEXT")


@MIGRATIONS()
def what_was_removed(db: Database) -> None:
    """`removed_from` and `removed_to` are the first and the last event of which a delivery was received and removed.

    Between them it is not known who was told. `skipped_until` is the instant (microseconds) up to which a replay leaves
    out events for that reason; NULL when it leaves out none.
    """
    db.execute("ALTER TABLE subscription ADD COLUMN removed_from INTEGER")
    db.execute("ALTER TABLE subscription ADD COLUMN removed_to INTEGER")
    db.execute("ALTER TABLE recovery ADD COLUMN skipped_until INTEGER")


@MIGRATIONS()
def activation_ends_a_hold(db: Database) -> None:
    """Who makes a registration active, by whatever way, has seen to its listener: its count and its hold begin anew."""
    db.execute("DROP TRIGGER subscription_enabled")
    db.execute(
        """
        CREATE TRIGGER subscription_activated AFTER UPDATE OF state ON subscription
        WHEN old.state <> 'active' AND new.state = 'active' BEGIN
            UPDATE listener
            SET failures = 0, failing_since = NULL, held_from = 0, held_until = 0, probed = 0,
                warned = CASE WHEN old.state = 'disabled' OR warned <> 0 THEN -1 ELSE 0 END
            WHERE subscription = new.seq;
        END"""
    )


@MIGRATIONS()
def what_operators_ask_of_sources(db: Database) -> None:
    """`reconciled` is when all keys were last listed, `woken` when somebody asked for a poll that has not begun.

    `resync` is {"id", "since", "notify", "begun"} while tickets are to be read again; NULL when none are.
    """
    db.execute("ALTER TABLE source ADD COLUMN reconciled INTEGER")
    db.execute("ALTER TABLE source ADD COLUMN woken INTEGER")
    db.execute("ALTER TABLE source ADD COLUMN resync TEXT")


@MIGRATIONS()
def far_windows_and_common_values(db: Database) -> None:
    """`problem_block` has a row for each 256 row numbers on end; see `hub.store.blocks`.

    `problem_path_tally` counts reports by the values that `problem_path_common` names; see `hub.store.path_tally`.
    """
    db.execute(
        """
        CREATE TABLE problem_block (
            number INTEGER PRIMARY KEY,
            reports INTEGER NOT NULL,
            created_last TEXT NOT NULL,
            updated_last TEXT NOT NULL
        )"""
    )
    db.execute(
        "INSERT INTO problem_block SELECT seq / 256, count(*), max(creation_date), max(last_update)"
        " FROM problem INDEXED BY problem_seq GROUP BY 1"
    )
    db.execute(
        "CREATE TABLE problem_path_common (path INTEGER NOT NULL, value NOT NULL, PRIMARY KEY (path, value))"
        " WITHOUT ROWID"
    )
    db.execute(
        """
        CREATE TABLE problem_path_tally (
            path INTEGER NOT NULL,
            value NOT NULL,
            status TEXT NOT NULL,
            priority INTEGER NOT NULL,
            category TEXT NOT NULL,
            n INTEGER NOT NULL,
            PRIMARY KEY (path, value, status, priority, category)
        ) WITHOUT ROWID"""
    )
    db.execute(
        "INSERT INTO problem_path_common SELECT path, value FROM problem_path"
        " WHERE path IN (SELECT number FROM indexed_path WHERE filled IS NULL AND NOT dropped)"
        " GROUP BY path, value HAVING count(*) >= 5000"
    )
    db.execute(
        "INSERT INTO problem_path_tally SELECT path, value, status, priority, category, count(*)"
        " FROM problem_path_common JOIN problem_path USING (path, value)"
        " CROSS JOIN problem INDEXED BY problem_seq ON problem.seq = problem_path.problem GROUP BY 1, 2, 3, 4, 5"
    )
    db.execute("UPDATE mark SET value = value + 1 WHERE name = 'indexed paths'")


@MIGRATIONS()
def identifiers_without_triggers(db: Database) -> None:
    """Whoever writes a report writes its identifiers, too: the trigger took a third of the time of a new report."""
    for trigger in ("problem_identified", "problem_identified_anew", "problem_forgotten"):
        db.execute(f"DROP TRIGGER {trigger}")


@MIGRATIONS()
def write_backs(db: Database) -> None:
    """`content` is JSON; a row is open until `settled_at`, and whoever writes it holds `token` until `lease_until`."""
    db.execute(
        """
        CREATE TABLE write_back (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            source TEXT NOT NULL,
            key TEXT NOT NULL,
            problem_id TEXT NOT NULL,
            kind TEXT NOT NULL,
            content TEXT NOT NULL,
            created INTEGER NOT NULL,
            due_at INTEGER NOT NULL,
            state TEXT NOT NULL DEFAULT 'due',
            attempts INTEGER NOT NULL DEFAULT 0,
            settled_at INTEGER,
            word TEXT,
            outcome TEXT,
            token TEXT,
            lease_until INTEGER
        )"""
    )
    db.execute("CREATE INDEX write_back_open ON write_back (source, seq) WHERE settled_at IS NULL")
    db.execute("CREATE INDEX write_back_ticket ON write_back (source, key)")
    db.execute("CREATE INDEX write_back_problem ON write_back (problem_id)")
    db.execute("CREATE INDEX write_back_counted ON write_back (source, state)")


@MIGRATIONS()
def one_reading_a_list(db: Database) -> None:
    """A reading that is under way holds its list; what its process left open has no holder and is closed."""
    db.execute("ALTER TABLE list_run ADD COLUMN token TEXT")
    db.execute("ALTER TABLE list_run ADD COLUMN lease_until INTEGER")


@MIGRATIONS()
def definitions_of_management_reports(db: Database) -> None:
    """`document` is the JSON of a definition; a management report itself is a row of `job`."""
    db.execute(
        """
        CREATE TABLE report_definition (
            name TEXT PRIMARY KEY,
            document TEXT NOT NULL,
            actor TEXT NOT NULL,
            created INTEGER NOT NULL
        )"""
    )


@MIGRATIONS()
def memory_of_detectors(db: Database) -> None:
    """What the detectors knew when they had seen the history up to `mark`; `content` is theirs to read."""
    db.execute(
        """
        CREATE TABLE detector_memory (
            name TEXT PRIMARY KEY,
            mark INTEGER NOT NULL,
            kept INTEGER NOT NULL,
            content BLOB NOT NULL
        )"""
    )


@MIGRATIONS()
def schedules_of_management_reports(db: Database) -> None:
    """What has come of the schedule of a definition: `schedule` is its text as it was when this began, `until` the
    instant up to which every turn has been seen to, `period` and `report` the last one that was made."""
    db.execute(
        """
        CREATE TABLE report_schedule (
            name TEXT PRIMARY KEY,
            schedule TEXT NOT NULL,
            until INTEGER NOT NULL,
            period TEXT,
            report TEXT
        )"""
    )


@MIGRATIONS()
def mails_of_management_reports(db: Database) -> None:
    """A mail is open until `settled_at`; whoever sends it holds `token` until `lease_until`. With the report go its
    mails, whoever removes it: they have the addresses of people."""
    db.execute(
        """
        CREATE TABLE mail (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            report TEXT NOT NULL,
            recipient TEXT NOT NULL,
            created INTEGER NOT NULL,
            state TEXT NOT NULL DEFAULT 'due',
            due_at INTEGER NOT NULL,
            attempts INTEGER NOT NULL DEFAULT 0,
            tries INTEGER NOT NULL DEFAULT 0,
            settled_at INTEGER,
            outcome TEXT,
            status INTEGER,
            reply TEXT,
            token TEXT,
            lease_until INTEGER
        )"""
    )
    db.execute("CREATE INDEX mail_open ON mail (due_at) WHERE settled_at IS NULL")
    db.execute("CREATE INDEX mail_report ON mail (report)")
    db.execute(
        "CREATE TRIGGER mail_forgotten AFTER DELETE ON job WHEN OLD.kind = 'managementReport'"
        " BEGIN DELETE FROM mail WHERE report = OLD.id; END"
    )


@MIGRATIONS()
def deliveries_that_were_settled_before(db: Database) -> None:
    """How a delivery stood that was sent again: settled so from `settled_at` until `reopened_at`. Of what was settled
    only that writes `released_at`, so that all other work on deliveries pays nothing for this."""
    db.execute(
        """
        CREATE TABLE delivery_before (
            delivery INTEGER NOT NULL,
            settled_at INTEGER NOT NULL,
            reopened_at INTEGER NOT NULL,
            state TEXT NOT NULL,
            PRIMARY KEY (delivery, settled_at, reopened_at)
        ) WITHOUT ROWID"""
    )
    db.execute(
        "CREATE TRIGGER delivery_reopened AFTER UPDATE OF released_at ON delivery"
        " WHEN OLD.settled_at IS NOT NULL AND NEW.settled_at IS NULL"
        " BEGIN INSERT OR IGNORE INTO delivery_before (delivery, settled_at, reopened_at, state)"
        " VALUES (OLD.id, OLD.settled_at, NEW.released_at, OLD.state); END"
    )
    db.execute(
        "CREATE TRIGGER delivery_before_forgotten AFTER DELETE ON delivery"
        " BEGIN DELETE FROM delivery_before WHERE delivery = OLD.id; END"
    )


@MIGRATIONS()
def warnings_of_certificates(db: Database) -> None:
    """The instant of the last warning that the certificate which a listener is shown ends."""
    db.execute("ALTER TABLE listener ADD COLUMN certificate_told INTEGER NOT NULL DEFAULT 0")


@MIGRATIONS()
def deliveries_that_were_received(db: Database) -> None:
    """`delivered_at` is when a delivery that is sent again had been received before; NULL where it had not."""
    db.execute("ALTER TABLE delivery ADD COLUMN delivered_at INTEGER")


@MIGRATIONS()
def what_tickets_said_at_one_instant(db: Database) -> None:
    """The digests of what a ticket said with the stamp of its latest change, before that change."""
    db.execute("ALTER TABLE item ADD COLUMN beside BLOB NOT NULL DEFAULT x''")
