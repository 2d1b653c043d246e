"""
What mail programs write around a reply, in the languages that people read their mail in.

Only words stand here; `reply.py` says where in a message they count. Words are in lower case, compared after case
folding and NFC; the table is meant to be added to.
"""

from __future__ import annotations

import re

FROM, DATE, SENT, TO, SUBJECT, OTHER = "from", "date", "sent", "to", "subject", "other"

_HEADERS = {
    FROM: """
        from|von|de|da|van|fra|från|od|nadawca|odesílatel|odosielateľ|lähettäjä|saatja|feladó|kimden|gönderen|от|
        от кого|від|від кого|подател|expéditeur|remitente|remetente|mittente|afzender|absender|avsender|afsender|
        expeditor|de la|发件人|寄件者|寄件人|差出人|送信者|送信元|보낸 사람|보낸사람|보낸이|발신자|מאת|من|المرسل|από|
        αποστολέας|nuo|dari|từ|người gửi|จาก|pošiljatelj|šalje|sendandi|frá|message de|reply from
    """,
    DATE: """
        date|received|datum|message du|date d'envoi|data|data invio|fecha|fecha de envío|dato|päiväys|päivämäärä|
        kuupäev|dátum|дата|tarih|dată|data trimiterii|日期|時間|日付|日時|날짜|תאריך|التاريخ|تاريخ|ημερομηνία|ngày|
        tanggal|วันที่
    """,
    SENT: """
        sent|sent at|sent on|gesendet|gesendet am|envoyé|envoyé le|inviato|enviado|enviado el|enviado em|enviada|
        enviada em|enviat|verzonden|verstuurd|sendt|skickat|skickades|lähetetty|saadetud|wysłano|wysłane|odesláno|
        odoslané|nosūtīts|отправлено|надіслано|изпратено|elküldve|küldve|gönderildi|gönderme tarihi|gönderilme tarihi|
        trimis|发送时间|发送日期|寄件日期|傳送時間|送信日時|보낸 날짜|보낸날짜|נשלח|تم الإرسال|στάλθηκε|đã gửi|gửi|
        dikirim|terkirim|ส่ง|ส่งเมื่อ|poslano|sent date|išsiųsta
    """,
    TO: """
        to|an|à|a|al|para|per|aan|til|till|do|komu|adresat|pre|vastaanottaja|saaja|кому|до|до кого|收件人|收件者|宛先|
        받는 사람|받는사람|받는이|수신|אל|إلى|الى|προς|kime|alıcı|címzett|către|catre|la|destinataire|destinatario|
        destinatário|kepada|ถึง|đến|tới|người nhận|prima|za|kam
    """,
    SUBJECT: """
        subject|betreff|objet|sujet|asunto|oggetto|assunto|assumpte|onderwerp|emne|ämne|aihe|teema|temat|předmět|
        predmet|тема|относно|主题|主題|主旨|件名|제목|נושא|الموضوع|θέμα|konu|tárgy|subiect|chủ đề|tiêu đề|subjek|
        perihal|tēma|zadeva|เรื่อง|efni|tema
    """,
    OTHER: """
        cc|kopie|kopia|kopi|kopio|copie|copie à|cópia|copia|копия|копія|抄送|副本|참조|bcc|cci|cco|dw|udw|másolat|
        bilgi|עותק|نسخة|κοιν|reply-to|reply to|antwort an|répondre à|responder a|antwoord aan|importance|priority|
        wichtigkeit|priorität|importancia|attachments|anlagen|pièces jointes|adjuntos|organization|organisation|
        on behalf of|mailed-by
    """,
}


def _words(block: str) -> list[str]:
    return [word.strip() for word in re.sub(r"\s*\n\s*", "", block).split("|") if word.strip()]


HEADERS: dict[str, str] = {word: kind for kind, block in _HEADERS.items() for word in _words(block)}
"""A header's name, as mail programs write it above what they quote, to what it is."""

