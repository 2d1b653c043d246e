"""German, with "du", as among colleagues."""

from __future__ import annotations

from collections.abc import Mapping

GERMAN: Mapping[str, str] = {
    # What somebody has said
    "said.approve": "genehmigen",
    "said.edit": "mit Änderungen genehmigen",
    "said.deny": "ablehnen",
    "said.in_doubt.approve": "noch einmal ausführen",
    "said.in_doubt.did_run": "es ist gelaufen",
    "said.in_doubt.deny": "stoppen",
    # A card
    "card.approval": "{tool} genehmigen?",
    "card.in_doubt": "Ist {tool} gelaufen?",
    "card.in_doubt.body": (
        "Das Gateway wurde angehalten, während das lief; deshalb weiß niemand, ob es sich ausgewirkt hat. Bitte sieh "
        "nach und sag dann, wie es weitergehen soll."
    ),
    "card.in_doubt.timed_out": (
        "Das hat länger als {limit} Sekunden gedauert und wurde aufgegeben; deshalb weiß niemand, ob es sich "
        "ausgewirkt hat. Bitte sieh nach und sag dann, wie es weitergehen soll."
    ),
    "card.in_doubt.restored": (
        "Das Gateway wurde aus einer Sicherung wiederhergestellt, {time}. Vielleicht ist das hier schon in der Zeit "
        "geschehen, die der Sicherung fehlt; deshalb weiß hier niemand, ob es sich ausgewirkt hat. Bitte sieh nach und "
        "sag dann, wie es weitergehen soll."
    ),
    "card.calls": "Ruft auf",
    "card.asker": "Anfrage von {name}",
    "card.asker.nobody": "Anfrage des Agenten {agent}",
    "card.by": "Antwort bis",
    "card.silence": "Antwortet niemand, geschieht nichts, und {name} erfährt davon.",
    "card.silence.go_on": "Antwortet niemand, geschieht das nicht, und der Agent macht ohne weiter.",
    "card.silence.you": "Antwortest du nicht, geschieht nichts, und das hier wird angehalten.",
    "card.how.approval": (
        "Drück auf einen Knopf oder antworte hier: genehmigen oder ablehnen. Alles andere wird als Frage weitergegeben."
    ),
    "card.how.editable": (
        "Drück auf einen Knopf oder antworte hier: genehmigen, ablehnen oder „ändern“ und darunter eine Zeile für jede "
        "Änderung, etwa „1: …“ ({fields}). Alles andere wird als Frage weitergegeben."
    ),
    "card.how.approval.high": (
        "Das ist dringend, deshalb wirst du noch einmal gefragt, bevor es genehmigt ist. Drück auf einen Knopf oder "
        "antworte hier: ablehnen. Alles andere wird als Frage weitergegeben."
    ),
    "card.how.grants": "Wer für länger genehmigt, genehmigt auch {what}, bis zu {uses} Mal.",
    "card.how.in_doubt": "Drück auf einen Knopf oder antworte hier: noch einmal, ist gelaufen oder stopp.",
    "card.how.question": "Schreib deine Antwort hier.",
    "card.how.form": (
        "Drück auf {button} oder antworte hier mit einer Zeile für jedes Feld, nach Nummer: {fields}. "
        "Zum Beispiel „1: …“."
    ),
    "card.how.choices": "Drück auf eine Antwort oder schreib hier ihren Namen oder ihre Nummer.",
    "card.how.hand": "Zum Weitergeben schreib: übergeben an, oder vertreten durch, und einen Namen.",
    "card.how.code": "An anderer Stelle in dieser Unterhaltung beginne deine Antwort mit {code}.",
    "card.how.code.mention": "An anderer Stelle in diesem Kanal erwähne mich und beginne mit {code}.",
    "card.how.code.high": "Um es mit Worten zu genehmigen, schreib: genehmigen {code}",
    "card.how.code.in_doubt.high": (
        "Das ist dringend; um es mit Worten noch einmal auszuführen, schreib: noch einmal {code}"
    ),
    "card.how.letter.approval": (
        "Antworte mit einem Wort in der ersten Zeile: genehmigen oder ablehnen. Was du darunter schreibst, lesen "
        "der Agent und wer angefragt hat; alles andere in der ersten Zeile wird als Frage weitergegeben."
    ),
    "card.how.letter.approval.high": (
        "Das ist dringend, deshalb braucht die Genehmigung den Code. Zum Ablehnen antworte in der ersten Zeile: "
        "ablehnen. Alles andere wird als Frage weitergegeben."
    ),
    "card.how.letter.in_doubt": "Antworte in der ersten Zeile mit: noch einmal, ist gelaufen oder stopp.",
    "card.how.letter.question": "Antworte einfach auf diese Mail.",
    "card.how.letter.choices": "Antworte in der ersten Zeile mit einem Namen oder einer Nummer aus der Liste.",
    "card.how.letter.form": "Antworte mit einer Zeile für jedes Feld, nach Nummer: {fields}. Zum Beispiel „1: …“.",
    "card.how.letter.code": "In einer eigenen Mail beginne mit {code}.",
    "card.question_back": "{name} hat eine Frage zu: {title}",
    "card.after.superseded": "Das hier ersetzt {title}; darüber muss niemand mehr entscheiden.",
    "card.after.expired": "Neu gefragt: Die erste Anfrage ist um {time} abgelaufen, ohne dass jemand geantwortet hat.",
    "card.after.undeliverable": "Neu gefragt: Die erste Anfrage hat niemanden erreicht, {time}.",
    "card.after.no_route": "Neu gefragt: Beim ersten Mal gab es niemanden, der gefragt werden konnte, {time}.",
    "card.again": "Noch einmal: Vielleicht hat dich die erste Fassung nicht erreicht. Es ist dieselbe Anfrage.",
    "batch.title": "{title} ({count} Anfragen)",
    "batch.approve": "Alle {count} genehmigen",
    "batch.deny": "Alle {count} ablehnen",
    "batch.menu": "Nur diese entscheiden",
    "batch.show": "Einzeln zeigen",
    "batch.how": (
        "Drück auf einen Knopf für alle, die offen sind, oder wähle für jede einzeln. In Worten beginne mit dem Code, "
        "etwa „{code} genehmigen“; alles andere nach einem Code wird als Frage weitergegeben."
    ),
    "digest.title": "{count} Anfragen, die warten konnten",
    "digest.how": (
        "Wähle für jede einzeln. In Worten beginne mit ihrem Code, etwa „{code} genehmigen“; eine Frage beantwortest "
        "du hinter ihrem Code."
    ),
    "batch.partly": "{done} von {count} zählen. Bei diesen hat deine Antwort nichts geändert:\n{lines}",
    "batch.nothing": "Bei diesen hat deine Antwort nichts geändert:\n{lines}",
    "confirm.title": "Genau das genehmigen?",
    "confirm.no": "Zurück",
    "button.approve": "Genehmigen",
    "button.deny": "Ablehnen",
    "button.deny_form": "Mit Begründung ablehnen",
    "button.approve_form": "Mit Kommentar genehmigen",
    "button.claim": "Ich kümmere mich darum",
    "button.fill_in": "Ausfüllen",
    "button.edit": "Ändern und genehmigen",
    "button.grant": "Für {time} genehmigen",
    "button.grant.thread": "In dieser Unterhaltung genehmigen",
    "button.grant.until_revoked": "Bis auf Widerruf genehmigen",
    "button.revoke": "Dauergenehmigung widerrufen",
    "button.hand": "Weitergeben",
    "button.run_again": "Noch einmal ausführen",
    "button.did_run": "Ist gelaufen",
    "button.stop": "Stopp",
    "form.deny.title": "Anfrage ablehnen",
    "form.deny.label": "Begründung",
    "form.comment.hint": "Das lesen der Agent und wer angefragt hat.",
    "form.deny.submit": "Ablehnen",
    "form.edit.title": "Ändern und genehmigen",
    "form.approve.title": "Mit Kommentar genehmigen",
    "form.approve.submit": "Genehmigen",
    "form.comment.label": "Kommentar",
    "form.edit.submit": "Genehmigen",
    "form.hand.title": "Weitergeben",
    "form.hand.to": "An wen",
    "form.hand.how": "Wie",
    "form.hand.reassign": "Statt meiner gefragt werden",
    "form.hand.delegate": "Für mich entscheiden; ich auch",
    "form.hand.submit": "Weitergeben",
    "form.hand.nobody": "Es gibt niemanden, an den du das weitergeben darfst.",
    "form.answer.title": "Deine Antwort",
    "form.answer.submit": "Senden",
    "form.outdated": (
        "Dieser Aufruf wurde inzwischen geändert. Bitte sieh dir die neueste Karte an, die ihn zeigt, wie er ist."
    ),
    "form.yes": "Ja",
    "form.no": "Nein",
    "form.line": "{number} {label}",
    "form.line.optional": "{number} {label} (freiwillig)",
    "form.fault.missing": "Das wird gebraucht.",
    "form.fault.unreadable": "Das lässt sich nicht lesen; bitte gib es noch einmal ein.",
    "form.fault.integer": "Bitte gib eine ganze Zahl an, zum Beispiel 12.",
    "form.fault.number": "Bitte gib eine Zahl an, mit Punkt statt Komma, zum Beispiel 12 oder 0.5.",
    "form.fault.boolean": "Bitte sag ja oder nein.",
    "form.fault.date": "Bitte gib einen Tag als Jahr-Monat-Tag an, zum Beispiel 2026-07-31.",
    "form.fault.choice": "Bitte wähle aus: {limit}.",
    "form.fault.least": "Das muss {limit} oder mehr sein.",
    "form.fault.most": "Das darf höchstens {limit} sein.",
    "form.fault.above": "Das muss mehr als {limit} sein.",
    "form.fault.below": "Das muss weniger als {limit} sein.",
    "form.fault.short": "Das braucht mindestens {limit} Zeichen.",
    "form.fault.long": "Das darf höchstens {limit} Zeichen haben.",
    "form.fault.line": "Das muss in eine einzige Zeile passen.",
    "form.fault.pattern": "Das hat nicht die nötige Form. {limit}",
    "form.fault.few": "Bitte wähle mindestens {limit}.",
    "form.fault.many": "Bitte wähle höchstens {limit}.",
    "form.close": "Zurück",
    "form.failed": (
        "Das Formular ließ sich gerade nicht öffnen, es hat sich also nichts geändert. Bitte drück noch einmal."
    ),
    # Where it takes several people
    "claimed": "{name} kümmert sich darum.",
    "handed.operator": "Von {name} an {to} übergeben, von der Betriebsleitung, {time}.",
    "delegated.operator": "Die Betriebsleitung lässt {to} für {name} entscheiden, seit {time}.",
    "handed": "Von {name} an {to} übergeben, {time}.",
    "delegated.away": "{to} darf für {name} entscheiden (bis {time} nicht da).",
    "delegated": "{to} darf für {name} entscheiden, seit {time}.",
    "votes.needed": "Es braucht {needs}.",
    "votes.approve": "Bisher genehmigt von {names}.",
    "votes.deny": "Bisher abgelehnt von {names}.",
    "votes.fell": "Stimmen zum Aufruf, wie er vorher war, zählen nicht mehr: {names}.",
    "votes.fell.you": (
        "{name} hat „{title}“ geändert: {changes}. Deine Stimme galt dem Aufruf, wie er vorher war, deshalb zählt sie "
        "nicht mehr. Bitte sieh dir die neue Karte an und entscheide noch einmal."
    ),
    "changed": "Geändert von {name}: {changes}",
    "changed.outdated": (
        "Geändert von {name}: {changes}. Eine neue Karte weiter unten zeigt den Aufruf, wie er jetzt ist."
    ),
    "votes.missing": "Es fehlt noch: {needs}.",
    "votes.need": "{count} Genehmigungen von {who}",
    "votes.need.one": "eine Genehmigung von {who}",
    # An approval that counts for longer
    "grant.covers.same": "denselben Aufruf von {tool}",
    "grant.covers.alike": "Aufrufe von {tool}, in denen {arguments} gleich ist",
    "grant.until": "bis {time}",
    "grant.until.thread": "in der Unterhaltung, in der gefragt wurde",
    "grant.until.revoked": "bis auf Widerruf",
    "grant.stands": (
        "Dauergenehmigung von {name} für {what}: gilt {until}, ohne dass gefragt wird. {used} von {uses} Mal genutzt. "
        "Zum Beenden drück auf den Knopf oder antworte hier: widerrufen"
    ),
    "grant.spent": "Dauergenehmigung von {name}: aufgebraucht, {uses} von {uses} Mal, {time}",
    "grant.over": "Dauergenehmigung von {name}: abgelaufen, {time}. {used} von {uses} Mal genutzt.",
    "grant.revoked": "Dauergenehmigung von {name}: widerrufen von {by}, {time}. {used} von {uses} Mal genutzt.",
    "grant.used": "{tool}: genehmigt durch die Dauergenehmigung von {name}, {time}, {used} von {uses}.",
    "revoked": "Die Dauergenehmigung für {tool} ist widerrufen. Von jetzt an wird wieder jedes Mal gefragt.",
    # How a card ends
    "settled.approved": "Genehmigt von {name}, {time}",
    "settled.approved.because": "Genehmigt von {name}, {time}: {comment}",
    "settled.approved_with_edits": "Mit Änderungen genehmigt von {name}, {time}: {changes}",
    "settled.approved_with_edits.because": "Mit Änderungen genehmigt von {name}, {time}: {changes}. Dazu: {comment}",
    "settled.denied": "Abgelehnt von {name}, {time}",
    "settled.denied.because": "Abgelehnt von {name}, {time}: {comment}",
    "settled.denied.chosen": "{choice}: {comment}",
    "settled.answered": "Beantwortet von {name}, {time}: {answer}",
    "settled.in_doubt.approved": "{name} sagt: noch einmal ausführen, {time}",
    "settled.in_doubt.answered": "{name} sagt, dass es gelaufen ist, {time}",
    "settled.in_doubt.denied": "Gestoppt von {name}, {time}",
    "settled.expired": "Abgelaufen, {time}: Niemand hat geantwortet",
    "settled.undeliverable": "Konnte nicht zugestellt werden, {time}",
    "settled.no_route": "Es gab niemanden zu fragen, {time}",
    "settled.cancelled": "Abgebrochen von {name}, {time}",
    "settled.cancelled.because": "Abgebrochen von {name}, {time}: {comment}",
    "settled.superseded": "Nicht mehr nötig, {time}: {comment}",
    "settled.replaced": "Ersetzt durch {comment}, {time}",
    "result.ok": "{tool} erledigt, {time}",
    "result.failed": "{tool} fehlgeschlagen, {time}: {message}",
    "result.in_doubt.approved": "{tool} wurde unterbrochen. {name} sagt: noch einmal ausführen, {time}",
    "result.in_doubt.answered": "{tool} wurde unterbrochen. {name} sagt, dass es gelaufen ist, {time}",
    "result.in_doubt.denied": "{tool} wurde unterbrochen. Gestoppt von {name}, {time}",
    "result.in_doubt": "{tool} wurde unterbrochen, {time}: Ich frage, ob es gelaufen ist",
    "result.forbidden": "{tool} wurde nicht gestartet, {time}: {reason}",
    # What an answer that changes nothing is told
    "refused.late": "Schon {outcome} von {name} über {channel} um {time}. Deine Antwort hat nichts geändert.",
    "refused.late.by": "Schon {outcome} von {name} um {time}. Deine Antwort hat nichts geändert.",
    "refused.late.nobody": "Schon {outcome} um {time}. Deine Antwort hat nichts geändert.",
    "refused.late.informs": "Ich habe sie als Hinweis weitergegeben.",
    "refused.late.replaced": (
        "Das wurde um {time} durch {title} ersetzt, deshalb hat deine Antwort nichts geändert. Bitte antworte dort."
    ),
    "refused.handed_on": "Du hast das weitergegeben, jetzt entscheidet {who}. Die Anfrage ist noch offen.",
    "refused.hand.unknown": (
        "Ich kenne niemanden mit diesem Namen, also hat sich nichts geändert. Du darfst das weitergeben an: {who}."
    ),
    "refused.hand.not_offered": "Das lässt sich nicht weitergeben. Die Anfrage ist noch offen.",
    "refused.hand.self": "Du hast es schon, also hat sich nichts geändert. Du darfst das weitergeben an: {who}.",
    "refused.hand.already": "Du hast das schon weitergegeben, also hat sich nichts geändert.",
    "refused.hand.delegate": (
        "Du entscheidest das für jemand anderen, also kannst du es nicht weitergeben. Entscheiden darfst du weiterhin."
    ),
    "refused.hand.too_often": "Das wurde {count}-mal weitergegeben, öfter geht es nicht. Bitte entscheide es.",
    "refused.hand.back": (
        "{name} hat das schon weitergegeben, also geht es nicht dorthin zurück. Nichts hat sich geändert."
    ),
    "refused.hand.not_to": (
        "An {name} darf das nicht gehen, also hat sich nichts geändert. Du darfst es weitergeben an: {who}."
    ),
    "refused.hand.can_already": "{name} darf das schon entscheiden, also hat sich nichts geändert.",
    "refused.hand.requester": (
        "{name} hat das angefragt, also muss jemand anders entscheiden. Du darfst es weitergeben an: {who}."
    ),
    "refused.hand.may_not": (
        "{name} darf das nicht entscheiden, wer auch immer darum bittet, also hat sich nichts geändert. Du darfst "
        "es weitergeben an: {who}."
    ),
    "refused.hand.counts_for_nothing": (
        "Hier zählen die Stimmen anderer als die von {name}, also hat sich nichts geändert. Du darfst es "
        "weitergeben an: {who}."
    ),
    "refused.hand.too_few": (
        "Ohne dich wären zu wenige übrig, die das entscheiden dürfen, also hat sich nichts geändert."
    ),
    "refused.hand.unreachable": "Ich weiß nicht, wo ich {name} erreiche, also hat sich nichts geändert.",
    "refused.duplicate": "Du hast das schon beantwortet; deine erste Antwort zählt.",
    "refused.claimed": "{name} kümmert sich schon darum. Du kannst trotzdem entscheiden.",
    "refused.claimed.you": "Du kümmerst dich schon darum.",
    "refused.not_asked": (
        "Das kann nur {who} entscheiden, deshalb hat deine Antwort nichts geändert. Die Anfrage ist noch offen."
    ),
    "refused.group_unread": (
        "Ich kann gerade nicht sehen, wer in der Gruppe ist, die die Rolle {roles} gibt. Deshalb entscheidet niemand "
        "durch sie, und deine Antwort hat nichts geändert. Die Anfrage ist noch offen; bitte versuche es in ein paar "
        "Minuten noch einmal."
    ),
    "refused.requester_excluded": (
        "Du hast das selbst angefragt, deshalb muss jemand anders entscheiden: {who}. Die Anfrage ist noch offen."
    ),
    "refused.unknown_person": (
        "Ich weiß hier nicht, wer du bist, und das muss jemand entscheiden, den ich kenne: {who}. Die Anfrage ist noch "
        "offen."
    ),
    "refused.assurance": (
        "Hier kann ich für diese Entscheidung nicht sicher genug sein, wer du bist, deine Antwort hat also nichts "
        "geändert. Auf einem Kanal, auf dem ich das kann, entscheidet {who}."
    ),
    "refused.not_offered": "Das ist keine der möglichen Antworten. {how}",
    "refused.edit.gone": (
        "Dieser Aufruf lässt sich nicht mehr ändern, es bleibt also alles, wie es war. Bitte genehmige ihn oder lehne "
        "ihn ab."
    ),
    "refused.outdated": (
        "{name} hat das geändert, nachdem die Karte kam, auf die du geantwortet hast: {changes}. Deine Antwort zählt "
        "deshalb nicht; bitte sieh dir die neueste Karte an, die den Aufruf zeigt, wie er jetzt ist."
    ),
    "refused.edit.invalid": "Das nimmt das Werkzeug nicht an, es bleibt also alles, wie es war: {reason}",
    "refused.edit.forbidden": (
        "Mit dieser Änderung verbietet eine Regel den Aufruf, es bleibt also alles, wie es war: {reason}"
    ),
    "refused.edit.words": (
        "Das konnte ich nicht als Änderung lesen, es bleibt also alles, wie es war. Schreib „ändern“ und darunter eine "
        "Zeile für jedes Feld, das anders sein soll, nach Nummer: {fields}. Zum Beispiel „1: …“."
    ),
    "refused.edit.nobody": (
        "Mit dieser Änderung gäbe es nicht genug Leute, die entscheiden könnten, es bleibt also alles, wie es war: "
        "{reason}"
    ),
    "refused.grant": (
        "Du kannst das einmal genehmigen, aber nicht für länger; das kann nur {who}. Es bleibt alles, wie es war, und "
        "die Anfrage ist offen."
    ),
    "refused.revoke": "Diese Dauergenehmigung kann nur {who} widerrufen, es bleibt also alles, wie es war.",
    "refused.revoke.ended": "Diese Dauergenehmigung gilt schon nicht mehr.",
    "refused.form": "Damit ist noch nicht alles beantwortet, es bleibt also alles, wie es war. {how}",
    "refused.form.faults": "Damit ist noch nicht alles beantwortet, es bleibt also alles, wie es war:\n{faults}",
    "refused.not_a_choice": "Das steht nicht zur Wahl: {choices}.",
    "refused.not_seen": (
        "Als du das geschrieben hast, hatte dich diese Anfrage noch nicht erreicht, deshalb zählt es nicht. {how}"
    ),
    "refused.not_confirmed": (
        "Das ist dringend, deshalb genehmigt es ein Wort allein nicht; nichts hat sich geändert. Zum Genehmigen "
        "schreib: genehmigen {code}"
    ),
    "refused.not_confirmed.in_doubt": (
        "Das ist dringend, deshalb führen es diese Worte allein nicht noch einmal aus; nichts hat sich geändert. Dafür "
        "schreib: noch einmal {code}"
    ),
    "refused.expired": "Diese Anfrage war abgelaufen, bevor deine Antwort kam; sie hat also nichts geändert.",
    "refused.gone": "Diese Anfrage kenne ich nicht mehr.",
    # What the conversation that asked is told
    "asked.people": "Ich habe {who} gefragt. {deadline} Zum Abbrechen schreib: abbrechen",
    "asked.in_doubt": (
        "{tool} wurde unterbrochen. Ich habe {who} gefragt, ob es gelaufen ist. {deadline} Zum Abbrechen schreib: "
        "abbrechen"
    ),
    "asked.people.later": "{later} {deadline} Zum Abbrechen schreib: abbrechen",
    "asked.in_doubt.later": "{tool} wurde unterbrochen. {later} {deadline} Zum Abbrechen schreib: abbrechen",
    "asked.quiet": "{who} hat gerade Ruhezeit und wird um {time} gefragt.",
    "asked.away.until": "{who} ist bis {time} nicht da.",
    "asked.away.deputy": "{name} ist bis {time} nicht da; {to} entscheidet in Vertretung.",
    "asked.away.only": "Für „{title}“ gibt es sonst niemanden mehr, deshalb frage ich {who} trotz Abwesenheit.",
    "asked.digest": "Das kann warten, deshalb wird {who} um {time} gefragt.",
    "asked.channel": "der Kanal",
    "asked.more.later": "Über „{title}“ hat noch niemand entschieden. {later}",
    "asked.more.away": "„{title}“ müsste auf jemanden warten, der nicht da ist, deshalb frage ich auch {who}.",
    "asked.more.quiet": "„{title}“ wird durch Ruhezeiten aufgehalten, deshalb frage ich auch {who}.",
    "asked.more.silence": "Über „{title}“ hat noch niemand entschieden, deshalb frage ich auch {who}.",
    "asked.more.undeliverable": "Wegen „{title}“ konnte ich niemanden erreichen, deshalb frage ich {who}.",
    "asked.more.next": "Wegen „{title}“ konnte ich {name} nicht erreichen, deshalb frage ich {who}.",
    "asked.more.wish": "Mit „{title}“ soll ich mich beeilen, deshalb frage ich auch {who}.",
    "asked.more.no_route": "Zu „{title}“ frage ich {who}.",
    "reminder": "„{title}“ wartet noch auf eine Antwort, bis {time}.",
    "reminder.code": "Antworte auf der Karte oder beginne deine Antwort mit {code}.",
    "asked.handed": "{name} hat „{title}“ an {to} übergeben; gefragt ist jetzt {to}.",
    "asked.delegated": "{name} lässt {to} über „{title}“ mitentscheiden, als Vertretung.",
    "asked.late": "{name} hat auf „{title}“ geantwortet, als es schon vorbei war: {said}",
    "asked.comment": "„{title}“ wurde von {name} genehmigt, dazu: {comment}",
    "asked.away": "Von {name} kam eine automatische Antwort: nicht da. „{title}“ ist noch offen.",
    "asked.deadline": "Dafür ist bis {time} Zeit.",
    "typing": "arbeitet daran …",
    "waiting": "Ich warte noch auf {who}; danach lese ich deine Nachricht. Zum Abbrechen schreib: abbrechen",
    "waiting.tool": "Ich bin noch bei der Arbeit; danach lese ich deine Nachricht. Zum Abbrechen schreib: abbrechen",
    "waiting.parked": "Das hier ist angehalten, bis entschieden ist, wie es weitergeht; dann lese ich deine Nachricht.",
    "codes": "Welche Anfrage meinst du? Beginne deine Antwort mit ihrem Code:\n{list}",
    "codes.line": "{code}  {title}",
    "question_back.passed": "An {name} weitergegeben; noch offen.",
    "question_back.to_agent": "Weitergegeben; noch offen.",
    "question_back.unanswered": "Das kann hier gerade niemand beantworten; die Anfrage ist noch offen.",
    "question_back.answer": "{name}: {text}",
    "question_back.withdrawn": "inzwischen entschieden",
    "run.ended": "der Lauf ist beendet",
    "in_doubt.arrived": "das Ergebnis ist doch noch gekommen",
    "cancelled": "Abgebrochen. Hier geschieht nichts mehr.",
    "cancelled.begun": (
        "Abgebrochen. {tool} hatte schon begonnen und kann sich noch auswirken; sonst geschieht hier nichts mehr."
    ),
    "command.taken": "Verstanden. Ich antworte dir in unseren Direktnachrichten.",
    "command.help": (
        "Mit {command} kannst du mir von überall schreiben: Schreib dahinter, was du brauchst, wie in einer "
        "Direktnachricht. Ich antworte dir dort, und sonst sieht es niemand."
    ),
    "files.not_here": "(Dieser Kanal nimmt keine Dateien, deshalb konnte ich dir {names} nicht schicken.)",
    "start.refused": (
        "Ich arbeite nur für Leute, die ich kenne, und dich kenne ich noch nicht. Wer mich verwaltet, kann dich "
        "aufnehmen."
    ),
    "start.too_often": "Du hast mich in der letzten Stunde sehr oft gestartet. Bitte versuch es später noch einmal.",
    "speak.refused": "Mit diesem Agenten kann hier nur sprechen, wer ihn auch starten darf.",
    # A card that shows that cards arrive
    "doctor.card": "Das ist ein Test; du musst nichts tun",
    "doctor.card.body": "Er zeigt, dass ich dich hier erreiche, und verschwindet von selbst.",
    # An account that is linked by a one-time code
    "link.done": "Erledigt: Dieses Konto gehört jetzt {name}.",
    "link.already": "Dieses Konto gehört schon {name}.",
    "link.taken": (
        "Dieses Konto gehört {name}; es muss erst von der Verwaltung getrennt werden, bevor es jemand anderem gehören "
        "kann."
    ),
    "link.unknown": "Diesen Code kenne ich nicht. Er gilt einmal, 15 Minuten lang; bitte lass dir einen neuen geben.",
    "link.too_often": "Das war zu oft. Bitte versuch es in einer Stunde noch einmal, mit einem neuen Code.",
    "link.person": (
        "Mit dir wurde ein neues Konto verbunden: {identity}. Es kann in deinem Namen entscheiden. Wenn du das nicht "
        "warst, sag sofort der Verwaltung Bescheid."
    ),
    "link.owner": "{name} hat mit einem Einmalcode ein Konto verbunden: {identity}",
    # Trouble, told to the requester and to the owner
    "halted": "Das hier ist angehalten: {reason} Wer dafür zuständig ist, weiß Bescheid.",
    "halted.owner": "{agent} ist für {name} angehalten: {reason} Weiter geht es mit: ringback threads resume {thread}",
    "failed": (
        "Entschuldige, bei mir ist ein Fehler aufgetreten, und ich habe aufgehört. Wer zuständig ist, weiß Bescheid."
    ),
    "stopped": "Wer für mich zuständig ist, hat das hier beendet.",
    "failed.owner": "{agent} ist für {name} gescheitert ({thread}): {reason}",
    "dead.owner": "Eine Nachricht konnte nicht zugestellt werden ({delivery}): {reason}",
    "waits.owner": (
        "Eine Nachricht konnte noch nicht zugestellt werden ({delivery}): {reason}. Einen Tag lang wird es weiter "
        "versucht."
    ),
    "waits.webhook.owner": (
        "Ein Webhook wird nicht angenommen ({delivery}): {reason}. Solange er nicht aufgegeben ist, wird es drei Tage "
        "lang weiter versucht; danach: ringback deliveries list --status dead, ringback deliveries retry"
    ),
    "held.owner": (
        "{account} kann nichts senden: {problem}. Was dort gesagt werden soll, wartet in seiner Reihenfolge und wird "
        "jede Minute neu versucht; nichts geht verloren, und alles andere läuft weiter."
    ),
    "groups.owner": (
        "Wer in der Gruppe {group} von {account} ist, lässt sich nicht lesen. Bis es wieder geht, hat niemand durch "
        "sie die Rolle {role}: {problem}"
    ),
    "stopped.owner": (
        "{account} hört nicht mehr zu: {problem}. Jede Minute wird neu nachgesehen; alles andere läuft weiter."
    ),
    "stuck.owner": (
        "Mit dem Gateway selbst stimmt etwas nicht: In {conversation} geht es nicht weiter. Was dort gesagt wird, "
        "bleibt erhalten und wird noch gelesen; im Log steht, was gescheitert ist."
    ),
    "restored.owner": (
        "Dieses Gateway wurde aus einer Sicherung wiederhergestellt, {time}. Was seit dieser Sicherung geschehen ist, "
        "ist hier nicht bekannt: Auf das, was wieder offen ist, wurde vielleicht schon geantwortet, und Nachrichten "
        "aus dieser Zeit sind verloren. Dauergenehmigungen sind beendet. Nach Nachrichten, die vielleicht "
        "hinausgegangen sind, wird zuerst gesucht, und bevor ein Lauf aus dieser Zeit etwas tut, das nicht zweimal "
        "geschehen darf, wird jemand gefragt. Bitte sieh durch: ringback requests list, ringback deliveries list"
    ),
    "parked.expired": "auf „{title}“ hat niemand rechtzeitig geantwortet.",
    "parked.undeliverable": "„{title}“ konnte niemandem zugestellt werden.",
    "parked.undeliverable.because": "„{title}“ konnte niemandem zugestellt werden ({detail}).",
    "parked.no_route": "für „{title}“ gibt es niemanden zu fragen.",
    "parked.diverged": "der Code hat sich mittendrin geändert ({detail}).",
    "parked.model": "das Modell antwortet nicht ({detail}).",
    "outcome.approved": "genehmigt",
    "outcome.approved_with_edits": "mit Änderungen genehmigt",
    "outcome.denied": "abgelehnt",
    "outcome.answered": "beantwortet",
    "outcome.expired": "abgelaufen",
    "outcome.undeliverable": "aufgegeben (nicht zustellbar)",
    "outcome.no_route": "aufgegeben (niemand zu fragen)",
    "outcome.cancelled": "abgebrochen",
    "outcome.superseded": "zurückgezogen",
    "outcome.in_doubt": "entschieden",
    "channel.slack": "Slack",
    "channel.discord": "Discord",
    "channel.sms": "SMS",
    "channel.email": "E-Mail",
    "channel.api": "die API",
    "titled": "„{title}“",
    "earlier": "eine frühere Anfrage",
    "newer": "eine neuere Anfrage",
    # How times are written, and numbers that are not whole
    "time.hour": "{hour}:{minute}",
    "time.hour.utc": "{hour}:{minute} UTC",
    "time.day": "{hour} am {weekday}, {day}. {month}",
    "time.weekdays": "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag",
    "time.months": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "time.s": "{count} Sekunden",
    "time.m": "{count} Minuten",
    "time.h": "{count} Stunden",
    "time.d": "{count} Tage",
    "time.s.one": "1 Sekunde",
    "time.m.one": "1 Minute",
    "time.h.one": "1 Stunde",
    "time.d.one": "1 Tag",
    "number.point": ",",
    "and": "{first} und {last}",
    "others": "{count} mehr",
    "or": "{first} oder {last}",
    "nobody": "niemand",
    "somebody": "jemand",
    # Mail
    "card.how.letter.link": "Oder antworte auf dieser Seite; das Öffnen allein entscheidet nichts:",
    "page.title": "Eine Antwort",
    "page.gone": "Hier gibt es nichts zu beantworten. Ist der Link abgeschnitten, öffne ihn noch einmal aus der Mail.",
    "page.busy": "Das ging gerade nicht. Geh bitte zurück und versuch es gleich noch einmal.",
    "page.confirm": "Noch ist nichts geschehen. Deine Antwort zählt, sobald du auf einen Knopf drückst.",
    "page.taken": "Danke. Deine Antwort ist da; wie es ausgegangen ist, sagt dir eine Mail.",
    "page.once": "Du hast hier schon geantwortet. Wie es ausgegangen ist, sagt dir eine Mail.",
    "letter.above": "Schreib deine Antwort über diese Zeile.",
    "letter.empty": (
        "In deiner Mail stand nichts außer dem Zitat, deshalb habe ich nichts getan. Schreib bitte darüber."
    ),
    "letter.not_yours": (
        "Das habe ich jemand anderen gefragt, deshalb zählt deine Antwort nicht, und nichts hat sich geändert. "
        "Wer gefragt wurde, muss auf die eigene Mail antworten."
    ),
    "letter.too_large": (
        "Deine Mail ist größer, als ich lesen kann, deshalb habe ich nichts getan. Schick bitte eine kleinere."
    ),
    "letter.differs": (
        "Deine Mail antwortet auf eine Anfrage und nennt mit dem Code eine andere, deshalb habe ich nichts getan."
        " Antworte bitte auf die, die du meinst, ohne Code."
    ),
    "letter.unproven.owner": (
        "Eine Mail, die von {sender} sein will („{topic}“), kam ohne Beleg dafür; es ist nichts geschehen, und "
        "niemand hat eine Antwort bekommen. Ein Beleg ist dmarc=pass in den Authentication-Results eures eigenen "
        "empfangenden Servers."
    ),
}
