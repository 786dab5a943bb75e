"""What metrics are called in German, and which reports, deliveries or constraints they are about."""

from collections.abc import Mapping

from hub.reporting.definitions import Cohort

GERMAN_METRICS: Mapping[str, tuple[str, str]] = {
    "timeToAcknowledge": ("Annahmezeit", "Wie lange eine Meldung wartete, bis jemand sie annahm."),
    "timeToAcknowledgeCensored": (
        "Annahmezeit mit den wartenden Meldungen",
        "In welcher Zeit so viele Prozent angenommen sind, wenn die wartenden nicht weggelassen werden.",
    ),
    "acknowledgedInTarget": (
        "Annahme in der Frist",
        "Anteil der in der vereinbarten Zeit angenommenen Meldungen.",
    ),
    "timeToRestoreGross": (
        "Entstörzeit, brutto",
        "Vom Eröffnen bis zur letzten Wiederherstellung, was auch immer dazwischen lag.",
    ),
    "timeToRestoreNet": ("Entstörzeit, netto", "Die Zeit, in der die Uhr der Vereinbarung lief."),
    "timeToRestoreBusiness": (
        "Entstörzeit, Servicezeiten",
        "Dieselbe in den Öffnungszeiten des vereinbarten Kalenders.",
    ),
    "firstResolutionTime": (
        "Zeit bis zur ersten Lösung",
        "Vom Eröffnen bis zur ersten Wiederherstellung, auch wenn die Meldung wieder geöffnet wurde.",
    ),
    "timeToRestoreCensored": (
        "Entstörzeit mit den offenen Meldungen",
        "In welcher Zeit so viele Prozent entstört sind, wenn die offenen nicht weggelassen werden.",
    ),
    "slaCompliance": ("SLA-Einhaltung", "Anteil der in der vereinbarten Zeit entstörten Meldungen."),
    "slaComplianceGross": ("SLA-Einhaltung, brutto", "Dieselben Ziele nach der Bruttouhr."),
    "slaComplianceNet": ("SLA-Einhaltung, netto", "Dieselben Ziele nach der Nettouhr."),
    "slaComplianceBusiness": ("SLA-Einhaltung, Servicezeiten", "Dieselben Ziele in Servicezeiten."),
    "slaComplianceClosedOnly": (
        "SLA-Einhaltung der entstörten Meldungen",
        "Anteil unter den schon entstörten Meldungen; er beschönigt.",
    ),
    "jeopardy": ("Gefährdung", "Wie viel der vereinbarten Zeit die offenen Meldungen verbraucht haben."),
    "backlog": ("Bestand", "Wie viele Meldungen am Anfang und am Ende offen waren, und was dazwischen liegt."),
    "arrivals": ("Eingang nach Wochentag und Stunde", "In welchen Stunden der Woche Meldungen eröffnet wurden."),
    "ageing": ("Alter der offenen Meldungen", "Wie viele der offenen Meldungen wie alt sind."),
    "reopenRate": ("Wiedereröffnungen", "Anteil der entstörten Meldungen, die wieder geöffnet worden waren."),
    "repeatRate": ("Wiederholungen", "Anteil der Meldungen, die beim selben Kunden und Dienst wiederkamen."),
    "firstTimeFix": (
        "Beim ersten Mal gelöst",
        "Anteil der entstörten Meldungen, die beim ersten Mal gelöst waren.",
    ),
    "timeInState": ("Zeit je Zustand", "Wie lange die Meldungen im Zeitraum in jedem offenen Zustand waren."),
    "degradedMinutes": ("Gestörte Minuten", "Wie lange Dienste für einen Kunden gestört waren."),
    "availability": ("Verfügbarkeit", "Anteil der vereinbarten Zeit, in der ein Dienst nicht gestört war."),
    "timeBetweenFailures": (
        "Mittlere Zeit zwischen Ausfällen",
        "Wie lange ein Dienst zwischen zwei Ausfällen lief.",
    ),
    "userMinutes": ("Nutzerminuten", "Wie viele Minuten für wie viele betroffene Nutzer oder Dienste."),
    "handOffs": ("Übergaben", "Wie oft die zuständige Stelle einer Meldung wechselte."),
    "pingPong": ("Hin und Her", "Anteil der entstörten Meldungen, die zu einer früheren Stelle zurückkamen."),
    "paretoCount": ("Pareto nach Meldungen", "Ursachen, Ressourcen und Dienste mit den meisten Meldungen."),
    "paretoDegraded": (
        "Pareto nach gestörten Minuten",
        "Ursachen, Ressourcen und Dienste mit der längsten Störung.",
    ),
    "dataQuality": ("Güte der Daten", "In wie vielen Meldungen etwas zweifelhaft ist."),
    "notificationSuccess": ("Zugestellte Benachrichtigungen", "Anteil der angekommenen Benachrichtigungen."),
    "notificationOnTime": (
        "Rechtzeitig benachrichtigt",
        "Anteil der Benachrichtigungen, die bald genug nach der Änderung an der Quelle ankamen.",
    ),
    "notificationFirstAttempt": (
        "Beim ersten Versuch zugestellt",
        "Anteil der sofort angekommenen Benachrichtigungen.",
    ),
    "notificationAttempts": (
        "Versuche je Zustellung",
        "Wie viele Versuche eine angekommene Benachrichtigung brauchte.",
    ),
    "notificationPending": (
        "Benachrichtigungen unterwegs",
        "Wie viele Benachrichtigungen weder angekommen noch aufgegeben sind.",
    ),
    "notificationCoverage": ("Abdeckung", "Anteil derer, die benachrichtigt werden sollten und wurden."),
    "notificationLatency": ("Laufzeit", "Von der Änderung an der Quelle bis zum Empfang."),
    "notificationLatencyObserve": ("Laufzeit, Beobachten", "Bis der Hub von der Änderung erfuhr."),
    "notificationLatencyQueue": ("Laufzeit, Warten", "Bis der erste Versuch begann."),
    "notificationLatencyAttempt": ("Laufzeit, Versuch", "Vom ersten Versuch bis zum Empfang."),
    "constraintsRaised": (
        "Erkannte Engpässe und Ausfälle",
        "Wie viele Ausfälle von Ressourcen und Engpässe der Kapazität in den Meldungen erkannt wurden.",
    ),
    "constraintReports": (
        "Durch Engpässe und Ausfälle erklärte Meldungen",
        "Wie viele Meldungen einen Engpass oder Ausfall zum Grund haben.",
    ),
    "constraintDegradedMinutes": (
        "Durch Engpässe und Ausfälle erklärte gestörte Minuten",
        "Wie lange Dienste für einen Kunden durch die Meldungen gestört waren, die dadurch erklärt sind.",
    ),
    "constraintExcess": (
        "Beobachtete Kunden gegen das Übliche",
        "Wie viel mal so viele Kunden wie üblich die Engpässe und Ausfälle zeigten.",
    ),
    "constraintPrecision": (
        "Trefferquote der Engpässe und Ausfälle",
        "Anteil der zutreffenden unter denen des Zeitraums, von denen jemand es wusste.",
    ),
    "constraintPrecisionSoFar": (
        "Trefferquote der Engpässe und Ausfälle bisher",
        "Dieselbe für alle bis zum Ende des Zeitraums.",
    ),
}

COHORTS: Mapping[str, str] = {
    Cohort.OPENED: "gültige Meldungen, die im Zeitraum eröffnet wurden",
    Cohort.RESTORED: "gültige Meldungen, deren letzte Wiederherstellung im Zeitraum liegt",
    Cohort.DECIDED: "gültige Meldungen, deren Ziel im Zeitraum eingehalten oder überschritten wurde",
    Cohort.OPEN_AT_END: "am Ende offene Meldungen",
    Cohort.ALL_IN_PERIOD: "jede Meldung, die im Zeitraum offen war",
    Cohort.CREATED: "Zustellungen des Zeitraums",
    Cohort.DELIVERED: "angekommene Zustellungen des Zeitraums",
    Cohort.EXPECTED: "Paare aus einem Ereignis des Zeitraums und einem, der davon wissen sollte",
    Cohort.RAISED: "Engpässe und Ausfälle, deren erste Meldung im Zeitraum eröffnet wurde",
    Cohort.RAISED_SO_FAR: "Engpässe und Ausfälle, deren erste Meldung vor dem Ende des Zeitraums eröffnet wurde",
    Cohort.EXPLAINED: "Meldungen unter Engpässen und Ausfällen des Zeitraums, die niemand falsch nannte",
}