_VERBS = """
    wrote|writes|has written|schrieb|schrieben|schreibt|écrit|ecrit|escribió|escribio|escribiste|ha escrito|ha escrit|
    va escriure|ha scritto|hai scritto|scrive|scrisse|escreveu|schreef|geschreven|skrev|har skrevet|har skrivit|
    skrifaði|kirjoitti|kirjutas|napisał|napisał(a)|napisała|pisze|napsal|napsal(a)|napsala|napísal|napísal(a)|napísala|
    napisao|napisao je|napisala|написал|написал(а)|написала|пишет|писал|написав|написав(ла)|пише|написа|
    napisal|napisal(a)|idatzi du|dio|напиша|писали|írta|yazdı|έγραψε|έγραψες|rašė|rakstīja|a scris|menulis|đã viết
"""
_UNSPACED = (
    "写道|寫道|来信|のメッセージ|のメール|書きました|書いた|작성|썼습니다|쓰셨습니다|적었습니다|쓴 글|编写|"
    "כתב|מאת|كتب|تمت كتابة|เขียน"
)
"""The same in scripts that set no spaces, or join words to their neighbours."""
_SPACED = "|".join(re.escape(word) for word in sorted(_words(_VERBS), key=len, reverse=True))
WROTE = re.compile(rf"(?<!\w)(?:{_SPACED})(?!\w)|{_UNSPACED}")
"""Says that somebody wrote what follows."""

OPENING = re.compile(r"(?:on|am|le|el|il|em|op|den|w dniu|dnia|på|vào|dne|dňa|на|в|în|pe|στις|pada|på)\b|在|في|ใน")
"""Begins an attribution, before its date."""

ORIGINAL = re.compile(
    r"original message|original e-?mail|original appointment|reply message|replied message|forwarded message|"
    r"forwarded by|forwarded mail|forward(?:ed)? e-?mail|begin forwarded message|"
    r"weitergeleitete (?:nachricht|e-?mail|mail)|weitergeleiteten (?:nachricht|e-?mail)|"
    r"ursprüngliche (?:nachricht|e-?mail|mail)|original[- ]?nachricht|originalnachricht|antwort nachricht|"
    r"message d['’]origine|message original|message (?:transféré|réexpédié|initial)|courriel original|"
    r"e-mail d'origine|mail original|mensaje (?:original|reenviado)|correo original|missatge (?:original|reenviat)|"
    r"mensagem (?:original|encaminhada|reencaminhada)|messaggio (?:originale|inoltrato)|oorspronkelijk(?:e)? bericht|"
    r"origineel bericht|doorgestuurd bericht|oprindelig (?:meddelelse|besked|mail)|"
    r"videresendt (?:meddelelse|melding|besked)|opprinnelig melding|original melding|ursprungligt meddelande|"
    r"originalmeddelande|vidarebefordrat (?:meddelande|mejl)|alkuperäinen viesti|välitetty viesti|"
    r"edelleenlähetetty viesti|oryginalna wiadomość|wiadomość oryginalna|oryginalny e-?mail|wiadomość przekazana|"
    r"przekazana wiadomość|treść przekazanej wiadomości|původní (?:zpráva|e-?mail)|přeposlaná zpráva|pôvodná správa|"
    r"preposlaná správa|исходное сообщение|исходное письмо|пересылаемое сообщение|пересланное сообщение|"
    r"перенаправленное сообщение|оригинал сообщения|оригінальне повідомлення|переслане повідомлення|"
    r"початкове повідомлення|оригинално (?:съобщение|писмо)|препратено съобщение|eredeti üzenet|továbbított üzenet|"
    r"orijinal (?:mesaj|ileti)|özgün ileti|iletilen ileti|yönlendirilmiş ileti|mesaj(?:ul)? original|"
    r"mesaj redirecționat|αρχικό μήνυμα|προωθημένο μήνυμα|originalna poruka|izvorna poruka|proslijeđena poruka|"
    r"izvirno sporočilo|posredovano sporočilo|originalus laiškas|algne (?:sõnum|kiri)|sākotnējais ziņojums|"
    r"pesan asli|pesan terusan|thư gốc|tin nhắn gốc|thư chuyển tiếp|ข้อความต้นฉบับ|ข้อความที่ส่งต่อ|原始邮件|"
    r"原始郵件|原邮件|转发的邮件|轉寄郵件|转发邮件|邮件原件|元のメッセージ|転送メッセージ|転送されたメッセージ|"
    r"오리지널 메시지|원본 메시지|원본 ?메일|전달된 메시지|전달된 메일|הודעה מקורית|הודעה שהועברה|הודעת המקור|"
    r"الرسالة الأصلية|رسالة معاد توجيهها|رسالة محولة"
)
"""Stands between two rows of dashes above an older message."""

