"""Who listens in a soak: all orders, filters, both versions of the API, and both kinds of signature."""

from benchmarks.soak_nouns import STATUS, Audience

AUDIENCES = (
    Audience(name="by report"),
    Audience(name="one by one", order="subscription"),
    Audience(name="in any order", order="none"),
    Audience(name="at v4", face="v4"),
    Audience(name="status only", kind=STATUS),
    Audience(name="urgent at v4", face="v4", priority=1),
    Audience(name="urgent, one by one", order="subscription", priority=1),
    Audience(name="signed twice", signatures=("v1", "v1a")),
    Audience(name="paused"),
    Audience(name="gone and back"),
)
PAUSED, LEAVING = 8, 9
"""The numbers of the one that an operator pauses and resumes, and of the one that says 410 and is enabled again."""
