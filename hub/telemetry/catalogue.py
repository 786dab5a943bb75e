"""Every metric there is. `docs/how-to/watch-the-hub.md` has a line for each, and a test compares the two."""

from hub.telemetry.metric import Metric


def _counter(name: str, help: str, *labels: str) -> Metric:
    return Metric(name=f"qos_hub_{name}_total", kind="counter", help=help, labels=labels)


def _gauge(name: str, help: str, *labels: str) -> Metric:
    return Metric(name=f"qos_hub_{name}", kind="gauge", help=help, labels=labels)


def _histogram(name: str, help: str, *labels: str) -> Metric:
    return Metric(name=f"qos_hub_{name}", kind="histogram", help=help, labels=labels)


BUILD = _gauge("build_info", "1, with what this process is.", "version", "python", "roles")

DUE_LAG = _gauge("delivery_due_lag_seconds", "How long the oldest delivery that could be sent has been due.")
DELIVERIES = _gauge("deliveries", "Deliveries that are not delivered, by state.", "state")
LISTENERS = _gauge("listeners", "Registrations by state.", "state")
LISTENER_LAG = _gauge(
    "listener_due_lag_seconds", "How long the listener's oldest delivery has been due.", "subscription"
)

ATTEMPTS = _counter("delivery_attempts", "Attempts that have ended, by outcome.", "outcome")
ATTEMPT_SECONDS = _histogram("delivery_attempt_seconds", "How long each phase of an attempt took.", "phase")
CONNECTIONS = _counter("delivery_connections", "Connections that attempts used: new or kept ones.", "use")
LEASES = _counter("delivery_leases", "What became of leases.", "what")
IN_FLIGHT = _gauge("delivery_in_flight", "Attempts that are running.")
IN_FLIGHT_LIMIT = _gauge("delivery_in_flight_limit", "The most that may run at the same time.")
UNRECORDED = _gauge("delivery_unrecorded", "Attempts that have ended and are not in the database yet.")
TURN_SECONDS = _histogram("delivery_turn_seconds", "From asking for a turn to its commit.")
TURNS_REFUSED = _counter("delivery_turns_refused", "Turns that the database did not take.")
NOTICES = _counter("delivery_notices", "Notices that were told, by kind.", "kind")
BREAKERS = _gauge("listener_breakers", "Listeners by the state of their breaker.", "state")
LISTENER_IN_FLIGHT = _gauge("listener_in_flight", "The listener's attempts that are running.", "subscription")
LISTENER_WINDOW = _gauge("listener_window", "How many of them may run at the same time.", "subscription")
LISTENER_BREAKER = _gauge(
    "listener_breaker_open", "Whether its breaker is not closed; of `other`, how many.", "subscription"
)
LISTENER_CERTIFICATE = _gauge(
    "listener_certificate_end_timestamp_seconds",
    "When the certificate that the listener is shown ends, in seconds since 1970.",
    "subscription",
)

EVENTS_APPENDED = _counter("events_appended", "Events written to the outbox since the database was made.")
EVENTS_FANNED_OUT = _counter("events_fanned_out", "Events whose deliveries are written.")
DELIVERIES_MADE = _counter("deliveries_made", "Deliveries written since the database was made.")

COMMIT_JOBS = _histogram("store_commit_jobs", "How many writes shared one commit.")
TRANSACTION_SECONDS = _histogram("store_transaction_seconds", "From the begin of a transaction to its end.")
COMMIT_SECONDS = _histogram("store_commit_seconds", "The commit alone: the wait for the disk.")
COMMITS_FAILED = _counter("store_commits_failed", "Transactions of which nothing was kept.")
WRITER_QUEUE = _gauge("store_writer_queue", "Writes, or bundles of them, that wait for the writer.")

REQUESTS = _counter(
    "api_requests", "Requests to an operation, by the status of the answer.", "api", "operation", "status"
)
REQUEST_SECONDS = _histogram("api_request_seconds", "From a request to its answer.", "api", "operation")

POLLS = _counter("source_polls", "Polls of a source, by the state they left it in.", "source", "outcome")
SOURCE_LAG = _gauge("source_lag_seconds", "How old the newest change was when it was read.", "source")
SOURCE_SKEW = _gauge(
    "source_clock_skew_seconds", "How far the clock of a source that tells it is ahead of ours.", "source"
)
SOURCE_RECORDS = _counter("source_records", "Records that were read from a source.", "source")
SOURCE_CHANGED = _counter("source_changed", "Reports that a source's records made or changed.", "source")

JOBS = _gauge("jobs", "Bulk jobs that are kept, by kind and state.", "kind", "state")

MAILS = _gauge("mails", "Mails of management reports that are kept, by state.", "state")
MAIL_LAG = _gauge("mail_due_lag_seconds", "How long the oldest mail that could be sent has been due.")
MAIL_ATTEMPTS = _counter("mail_attempts", "Attempts to send a mail that have ended, by outcome.", "outcome")

CATALOGUE = tuple(one for one in list(globals().values()) if isinstance(one, Metric))
"""All of them, in this order."""