BEGIN_FORWARDED = re.compile(
    r"(?:begin forwarded message|forwarded message(?=:)|anfang der weitergeleiteten (?:nachricht|e-?mail)|"
    r"début du message (?:réexpédié|transféré)|inicio del mensaje reenviado|"
    r"início da mensagem (?:reencaminhada|encaminhada)|inizio messaggio inoltrato|begin doorgestuurd bericht|"
    r"start på videresendt (?:besked|melding)|vidarebefordrat brev|början på vidarebefordrat|välitetty viesti alkaa|"
    r"początek przekazywanej wiadomości|začátek přeposílané zprávy|začiatok preposlanej správy|"
    r"начало переадресованного сообщения|початок переадресованого повідомлення|továbbított levél kezdete|"
    r"iletilen ileti başlangıcı|αρχή προωθημένου μηνύματος|以下是转发的邮件|下面是被转发的邮件|以下為轉寄的郵件|"
    r"転送されたメッセージ|전달된 메시지|תחילת ההודעה שהועברה|بداية الرسالة المعاد توجيهها)\s*[:：]?"
)

SENT_FROM = re.compile(
    r"(?:this (?:e-?mail|message) was )?(?:sent|send) (?:from|via|with|using|by) \S.*|download outlook for \S.*|"
    r"get (?:outlook|spark|newton|typeapp|[a-z0-9-]*mail) for (?:ios|android|iphone|mobile|windows|mac)\b.*|"
    r"from my (?:iphone|ipad|android|phone|mobile|blackberry|galaxy)\b.*|sent securely from \S.*|"
    r"typed on (?:my |a )?\S.*|gesendet (?:von|mit|aus|über) \S.*|"
    r"von meinem? \S.* gesendet.*|von \S.* gesendet.*|verschickt von \S.*|"
    r"diese (?:nachricht|e-?mail|mail) wurde (?:von|mit) \S.* gesendet.*|holen sie sich outlook \S.*|"
    r"outlook für \S.*|envoyé (?:de|depuis|à partir|par|via|avec|d['’]) ?\S.*|obtenez outlook \S.*|"
    r"télécharge[zr] outlook \S.*|enviado (?:desde|do|da|de|con|com|a partir|por|via|pelo) ?\S.*|"
    r"obtener outlook \S.*|obter o outlook \S.*|obtenga outlook \S.*|enviat des \S.*|"
    r"inviato (?:da|dal|dall['’]|dalla|con|tramite) ?\S.*|ottieni outlook \S.*|scarica outlook \S.*|"
    r"(?:verzonden|verstuurd) (?:vanaf|met|van|via|vanuit) \S.*|outlook voor \S.* downloaden.*|download outlook \S.*|"
    r"sendt (?:fra|via|med) \S.*|hent outlook \S.*|få outlook \S.*|skicka(?:t|des) från \S.*|hämta outlook \S.*|"
    r"lähetetty \S.*|hanki outlook \S.*|saadetud \S.*|wysłan[oey] (?:z|ze|za|przy|przez) \S.*|pobierz outlook \S.*|"
    r"odesláno (?:z|ze|pomocí) \S.*|odoslan[ée] (?:z|zo) \S.*|stáhnout outlook \S.*|"
    r"отправлено (?:с|со|из|через) \S.*|получить outlook \S.*|надіслано (?:з|із|зі|через) \S.*|изпратено от \S.*|"
    r"(?:el)?küldve \S.*|\S.*(?:ról|ről) küldve.*|az én \S.* küldve.*|"
    r"\S.* gönderildi\.?|outlook'u edinin.*|στάλθηκε από \S.*|εστάλη από \S.*|trimis (?:de|din|cu) \S.*|"
    r"poslano (?:s|sa|z) \S.*|poslato sa \S.*|išsiųsta iš \S.*|nosūtīts no \S.*|sent frá \S.*|"
    r"(?:đã )?(?:được )?gửi (?:từ|bằng) \S.*|dikirim dari \S.*|terkirim dari \S.*|(?:发自|来自|發自)\s*\S.*|"
    r"(?:从|從|取得|获取|下載|下载)\s*outlook \S.*|"
    r"(?:从|從)我的.*(?:发送|發送|傳送|寄出).*|\S.*(?:から送信|から送信されました|より送信|を入手)[。.]?|"
    r"\S.*에서 (?:보냄|보냈습니다|전송됨|보낸 메일|발송).*|נשלח מ\S.*|(?:أُرسلت|أرسلت|تم الإرسال|مرسل|مُرسل) من \S.*|"
    r"ส่งจาก\s*\S.*|yahoo mail: .*|sent from yahoo.*"
)
"""What a telephone or a mail program signs with, as a line of its own."""

