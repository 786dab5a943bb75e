"""The words of the notifications behind the figures in German."""

from collections.abc import Mapping

DELIVERED: Mapping[str, str] = {
    "The notifications behind the figures": "Die Benachrichtigungen hinter den Zahlen",
    "outcome": "Ausgang",
    "received": "angekommen",
    "given up": "aufgegeben",
    "under way": "unterwegs",
    "accepted": "angelegt",
    "settled": "entschieden",
    "s after the change": "s nach der Änderung",
    "attempts": "Versuche",
}
