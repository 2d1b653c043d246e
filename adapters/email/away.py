"""
What a program puts into its answer for somebody who is away: a subject in some thirty languages, a header.

A subject counts as it begins. What people write themselves ("Vacation request", "Annual leave: May", "Re: Ben is on
leave") is none: the words for being away need what a program sets behind them, a colon, a date or another subject.
"""

from __future__ import annotations

import re

from adapters.email import mime

_TITLE = re.compile(
    r"\W*(?:out[ -]of[ -](?:the )?office|ooo\b|auto(?:matic|mated|matisch)?[ -]?(?:reply|response|answer|antwort)|"
    r"autorespond|auto:|vacation(?=\W*$|\W+(?:re|aw|auto\w*|reply|response|message|notice|notification|"
    r"until|till)\b)|"
    r"away (?:from|until)|i am (?:away|out)|abwesen|"
    r"automatische antwort|automatisch (?:antwoord|bericht)|afwezig|réponse automatique|absen(?:ce|t)\b.*bureau|"
    r"(?:message|réponse) d['’]absence|respuesta de ausencia|resposta de ausência|autorisposta|"
    r"automatische[rs]? (?:antwort|abwesen)|respuesta automática|fuera de (?:la )?oficina|resposta automática|"
    r"ausência|fora do escritório|"
    r"risposta automatica|fuori (?:sede|ufficio)|assenza|autosvar|automatiskt? svar|fraværs|frånvar|poissa|"
    r"message automatique|automaattinen vastaus|automatyczna odpowiedź|odpowiedź automatyczna|"
    r"automatická odpov[ěe]ď|automatski odgovor|samodejni odgovor|автоматичен отговор|"
    r"resposta automàtica|automatinis atsakymas|automātiska atbilde|automaatvastus|balasan otomatis|"
    r"poza biurem|nieobecn|вне офиса|ofis dışında|mimo kancelář|автоматический ответ|автоответ|"
    r"автоматична відповідь|automatikus válasz|házon kívül|otomatik (?:yanıt|cevap)|αυτόματη απάντηση|răspuns automat|"
    r"(?:外出)?自动(?:回复|答复)|"
    r"自動(?:回覆|応答|返信|答覆)|不在|외출|부재중|자동 ?(?:회신|응답)|מענה אוטומטי|תשובה אוטומטית|"
    r"رد تلقائي|(?:การ)?ตอบกลับอัตโนมัติ|(?:thư )?trả lời tự động)",
    re.IGNORECASE,
)
_SENTENCE = re.compile(
    r"\W*(?:(?:[\w.,/'’-]{1,30} ){0,4}?(?:is|am|i['’]m|ist|bin|est|suis|está|estoy|estou|è|sono|ben|is|är|er) "
    r"(?:currently |zurzeit |derzeit )?)?"
    r"(?:out of (?:the )?office|on (?:[a-z]{4,10} )?(?:holiday|vacation|leave)|"
    r"away(?: from (?:the |my )?(?:office|desk|mail))?|not in the office|nicht im (?:büro|haus)|im urlaub|"
    r"außer haus|abwesend|absente?(?: du bureau)?|en (?:congés?|vacances)|fuera de la oficina|de vacaciones|"
    r"ausente(?: de la oficina| do escritório)?|(?:de|em) férias|fora do escritório|fuori (?:sede|ufficio)|in ferie|"
    r"assente(?: dall['’]ufficio)?|niet aanwezig|(?:op|met) vakantie|ikke til stede|på ferie|på semester|lomalla|"
    r"na urlopie|mimo kancelář|na dovolené|в отпуске|у відпустці|szabadságon|izinde|外出|휴가(?: 중)?|休[暇假]中)"
    r"(?=[\W_]*$|\W{0,2}[:：(\[]|\W+(?:re|aw|until|till|from|bis|vom|jusqu|hasta|até|fino|to)\b|\W+\d)",
    re.IGNORECASE,
)
_HEADER = re.compile(r"x-(?:.{1,20}-)?(?:auto-?(?:reply|respon[ds]|generated)|vacation)(?!e-suppress).{0,20}")
_OTHERS = ("x-mail-autoreply", "x-ms-exchange-generated-message-source", "x-facebook-notify")
_PRECEDENCE = ("auto_reply", "auto-reply", "autoreply")
_RESPONDER = re.compile(r"auto-?responder", re.IGNORECASE)


def says(subject: str) -> bool:
    """Tell whether a subject is what a program puts there for somebody who is away."""
    return bool(_TITLE.match(subject) or _SENTENCE.match(subject))


def marks(message: mime.Part) -> bool:
    """Tell whether a header is there that only programs set that answer by themselves."""
    for name, value in message.headers:
        word = value.strip().lower()
        if (_HEADER.fullmatch(name) or name in _OTHERS) and word not in ("", "no", "false", "none"):
            return True
        if name in ("precedence", "x-precedence") and word in _PRECEDENCE:
            return True
        if name in ("delivered-to", "x-post-messageclass") and _RESPONDER.search(value[:200]):
            return True
    return False