DEVICES = re.compile(
    r"iphone|ipad|ipod|apple watch|android|galaxy|samsung|blackberry|nokia|huawei|xiaomi|redmi|oneplus|pixel|lumia|"
    r"windows|outlook|yahoo|gmail|proton|spark|mailbird|thunderbird|typeapp|bluemail|aquamail|k-9|newton|nine|mail|"
    r"phone|mobile|cell|mobil|móvil|celular|portable|telefon|téléphone|handy|smartphone|tablet|device|gerät|appareil|"
    r"dispositivo|toestel|enhed|enhet|телефон|手机|手機|スマート|휴대|app"
)

CLOSING = re.compile(
    r"(?:(?:many )?thanks (?:and|&) )?(?:with )?(?:regards|(?:(?:my |very |many )?(?:best|kind|kindest|warm|warmest|"
    r"friendly) )(?:regards|wishes))|"
    r"kindly|br|k?rgds|all the best|take care|yours(?: (?:sincerely|faithfully|truly))?|sincerely(?: yours)?|"
    r"respectfully|cheers|best|"
    r"(?:mit |viele |liebe |beste |schöne |herzliche |freundliche )*"
    r"(?:freundlichen|herzlichen|besten|lieben|schönen|vielen)? ?gr(?:ü|ue)(?:ß|ss)e?n?(?: aus \w+)?|"
    r"gru(?:ß|ss)|mfg|vg|lg|hochachtungsvoll|(?:(?:bien|très) )?cordialement|respectueusement|"
    r"(?:sincères |meilleures |cordiales )?salutations(?: distinguées)?|bien à (?:vous|toi)|amicalement|cdt|"
    r"(?:un )?(?:cordial )?saludos?(?: cordiales)?|atentamente|cordialmente|atenciosamente|(?:com os melhores |"
    r"melhores )?cumprimentos|att|(?:um )?abraços?|un abrazo|"
    r"(?:cordiali|distinti) saluti|(?:un )?(?:cordiale )?salut[io]|met (?:vriendelijke|hartelijke) groet(?:en)?|"
    r"(?:vriendelijke|hartelijke) groet(?:en)?|groet(?:en|jes)?|mvg|med (?:venlig|vennlig) hilsen|"
    r"(?:venlig|vennlig|bedste) hilsen|hilsen|mvh|kh|dbh|(?:med )?(?:vänliga?|bästa) hälsning(?:ar)?|hälsningar|"
    r"ystävällisin terveisin|terveisin|parhain terveisin|z (?:poważaniem|wyrazami szacunku|pozdrowieniami)|"
    r"pozdrawiam(?: serdecznie)?|s (?:přátelským )?pozdravem|"
    r"s pozdravom|s úctou|üdvözlettel|udvozlettel|tisztelettel|saygılarım(?:ız)?la|iyi çalışmalar|"
    r"с (?:уважением|наилучшими пожеланиями)|з (?:повагою|найкращими побажаннями)|с уважение|"
    r"με εκτίμηση|cu stimă|cu respect|lp|(?:lijep|srdačan|lep) pozdrav|pagarbiai|lugupidamisega|trân trọng|"
    r"hormat saya|salam|此致|"
    r"敬具|敬上|בברכה|מִכָּבוֹד|مع (?:أطيب )?(?:تحياتي|التحية)|تحياتي|ขอแสดงความนับถือ|드림"
)
"""Closes a letter; what follows is who wrote it. Thanks are no closing here: they may be what somebody says."""

