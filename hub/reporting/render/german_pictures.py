"""The words of pictures in German."""

from collections.abc import Mapping

PICTURED: Mapping[str, str] = {
    "Monday": "Montag",
    "Tuesday": "Dienstag",
    "Wednesday": "Mittwoch",
    "Thursday": "Donnerstag",
    "Friday": "Freitag",
    "Saturday": "Samstag",
    "Sunday": "Sonntag",
    "weekday": "Wochentag",
    "at least one came in {hours} of the {all} hours of the week": "mindestens eine kam in {hours} der "
    "{all} Stunden der Woche",
    "{hours} of the {all} hours of the week are withheld, with those in which nothing came": "{hours} der {all} "
    "Stunden der Woche sind zurückgehalten, auch die, in denen nichts kam",
    "Shares of the time in each state": "Anteile der Zeit je Zustand",
    "{label}: most of the time {state}, {share}": "{label}: die meiste Zeit {state}, {share}",
    "hours in all": "Stunden insgesamt",
    "The reports that used up most of their target": "Die Meldungen, die am meisten von ihrem Ziel verbrauchten",
    "time since the opening": "Zeit seit dem Eröffnen",
    "the first is {id}: {shown} h of {target} h": "die erste ist {id}: {shown} h von {target} h",
    "by {dimension} the first {rank} make {made}": "nach {dimension} machen die ersten {rank} {made} aus",
    "goal {goal}": "Zielquote {goal}",
    "below the {goal} in {below} of them": "in {below} davon unter der {goal}",
    "missed": "verfehlt",
    "Received after so many seconds": "Angekommen nach so vielen Sekunden",
    "received": "angekommen",
    "{value} % are received within {seconds} s": "{value} % sind nach {seconds} s angekommen",
    "all within {last} s": "alle nach {last} s",
    "not open": "nicht offen",
    "clock runs": "Uhr läuft",
    "clock is stopped": "Uhr steht",
    "outside the hours": "außerhalb der Servicezeit",
    "target over": "Ziel überschritten",
    "{what}, h": "{what}, h",
}
