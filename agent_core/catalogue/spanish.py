"""Spanish, with "tú", as among colleagues."""

from __future__ import annotations

from collections.abc import Mapping

SPANISH: Mapping[str, str] = {
    # What somebody has said
    "said.approve": "aprobar",
    "said.edit": "aprobar, con cambios",
    "said.deny": "rechazar",
    "said.in_doubt.approve": "repetir",
    "said.in_doubt.did_run": "ya se ejecutó",
    "said.in_doubt.deny": "parar",
    # A card
    "card.approval": "¿Aprobar {tool}?",
    "card.in_doubt": "¿Se ejecutó {tool}?",
    "card.in_doubt.body": (
        "La pasarela se detuvo durante la ejecución, así que nadie sabe si tuvo efecto. Por favor, compruébalo y di "
        "después qué hacer."
    ),
    "card.in_doubt.timed_out": (
        "Tardó más de {limit} segundos y se abandonó, así que nadie sabe si tuvo efecto. Por favor, compruébalo y di "
        "después qué hacer."
    ),
    "card.in_doubt.restored": (
        "La pasarela se restauró desde una copia de seguridad, {time}. Puede que esto ya se hiciera en el tiempo que "
        "la copia no contiene, así que aquí nadie sabe si tuvo efecto. Por favor, compruébalo y di después qué hacer."
    ),
    "card.calls": "Llama a",
    "card.asker": "Lo pide {name}",
    "card.asker.nobody": "Lo pide el agente {agent}",
    "card.by": "Plazo:",
    "card.silence": "Si nadie responde, no pasa nada y se avisa a {name}.",
    "card.silence.go_on": "Si nadie responde, esto no se hace y el agente sigue sin ello.",
    "card.silence.you": "Si no respondes, no pasa nada y esto queda en espera.",
    "card.how.approval": (
        "Pulsa un botón o responde aquí: aprobar o rechazar. Cualquier otra cosa se transmite como pregunta."
    ),
    "card.how.editable": (
        "Pulsa un botón o responde aquí: aprobar, rechazar, o «cambiar» y debajo una línea por cada cambio, como "
        "«1: …» ({fields}). Cualquier otra cosa se transmite como pregunta."
    ),
    "card.how.approval.high": (
        "Es urgente, así que se te preguntará otra vez antes de aprobarlo. Pulsa un botón o responde aquí: rechazar. "
        "Cualquier otra cosa se transmite como pregunta."
    ),
    "card.how.grants": "Aprobar por más tiempo vale también para {what}, hasta {uses} veces.",
    "card.how.in_doubt": "Pulsa un botón o responde aquí: repetir, ya se ejecutó o parar.",
    "card.how.question": "Escribe aquí tu respuesta.",
    "card.how.form": (
        "Pulsa {button} o responde aquí con una línea por campo, por número: {fields}. Por ejemplo, «1: …»."
    ),
    "card.how.choices": "Pulsa una respuesta o escribe aquí su nombre o su número.",
    "card.how.hand": "Para pasarla a otra persona, escribe: reasignar a, o delegar en, y un nombre.",
    "card.how.code": "En otro lugar de esta conversación, empieza tu respuesta con {code}.",
    "card.how.code.mention": "En otro lugar de este canal, mencióname y empieza con {code}.",
    "card.how.code.high": "Para aprobarlo por escrito, escribe: aprobar {code}",
    "card.how.code.in_doubt.high": "Es urgente; para repetirlo por escrito, escribe: repetir {code}",
    "card.how.letter.approval": (
        "Responde con una palabra en la primera línea: aprobar o rechazar. Lo que escribas debajo lo leerán "
        "el agente y quien lo ha pedido; cualquier otra cosa en la primera línea se transmite como pregunta."
    ),
    "card.how.letter.approval.high": (
        "Es urgente, así que para aprobar hace falta el código. Para rechazar, responde en la primera línea: "
        "rechazar. Cualquier otra cosa se transmite como pregunta."
    ),
    "card.how.letter.in_doubt": "Responde en la primera línea: repetir, ya se ejecutó o parar.",
    "card.how.letter.question": "Responde a este correo.",
    "card.how.letter.choices": "Responde en la primera línea con un nombre o un número de la lista.",
    "card.how.letter.form": "Responde con una línea por campo, por número: {fields}. Por ejemplo, «1: …».",
    "card.how.letter.code": "En un correo aparte, empieza con {code}.",
    "card.question_back": "{name} tiene una pregunta sobre: {title}",
    "card.after.superseded": "Esto sustituye a {title}, sobre lo que ya no hay que decidir.",
    "card.after.expired": "Se pregunta de nuevo: la primera vez venció a las {time} y nadie había respondido.",
    "card.after.undeliverable": "Se pregunta de nuevo: la primera vez no se pudo entregar a nadie, {time}.",
    "card.after.no_route": "Se pregunta de nuevo: la primera vez no había a quién preguntar, {time}.",
    "card.again": "Otra vez: puede que la primera copia no te haya llegado. Es la misma solicitud.",
    "batch.title": "{title} ({count} solicitudes)",
    "batch.approve": "Aprobar las {count}",
    "batch.deny": "Rechazar las {count}",
    "batch.menu": "Decidir solo esta",
    "batch.show": "Mostrarla sola",
    "batch.how": (
        "Pulsa un botón para todas las que están abiertas o elige para cada una. Por escrito, empieza por el código de "
        "una, como «{code} aprobar»; cualquier otra cosa tras un código se transmite como pregunta."
    ),
    "digest.title": "{count} solicitudes que podían esperar",
    "digest.how": (
        "Elige para cada una. Por escrito, empieza por su código, como «{code} aprobar»; una pregunta se responde tras "
        "su código."
    ),
    "batch.partly": "{done} de {count} cuentan. Para estas tu respuesta no ha cambiado nada:\n{lines}",
    "batch.nothing": "Para estas tu respuesta no ha cambiado nada:\n{lines}",
    "confirm.title": "¿Aprobar exactamente esto?",
    "confirm.no": "Volver",
    "button.approve": "Aprobar",
    "button.deny": "Rechazar",
    "button.deny_form": "Rechazar con motivo",
    "button.approve_form": "Aprobar con comentario",
    "button.claim": "Me encargo",
    "button.fill_in": "Rellenar",
    "button.edit": "Cambiar y aprobar",
    "button.grant": "Aprobar por {time}",
    "button.grant.thread": "Aprobar en esta conversación",
    "button.grant.until_revoked": "Aprobar hasta que se revoque",
    "button.revoke": "Revocar el permiso",
    "button.hand": "Pasar a otra persona",
    "button.run_again": "Repetir",
    "button.did_run": "Ya se ejecutó",
    "button.stop": "Parar",
    "form.deny.title": "Rechazar la solicitud",
    "form.deny.label": "Motivo",
    "form.comment.hint": "Lo leerán el agente y quien lo ha pedido.",
    "form.deny.submit": "Rechazar",
    "form.edit.title": "Cambiar y aprobar",
    "form.approve.title": "Aprobar con comentario",
    "form.approve.submit": "Aprobar",
    "form.comment.label": "Comentario",
    "form.edit.submit": "Aprobar",
    "form.hand.title": "Pasar a otra persona",
    "form.hand.to": "A quién",
    "form.hand.how": "Cómo",
    "form.hand.reassign": "Se le pregunta en mi lugar",
    "form.hand.delegate": "Puede decidir por mí; yo también",
    "form.hand.submit": "Pasar",
    "form.hand.nobody": "No hay nadie a quien puedas pasar esto.",
    "form.answer.title": "Tu respuesta",
    "form.answer.submit": "Enviar",
    "form.outdated": (
        "Esta llamada ha cambiado entretanto. Por favor, mira la tarjeta más reciente, que la muestra tal como está."
    ),
    "form.yes": "Sí",
    "form.no": "No",
    "form.line": "{number} {label}",
    "form.line.optional": "{number} {label} (opcional)",
    "form.fault.missing": "Este dato hace falta.",
    "form.fault.unreadable": "Esto no se puede leer; por favor, escríbelo otra vez.",
    "form.fault.integer": "Por favor, indica un número entero, como 12.",
    "form.fault.number": "Por favor, indica un número, con punto y no con coma, como 12 o 0.5.",
    "form.fault.boolean": "Por favor, responde sí o no.",
    "form.fault.date": "Por favor, indica un día como año-mes-día, por ejemplo 2026-07-31.",
    "form.fault.choice": "Por favor, elige entre: {limit}.",
    "form.fault.least": "Tiene que ser {limit} o más.",
    "form.fault.most": "Tiene que ser {limit} o menos.",
    "form.fault.above": "Tiene que ser más de {limit}.",
    "form.fault.below": "Tiene que ser menos de {limit}.",
    "form.fault.short": "Número mínimo de caracteres: {limit}.",
    "form.fault.long": "Número máximo de caracteres: {limit}.",
    "form.fault.line": "Tiene que ser una sola línea.",
    "form.fault.pattern": "No tiene la forma esperada. {limit}",
    "form.fault.few": "Por favor, elige al menos {limit}.",
    "form.fault.many": "Por favor, elige como máximo {limit}.",
    "form.close": "Volver",
    "form.failed": "El formulario no se ha podido abrir, así que nada ha cambiado. Por favor, pulsa otra vez.",
    # Where it takes several people
    "claimed": "{name} se encarga.",
    "handed.operator": "La administración la ha pasado de {name} a {to}, {time}.",
    "delegated.operator": "La administración deja que {to} decida en lugar de {name}, desde {time}.",
    "handed": "{name} la ha pasado a {to}, {time}.",
    "delegated.away": "{to} puede decidir en lugar de {name}, que no está hasta las {time}.",
    "delegated": "{to} puede decidir en lugar de {name}, desde {time}.",
    "votes.needed": "Hace falta: {needs}.",
    "votes.approve": "Aprobado hasta ahora por {names}.",
    "votes.deny": "Rechazado hasta ahora por {names}.",
    "votes.fell": "Los votos sobre la llamada tal como estaba antes ya no cuentan: {names}.",
    "votes.fell.you": (
        "{name} ha cambiado «{title}»: {changes}. Tu voto era sobre la llamada tal como estaba antes, así que ya no "
        "cuenta. Por favor, mira la tarjeta nueva y decide otra vez."
    ),
    "changed": "Cambiado por {name}: {changes}",
    "changed.outdated": (
        "Cambiado por {name}: {changes}. Más abajo, una tarjeta nueva muestra la llamada tal como está."
    ),
    "votes.missing": "Todavía falta: {needs}.",
    "votes.need": "{count} aprobaciones de {who}",
    "votes.need.one": "una aprobación de {who}",
    # An approval that counts for longer
    "grant.covers.same": "la misma llamada a {tool}",
    "grant.covers.alike": "las llamadas a {tool} con el mismo valor de {arguments}",
    "grant.until": "hasta las {time}",
    "grant.until.thread": "en la conversación donde se preguntó",
    "grant.until.revoked": "hasta que se revoque",
    "grant.stands": (
        "Permiso de {name} para {what}: sin preguntar, {until}. Usado {used} de {uses} veces. Para terminarlo, pulsa "
        "el botón o responde aquí: revocar"
    ),
    "grant.spent": "Permiso de {name}: agotado, {uses} de {uses} veces, {time}",
    "grant.over": "Permiso de {name}: terminado, {time}. Usado {used} de {uses} veces.",
    "grant.revoked": "Permiso de {name}: revocado por {by}, {time}. Usado {used} de {uses} veces.",
    "grant.used": "{tool}: aprobado por el permiso de {name}, {time}, {used} de {uses}.",
    "revoked": "El permiso para {tool} está revocado. Desde ahora se pregunta de nuevo cada vez.",
    # How a card ends
    "settled.approved": "Aprobado por {name}, {time}",
    "settled.approved.because": "Aprobado por {name}, {time}: {comment}",
    "settled.approved_with_edits": "Aprobado con cambios por {name}, {time}: {changes}",
    "settled.approved_with_edits.because": "Aprobado con cambios por {name}, {time}: {changes}. Añade: {comment}",
    "settled.denied": "Rechazado por {name}, {time}",
    "settled.denied.because": "Rechazado por {name}, {time}: {comment}",
    "settled.denied.chosen": "{choice}: {comment}",
    "settled.answered": "Respuesta de {name}, {time}: {answer}",
    "settled.in_doubt.approved": "{name} dice que se repita, {time}",
    "settled.in_doubt.answered": "{name} dice que ya se ejecutó, {time}",
    "settled.in_doubt.denied": "Parado por {name}, {time}",
    "settled.expired": "Vencido, {time}: nadie respondió",
    "settled.undeliverable": "No se pudo entregar, {time}",
    "settled.no_route": "No había a quién preguntar, {time}",
    "settled.cancelled": "Cancelado por {name}, {time}",
    "settled.cancelled.because": "Cancelado por {name}, {time}: {comment}",
    "settled.superseded": "Ya no hace falta, {time}: {comment}",
    "settled.replaced": "Sustituido por {comment}, {time}",
    "result.ok": "{tool}: hecho, {time}",
    "result.failed": "{tool}: error, {time}: {message}",
    "result.in_doubt.approved": "{tool} se interrumpió. {name} dice que se repita, {time}",
    "result.in_doubt.answered": "{tool} se interrumpió. {name} dice que ya se ejecutó, {time}",
    "result.in_doubt.denied": "{tool} se interrumpió. Parado por {name}, {time}",
    "result.in_doubt": "{tool} se interrumpió, {time}: pregunto si se ejecutó",
    "result.forbidden": "{tool} no se inició, {time}: {reason}",
    # What an answer that changes nothing is told
    "refused.late": "Ya {outcome} por {name} en {channel} a las {time}. Tu respuesta no ha cambiado nada.",
    "refused.late.by": "Ya {outcome} por {name} a las {time}. Tu respuesta no ha cambiado nada.",
    "refused.late.nobody": "Ya {outcome} a las {time}. Tu respuesta no ha cambiado nada.",
    "refused.late.informs": "La he pasado como información.",
    "refused.late.replaced": (
        "Se sustituyó por {title} a las {time}, así que tu respuesta no ha cambiado nada. Por favor, responde allí."
    ),
    "refused.handed_on": "Has pasado esto a otra persona, así que ahora decide {who}. La solicitud sigue abierta.",
    "refused.hand.unknown": (
        "No conozco a nadie con ese nombre, así que no ha cambiado nada. Puedes pasar esto a {who}."
    ),
    "refused.hand.not_offered": "Esto no se puede pasar a otra persona. La solicitud sigue abierta.",
    "refused.hand.self": "Ya lo tienes tú, así que no ha cambiado nada. Puedes pasar esto a {who}.",
    "refused.hand.already": "Ya has pasado esto a otra persona, así que no ha cambiado nada.",
    "refused.hand.delegate": "Decides esto en lugar de otra persona, así que no puedes pasarlo. Aún puedes decidir.",
    "refused.hand.too_often": "Esto ya se ha pasado {count} veces, que es el máximo. Por favor, decídelo.",
    "refused.hand.back": "{name} ya lo ha pasado, así que no vuelve ahí. No ha cambiado nada.",
    "refused.hand.not_to": "Esto no se puede pasar a {name}, así que no ha cambiado nada. Puedes pasarlo a {who}.",
    "refused.hand.can_already": "{name} ya puede decidir esto, así que no ha cambiado nada.",
    "refused.hand.requester": "{name} lo ha pedido, así que debe decidir otra persona. Puedes pasarlo a {who}.",
    "refused.hand.may_not": (
        "{name} no puede decidir esto, lo pida quien lo pida, así que no ha cambiado nada. Puedes pasarlo a {who}."
    ),
    "refused.hand.counts_for_nothing": (
        "Aquí cuentan otros votos que el de {name}, así que no ha cambiado nada. Puedes pasarlo a {who}."
    ),
    "refused.hand.too_few": "Sin ti quedarían muy pocas personas que puedan decidir esto, así que no ha cambiado nada.",
    "refused.hand.unreachable": "No sé dónde encontrar a {name}, así que no ha cambiado nada.",
    "refused.duplicate": "Ya has respondido a esto; cuenta tu primera respuesta.",
    "refused.claimed": "{name} ya se encarga. Aun así, puedes decidir tú.",
    "refused.claimed.you": "Ya te encargas tú.",
    "refused.not_asked": (
        "La decisión corresponde a {who}, así que tu respuesta no ha cambiado nada. La solicitud sigue abierta."
    ),
    "refused.group_unread": (
        "Ahora mismo no puedo ver quién está en el grupo que da el rol {roles}, así que nadie decide por él y tu "
        "respuesta no ha cambiado nada. La solicitud sigue abierta; inténtalo de nuevo dentro de unos minutos."
    ),
    "refused.requester_excluded": (
        "Lo has pedido tú, así que tiene que decidir otra persona: {who}. La solicitud sigue abierta."
    ),
    "refused.unknown_person": (
        "No sé quién eres en este canal, y esto tiene que decidirlo alguien que yo conozca: {who}. La solicitud sigue "
        "abierta."
    ),
    "refused.assurance": (
        "Aquí no puedo estar lo bastante seguro de quién eres para esta decisión, así que tu respuesta no ha cambiado "
        "nada. En un canal donde sí pueda, le toca decidir a {who}."
    ),
    "refused.not_offered": "Esa no es una de las respuestas posibles. {how}",
    "refused.edit.gone": (
        "Esta llamada ya no se puede cambiar, así que nada ha cambiado. Por favor, apruébala o recházala."
    ),
    "refused.outdated": (
        "{name} lo ha cambiado desde la tarjeta a la que respondiste: {changes}. Por eso tu respuesta no ha contado; "
        "por favor, mira la tarjeta más reciente, que muestra la llamada tal como está."
    ),
    "refused.edit.invalid": "La herramienta no acepta eso, así que nada ha cambiado: {reason}",
    "refused.edit.forbidden": "Una regla prohíbe la llamada con ese cambio, así que nada ha cambiado: {reason}",
    "refused.edit.words": (
        "No he podido leer eso como un cambio, así que nada ha cambiado. Escribe «cambiar» y debajo una línea por cada "
        "campo que quieras cambiar, por número: {fields}. Por ejemplo, «1: …»."
    ),
    "refused.edit.nobody": (
        "Con ese cambio no habría bastantes personas que pudieran decidirlo, así que nada ha cambiado: {reason}"
    ),
    "refused.grant": (
        "Puedes aprobar esto una vez, pero no por más tiempo; eso solo puede {who}. Nada ha cambiado, y la solicitud "
        "sigue abierta."
    ),
    "refused.revoke": "Solo {who} puede revocar este permiso, así que nada ha cambiado.",
    "refused.revoke.ended": "Este permiso ya ha terminado.",
    "refused.form": "Eso aún no lo responde todo, así que nada ha cambiado. {how}",
    "refused.form.faults": "Eso aún no lo responde todo, así que nada ha cambiado:\n{faults}",
    "refused.not_a_choice": "Esa no es una de las opciones: {choices}.",
    "refused.not_seen": (
        "Esta solicitud todavía no te había llegado cuando escribiste eso, así que no se ha contado. {how}"
    ),
    "refused.not_confirmed": (
        "Es urgente, así que una palabra sola no lo aprueba; nada ha cambiado. Para aprobarlo, escribe: aprobar {code}"
    ),
    "refused.not_confirmed.in_doubt": (
        "Es urgente, así que esas palabras solas no lo repiten; nada ha cambiado. Para hacerlo, escribe: repetir {code}"
    ),
    "refused.expired": "Esta solicitud venció antes de que llegara tu respuesta, así que no ha cambiado nada.",
    "refused.gone": "Ya no conozco esta solicitud.",
    # What the conversation that asked is told
    "asked.people": "He preguntado a {who}. {deadline} Para dejarlo, escribe: cancelar",
    "asked.in_doubt": (
        "{tool} se interrumpió. He preguntado a {who} si se ejecutó. {deadline} Para dejarlo, escribe: cancelar"
    ),
    "asked.people.later": "{later} {deadline} Para dejarlo, escribe: cancelar",
    "asked.in_doubt.later": "{tool} se interrumpió. {later} {deadline} Para dejarlo, escribe: cancelar",
    "asked.quiet": "{who} está en horas de descanso; le preguntaré a las {time}.",
    "asked.away.until": "{who} no está hasta las {time}.",
    "asked.away.deputy": "{name} no está hasta las {time}; {to} decide en su lugar.",
    "asked.away.only": "No queda nadie más para «{title}», así que pregunto a {who} aunque no esté.",
    "asked.digest": "Esto puede esperar: se preguntará a {who} a las {time}.",
    "asked.channel": "el canal",
    "asked.more.later": "Nadie ha decidido aún sobre «{title}». {later}",
    "asked.more.away": "«{title}» tendría que esperar a alguien que no está, así que pregunto también a {who}.",
    "asked.more.quiet": "«{title}» se retrasa por horas de descanso, así que pregunto también a {who}.",
    "asked.more.silence": "Nadie ha decidido aún sobre «{title}», así que pregunto también a {who}.",
    "asked.more.undeliverable": "No he podido avisar a nadie sobre «{title}», así que pregunto a {who}.",
    "asked.more.next": "No he podido avisar a {name} sobre «{title}», así que pregunto a {who}.",
    "asked.more.wish": "Me han pedido que me dé prisa con «{title}», así que pregunto también a {who}.",
    "asked.more.no_route": "Sobre «{title}» pregunto a {who}.",
    "reminder": "«{title}» sigue esperando una respuesta, hasta las {time}.",
    "reminder.code": "Responde en su tarjeta o empieza tu respuesta con {code}.",
    "asked.handed": "{name} ha pasado «{title}» a {to}, a quien pregunto ahora.",
    "asked.delegated": "{name} deja que {to} decida «{title}» en su lugar.",
    "asked.late": "{name} ha respondido a «{title}» cuando ya había terminado: {said}",
    "asked.comment": "«{title}»: aprobado por {name}. Comentario: {comment}",
    "asked.away": "Ha llegado una respuesta automática de {name}: no está. «{title}» sigue abierta.",
    "asked.deadline": "Hay tiempo hasta las {time}.",
    "typing": "está en ello…",
    "waiting": "Todavía espero a {who}; después leeré tu mensaje. Para dejarlo, escribe: cancelar",
    "waiting.tool": "Sigo trabajando; después leeré tu mensaje. Para dejarlo, escribe: cancelar",
    "waiting.parked": (
        "Esto está en espera hasta que la persona responsable decida cómo sigue; entonces leeré tu mensaje."
    ),
    "codes": "¿A cuál te refieres? Empieza tu respuesta con su código:\n{list}",
    "codes.line": "{code}  {title}",
    "question_back.passed": "Se lo he pasado a {name}; sigue abierto.",
    "question_back.to_agent": "Transmitido; sigue abierto.",
    "question_back.unanswered": "No hay nadie que pueda responder a eso; la solicitud sigue abierta.",
    "question_back.answer": "{name}: {text}",
    "question_back.withdrawn": "decidido mientras tanto",
    "run.ended": "la ejecución ha terminado",
    "in_doubt.arrived": "al final llegó su resultado",
    "cancelled": "Cancelado. Aquí no pasará nada más.",
    "cancelled.begun": "Cancelado. {tool} ya había empezado y aún puede tener efecto; aquí no pasará nada más.",
    "command.taken": "Entendido. Te responderé en nuestros mensajes directos.",
    "command.help": (
        "Con {command} puedes hablarme desde cualquier sitio: escribe detrás lo que necesitas, como en un mensaje "
        "directo. Te responderé allí, y nadie más lo ve."
    ),
    "files.not_here": "(Este canal no admite archivos, así que no he podido enviarte {names}.)",
    "start.refused": (
        "Solo trabajo para personas que conozco, y a ti todavía no te conozco. Alguien que me administre puede "
        "añadirte."
    ),
    "start.too_often": "Me has iniciado muchas veces en la última hora. Por favor, inténtalo más tarde.",
    "speak.refused": "Aquí solo pueden hablar con este agente quienes pueden iniciarlo.",
    # A card that shows that cards arrive
    "doctor.card": "Esto es una prueba; no hace falta que hagas nada",
    "doctor.card.body": "Muestra que puedo escribirte aquí, y desaparece sola.",
    # An account that is linked by a one-time code
    "link.done": "Hecho: esta cuenta es ahora de {name}.",
    "link.already": "Esta cuenta ya es de {name}.",
    "link.taken": (
        "Esta cuenta es de {name}; alguien de administración tiene que desvincularla antes de que pueda ser de otra "
        "persona."
    ),
    "link.unknown": "No conozco ese código. Vale una vez, durante 15 minutos; por favor, pide uno nuevo.",
    "link.too_often": "Demasiados intentos. Por favor, inténtalo dentro de una hora, con un código nuevo.",
    "link.person": (
        "Se ha vinculado contigo una cuenta nueva: {identity}. Puede decidir en tu nombre. Si no has sido tú, avisa "
        "enseguida a administración."
    ),
    "link.owner": "{name} ha vinculado una cuenta con un código de un solo uso: {identity}",
    # Trouble, told to the requester and to the owner
    "halted": "Esto está en espera: {reason} La persona responsable está avisada.",
    "halted.owner": "{agent} está en espera para {name}: {reason} Para seguir: ringback threads resume {thread}",
    "failed": "Lo siento, he tenido un error y me he detenido. La persona responsable está avisada.",
    "stopped": "La persona responsable ha parado esto.",
    "failed.owner": "{agent} ha fallado para {name} ({thread}): {reason}",
    "dead.owner": "No se ha podido entregar un mensaje ({delivery}): {reason}",
    "waits.owner": (
        "Todavía no se ha podido entregar un mensaje ({delivery}): {reason}. Se sigue intentando durante un día."
    ),
    "waits.webhook.owner": (
        "No se acepta un webhook ({delivery}): {reason}. Mientras no se abandone, se sigue intentando durante tres "
        "días; después: ringback deliveries list --status dead, ringback deliveries retry"
    ),
    "held.owner": (
        "{account} no puede enviar nada: {problem}. Lo que hay que decir allí espera en su orden y se intenta de nuevo "
        "cada minuto; no se pierde nada, y todo lo demás sigue."
    ),
    "groups.owner": (
        "No se puede leer quién está en el grupo {group} de {account}; hasta que se pueda, nadie tiene por él el rol "
        "{role}: {problem}"
    ),
    "stopped.owner": ("{account} ya no escucha: {problem}. Se comprueba de nuevo cada minuto; todo lo demás sigue."),
    "stuck.owner": (
        "Algo va mal en la propia pasarela: no puede seguir en {conversation}. Lo que se dice allí se conserva y se "
        "leerá; su registro dice qué ha fallado."
    ),
    "restored.owner": (
        "Esta pasarela se restauró desde una copia de seguridad, {time}. Lo que ha pasado desde esa copia no se conoce "
        "aquí: puede que ya se respondiera a lo que vuelve a estar abierto, y los mensajes de ese tiempo se han "
        "perdido. Los permisos han terminado. Primero se buscan los mensajes que quizá salieron, y antes de que una "
        "ejecución de ese tiempo haga algo que no debe hacerse dos veces, se pregunta a alguien. Por favor, revisa: "
        "ringback requests list, ringback deliveries list"
    ),
    "parked.expired": "nadie respondió a tiempo a «{title}».",
    "parked.undeliverable": "«{title}» no se pudo entregar a nadie.",
    "parked.undeliverable.because": "«{title}» no se pudo entregar a nadie ({detail}).",
    "parked.no_route": "no hay a quién preguntar sobre «{title}».",
    "parked.diverged": "su código cambió sobre la marcha ({detail}).",
    "parked.model": "su modelo no responde ({detail}).",
    "outcome.approved": "aprobado",
    "outcome.approved_with_edits": "aprobado con cambios",
    "outcome.denied": "rechazado",
    "outcome.answered": "respondido",
    "outcome.expired": "vencido",
    "outcome.undeliverable": "abandonado (no se pudo entregar)",
    "outcome.no_route": "abandonado (no había a quién preguntar)",
    "outcome.cancelled": "cancelado",
    "outcome.superseded": "retirado",
    "outcome.in_doubt": "decidido",
    "channel.slack": "Slack",
    "channel.discord": "Discord",
    "channel.sms": "SMS",
    "channel.email": "el correo",
    "channel.api": "la API",
    "titled": "«{title}»",
    "earlier": "una solicitud anterior",
    "newer": "una solicitud más reciente",
    # How times are written, and numbers that are not whole
    "time.hour": "{hour}:{minute}",
    "time.hour.utc": "{hour}:{minute} UTC",
    "time.day": "{hour} del {weekday} {day} de {month}",
    "time.weekdays": "lunes martes miércoles jueves viernes sábado domingo",
    "time.months": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "time.s": "{count} segundos",
    "time.m": "{count} minutos",
    "time.h": "{count} horas",
    "time.d": "{count} días",
    "time.s.one": "1 segundo",
    "time.m.one": "1 minuto",
    "time.h.one": "1 hora",
    "time.d.one": "1 día",
    "number.point": ",",
    "and": "{first} y {last}",
    "others": "{count} más",
    "or": "{first} o {last}",
    "nobody": "nadie",
    "somebody": "alguien",
    # Mail
    "card.how.letter.link": "O responde en esta página; abrirla no decide nada:",
    "page.title": "Una respuesta",
    "page.gone": "Aquí no hay nada que responder. Si el enlace está cortado, ábrelo de nuevo desde el correo.",
    "page.busy": "No se ha podido recibir ahora. Vuelve atrás e inténtalo de nuevo en un momento.",
    "page.confirm": "Todavía no ha pasado nada. Tu respuesta cuenta en cuanto pulses un botón.",
    "page.taken": "Gracias. Tu respuesta ha llegado; un correo te dirá cómo acabó.",
    "page.once": "Ya has respondido aquí. Un correo te dice cómo acabó.",
    "letter.above": "Escribe tu respuesta encima de esta línea.",
    "letter.empty": "Tu correo no tenía nada más que la cita, así que no he hecho nada. Escribe encima, por favor.",
    "letter.not_yours": (
        "Esto se lo pregunté a otra persona, así que tu respuesta no cuenta y nada ha cambiado. Quien fue "
        "preguntado tiene que responder al correo que recibió."
    ),
    "letter.too_large": (
        "Tu correo es más grande de lo que puedo leer, así que no he hecho nada. Envía uno más pequeño, por favor."
    ),
    "letter.differs": (
        "Tu correo responde a una petición y nombra otra con su código, así que no he hecho nada. Responde a la "
        "que quieras, sin código."
    ),
    "letter.unproven.owner": (
        "Un correo que dice ser de {sender} («{topic}») llegó sin prueba de ello; no se ha hecho nada y nadie ha "
        "recibido respuesta. La prueba es dmarc=pass en los Authentication-Results de vuestro propio servidor de "
        "recepción."
    ),
}