LIST_FOOTER = re.compile(
    r"mailing list|listinfo|mailman|unsubscribe|you received this message because|you are receiving this|"
    r"reply to this email directly or view it|to view this discussion|google groups|groups\.google|yahoo groups|"
    r"abbestellen|désabonner|se désinscrire|darse de baja|cancelar (?:la )?suscripci|disiscriv|uitschrijven|"
    r"отписаться|@lists?\.|/lists?/"
)

_LEGAL = {
    "message": """
        this (?:e-?mail|message)|information (?:contained|transmitted|in this)|diese[rs]? (?:e-?mail|nachricht)|
        ce (?:message|courriel|mail)|cet e-?mail|este (?:correo|mensaje|e-?mail)|
        esta mensagem|questo messaggio|questa e-?mail|dit (?:bericht|e-?mail)|deze e-?mail|
        dett?[ae] (?:meddelande|mejl|e-post)|denne (?:e-?mail|meddelelse|e-post|mail)|wiadomość|zpráva|
        сообщени|письм|повідомлення|bu (?:e-?posta|mesaj|ileti)|viesti|üzenet|mesaj|
        このメール|本メール|本邮件|此邮件|本郵件|메일
    """,
    "secret": """
        confidential|privileged|proprietary|vertraulich|rechtlich geschützt|confidentiel|privilégié|confidencia[il]|
        privilegiad|reservad|riservat|vertrouwelijk|fortrolig|konfidentiell|sekretess|poufn|důvěrn|dôvern|
        конфиденциальн|конфіденційн|поверительн|gizli|luottamuksel|bizalmas|povjerljiv|zaup|confidențial|εμπιστευτικ|
        機密|秘密|机密|保密|기밀|비밀|סודי|خصوصي|سري
    """,
    "reader": """
        intended|addressee|named recipient|recipient|addressed|empfänger|adressat|bestimmt|destinat|destiné|destinad|
        geadresseerde|bestemd|modtager|mottaga|mottaker|avsett|beregnet|adresat|przeznaczon|příjemc|určen|získateľ|
        получател|адресат|одержувач|предназначен|alıcı|vastaanottaj|címzett|primatelj|prejemnik|παραλήπτη|
        宛先|対象|仅限于|收件人|接收|수신자|נמען|المستلم
    """,
    "error": """
        in error|by mistake|not the (?:intended|named|correct)|irrtümlich|fälschlich|nicht der (?:richtige|
        vorgesehene)|par erreur|(?:pas|non) (?:le )?destinataire|por error|por engano|por erro|não for o|no es usted|
        per errore|abusievelijk|ten onrechte|per vergissing|ved en fejl|ved en feil|av misstag|pomyłk|błęd|omyl|
        nejste|ошибочно|помилково|yanlışlıkla|erehdyks|tévedés|greškom|pomoto|din greșeală|κατά λάθος|誤って|错收|
        误收|錯誤|잘못|בטעות|بالخطأ
    """,
    "forbidden": """
        prohibited|unauthori[sz]ed|disclos|dissemin|distribut|forbidden|legally|liabl|disclaimer|virus|unbefugt|
        untersagt|nicht gestattet|unzulässig|weitergabe|interdit|sans autorisation|diffus|responsable|prohibid|divulg|
        sin autorización|sem autorização|protegid[ao] por l|proibid|vietat|divieto|verboden|niet toegestaan|forbudt|
        förbjud|zabronion|zakázán|запрещ|заборон|yasak|kielletty|tilos|zabranjen|απαγορ|禁|開示|泄露|유출|금지|אסור|يحظر
    """,
    "delete": """
        notify|delet|destroy|inform the sender|vernichten|löschen|informieren sie|détruire|supprime|avertir|elimin|
        notifíque|bórre|apague|cancellar|cancellat[eo]|vernietig|verwijder|slette|radera|kontakta avsändaren|usun|
        nadawc|smaž|odesílatel|удалит|уведом|видал|silin|bilgilendir|poista|töröl|izbriš|ștergeți|διαγρ|削除|删除|
        刪除|삭제|מחק|احذف|حذف
    """,
}
LEGAL = {topic: re.compile("|".join(_words(block))) for topic, block in _LEGAL.items()}
"""What a lawyer's paragraph is about, by topic; a person's own paragraph is hardly about three of these."""

NOTICE = re.compile(
    r"[*_\s]*(?:confidentiality (?:notice|note|statement)|legal (?:notice|disclaimer)|"
    r"privileged (?:and|/) ?confidential|"
    r"vertraulichkeitshinweis|avis de confidentialité|aviso (?:legal|de confidencialidad)|avviso di riservatezza|"
    r"(?=.{0,150}(?:environment|umwelt|environnement|ambiente|milieu|miljö|miljø|środowisk|"
    r"окружающ)).{0,100}(?:before printing|"
    r"before you print|bevor sie .{0,40}drucken|avant d['’]imprimer|antes de imprimir|prima di stampare|"
    r"voordat u .{0,30}print|"
    r"innan du skriver ut|før du (?:printer|udskriver|skriver ut)|przed wydrukowaniem|прежде чем .{0,20}печат)|"
    r"think before you print|disclaimer\W*$|"
    r"virus-free\W{0,3}(?:www\.)?\w+\.|this (?:e-?mail|message) has been (?:checked|scanned) (?:for|by) )"
)
"""Begins a notice that no person wrote into this answer."""

_ALARM = (
    r"(?:caution|warning|attention|achtung|vorsicht|warnung|prudence|avertissement|"
    r"atención|precaución|advertencia|aviso|atenção|cuidado|attenzione|avviso|let op|waarschuwing|uwaga|varning|"
    r"advarsel|pozor|upozornění|внимание|увага|dikkat|注意|警告|주의)"
)
OUTSIDE = re.compile(
    r"(?!.{0,300}[,;:] (?:so|but|therefore|then|please (?:deny|approve)|deny|approve|no|yes)\b)"
    rf"\W{{0,4}}(?:{_ALARM}\W{{1,4}}.{{0,60}}?(?:"
    r"externa?l?e? (?:e-?mail|mail|sender|message)(?:\W*$|\s?[!.:])|"
    r"(?:e-?mail|mail|courriel|message|correo|mensaje|mensagem|messaggio) extern\w{0,2}(?:\W*$|\s?[!.:])|"
    r"(?:comes?|came|originat\w+|sent|provient|proviene|proveniente|stammt|kommt|afkomstig|pochodzi|veio|kommer|"
    r"получено|отправлено)\b.{0,20}\b(?:outside|extern|außerhalb|extérieur|fuera|fora|estern|buiten|spoza|внешн)|"
    r"proviene dall['’]esterno)|"
    r"(?:caution\W{1,4})?this (?:e-?mail|message|mail) (?:has )?(?:originat\w+|came|comes|was sent|is|were sent) "
    r"(?:from )?(?:outside|an? (?:external|outside))\b|this is an external (?:e-?mail|message)\b|zjqcmqry|"
    r"external (?:e-?mail|sender|message)(?:\W*$|\s?[:!.*])|\[?ext(?:ernal)?\]?\W*$|external\W{1,3}do not click\b|"
    r"you don['’]t often get e-?mail from\b|some people who received this message don['’]t often get\b|"
    r"diese (?:e-?mail|nachricht|mail) (?:stammt|kommt|wurde) von (?:extern|außerhalb|einem externen)|"
    r"externe e-?mail\W|"
    r"sie erhalten nicht (?:oft|häufig) (?:eine )?e-?mails? von\b|"
    r"(?:ce|cet) (?:message|e-?mail|courriel) (?:provient|vient|a été envoyé) (?:de l['’]ext|d['’]un exp|"
    r"d['’]une source)|"
    r"vous n['’](?:obtenez|recevez) pas souvent d['’]e-?mails?\b|"
    r"este (?:correo|mensaje|e-?mail)(?: electrónico)? (?:proviene|procede|se (?:ha )?(?:envi|origin)\w+) (?:de|"
    r"desde) "
    r"(?:fuera|un)|no suele recibir correos?\b|questa e-?mail proviene (?:da|dall)\w*\b|"
    r"dez?e e-?mail (?:komt|is afkomstig) van (?:buiten|een externe)|wiadomość pochodzi (?:spoza|z zewnątrz)|"
    r"(?:esta mensagem|este e-?mail) (?:veio|é|foi enviad[oa]) de (?:fora|um remetente externo))|"
    r"[^<]{0,300}aka\.ms/learnaboutsenderidentification"
)
"""Begins a warning that the reader's own server puts above mail from elsewhere."""

IMPRINT = re.compile(
    r"registered (?:in|office|address)|(?:company|registration|registered) (?:number|no\.)|incorporated in|"
    r"vat (?:no|reg|id)|"
    r"sitz der gesellschaft|amtsgericht|handelsregister|registergericht|hr[ab]\W{0,3}\d|geschäftsführ|vorstand\W|"
    r"aufsichtsrat|"
    r"ust-?id|siège social|\brcs\b|siret|capital (?:social|de)|domicilio social|registro mercantil|\bcif\b|"
    r"sede legale|"
    r"partita iva|p\. ?iva|kvk|statutair|krs\W|regon|kapitał zakładowy|org\.? ?nr|\bcvr\b"
)
"""What companies have to say about themselves; two of these make a paragraph theirs."""

ABOVE = re.compile(
    r"(?:reply|response|answer|type|write)s? (?:\w+ ){0,4}above this line|reply above this email|"
    r"above the dashed line|(?:bitte )?antworten sie (?:bitte )?(?:oberhalb|über) dieser (?:zeile|linie)|"
    r"antwort (?:bitte )?(?:oberhalb|über) dieser (?:zeile|linie)|réponse au-dessus de cette ligne|"
    r"répondez au-dessus|(?:responda|responder|respuesta|escriba su respuesta).{0,20}(?:encima|arriba) de esta línea|"
    r"acima desta linha|sopra questa (?:riga|linea)|boven deze (?:regel|lijn)|powyżej tej linii|"
    r"ovanför (?:den här|denna) rad"
)
"""The line below which help desks, and we, put what must not be read as an answer."""
