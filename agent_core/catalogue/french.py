"""French, with "vous". Its spaces before punctuation are plain here, and do not break where they are said."""

from __future__ import annotations

from collections.abc import Mapping

SPACES = {" :": "\u00a0:", "« ": "«\u00a0", " »": "\u00a0»", " ?": "\u202f?", " !": "\u202f!", " ;": "\u202f;"}


def _spaced(sentence: str) -> str:
    for plain, kept in SPACES.items():
        sentence = sentence.replace(plain, kept)
    return sentence


_SENTENCES: Mapping[str, str] = {
    # What somebody has said
    "said.approve": "approuver",
    "said.edit": "approuver, avec des modifications",
    "said.deny": "refuser",
    "said.in_doubt.approve": "relancer",
    "said.in_doubt.did_run": "c’est déjà exécuté",
    "said.in_doubt.deny": "arrêter",
    # A card
    "card.approval": "Approuver {tool} ?",
    "card.in_doubt": "{tool} a-t-il été exécuté ?",
    "card.in_doubt.body": (
        "La passerelle s’est arrêtée pendant l’exécution : personne ne sait si l’action a eu un effet. Merci de "
        "vérifier, puis de dire ce qu’il faut faire."
    ),
    "card.in_doubt.timed_out": (
        "L’action a duré plus de {limit} secondes et a été abandonnée : personne ne sait si elle a eu un effet. Merci "
        "de vérifier, puis de dire ce qu’il faut faire."
    ),
    "card.in_doubt.restored": (
        "La passerelle a été rétablie à partir d’une sauvegarde, {time}. L’action a peut-être déjà eu lieu dans "
        "l’intervalle que la sauvegarde ne couvre pas : personne ici ne sait si elle a eu un effet. Merci de vérifier, "
        "puis de dire ce qu’il faut faire."
    ),
    "card.calls": "Action appelée",
    "card.asker": "Demandé par {name}",
    "card.asker.nobody": "Demande de l’agent {agent}",
    "card.by": "Échéance :",
    "card.silence": "Sans réponse, il ne se passe rien et {name} en est informé.",
    "card.silence.go_on": "Sans réponse, l’action n’a pas lieu et l’agent continue sans elle.",
    "card.silence.you": "Sans réponse de votre part, il ne se passe rien et l’exécution est mise en attente.",
    "card.how.approval": (
        "Appuyez sur un bouton, ou répondez ici : approuver ou refuser. Tout autre texte est transmis comme une "
        "question."
    ),
    "card.how.editable": (
        "Appuyez sur un bouton, ou répondez ici : approuver, refuser, ou « modifier » et, en dessous, une ligne par "
        "changement, comme « 1: … » ({fields}). Tout autre texte est transmis comme une question."
    ),
    "card.how.approval.high": (
        "C’est urgent : une confirmation vous sera demandée avant l’approbation. Appuyez sur un bouton, ou répondez "
        "ici : refuser. Tout autre texte est transmis comme une question."
    ),
    "card.how.grants": "Approuver pour plus longtemps vaut aussi pour {what}, jusqu’à {uses} fois.",
    "card.how.in_doubt": "Appuyez sur un bouton, ou répondez ici : relancer, déjà exécuté ou arrêter.",
    "card.how.question": "Écrivez votre réponse ici.",
    "card.how.form": (
        "Appuyez sur {button}, ou répondez ici avec une ligne par champ, par numéro : {fields}. Par exemple « 1: … »."
    ),
    "card.how.choices": "Appuyez sur une réponse, ou écrivez ici son nom ou son numéro.",
    "card.how.hand": "Pour la transmettre, écrivez : transmettre à, ou déléguer à, et un nom.",
    "card.how.code": "Ailleurs dans cette conversation, commencez votre réponse par {code}.",
    "card.how.code.mention": "Ailleurs dans ce canal, mentionnez-moi et commencez par {code}.",
    "card.how.code.high": "Pour approuver par écrit, écrivez : approuver {code}",
    "card.how.code.in_doubt.high": "C’est urgent ; pour relancer par écrit, écrivez : relancer {code}",
    "card.how.letter.approval": (
        "Répondez par un mot sur la première ligne : approuver ou refuser. Ce que vous écrivez en dessous "
        "sera lu par l’agent et l’auteur de la demande ; tout autre texte sur la première ligne est transmis comme une "
        "question."
    ),
    "card.how.letter.approval.high": (
        "C’est urgent : pour approuver, il faut le code. Pour refuser, répondez sur la première ligne : refuser. "
        "Tout autre texte est transmis comme une question."
    ),
    "card.how.letter.in_doubt": "Répondez sur la première ligne : relancer, déjà exécuté ou arrêter.",
    "card.how.letter.question": "Répondez simplement à ce message.",
    "card.how.letter.choices": "Répondez sur la première ligne par un nom ou un numéro de la liste.",
    "card.how.letter.form": "Répondez avec une ligne par champ, par numéro : {fields}. Par exemple « 1: … ».",
    "card.how.letter.code": "Dans un message à part, commencez par {code}.",
    "card.question_back": "{name} a une question sur : {title}",
    "card.after.superseded": "Ceci remplace {title} : il n’y a plus rien à y décider.",
    "card.after.expired": "Nouvelle demande : la première a expiré à {time}, sans réponse.",
    "card.after.undeliverable": "Nouvelle demande : la première n’a pu être remise à personne, {time}.",
    "card.after.no_route": "Nouvelle demande : la première fois, il n’y avait personne à qui demander, {time}.",
    "card.again": "De nouveau : la première copie ne vous est peut-être pas parvenue. C’est la même demande.",
    "batch.title": "{title} ({count} demandes)",
    "batch.approve": "Approuver les {count}",
    "batch.deny": "Refuser les {count}",
    "batch.menu": "Décider celle-ci",
    "batch.show": "L’afficher seule",
    "batch.how": (
        "Appuyez sur un bouton pour toutes celles qui sont ouvertes, ou choisissez pour chacune. Par écrit, commencez "
        "par le code de l’une d’elles, comme « {code} approuver » ; tout autre texte après un code est transmis comme "
        "une question."
    ),
    "digest.title": "{count} demandes qui pouvaient attendre",
    "digest.how": (
        "Choisissez pour chacune. Par écrit, commencez par son code, comme « {code} approuver » ; on répond à une "
        "question après son code."
    ),
    "batch.partly": "{done} sur {count} comptent. Pour celles-ci, votre réponse n’a rien changé :\n{lines}",
    "batch.nothing": "Pour celles-ci, votre réponse n’a rien changé :\n{lines}",
    "confirm.title": "Approuver exactement ceci ?",
    "confirm.no": "Retour",
    "button.approve": "Approuver",
    "button.deny": "Refuser",
    "button.deny_form": "Refuser avec un motif",
    "button.approve_form": "Approuver et commenter",
    "button.claim": "Je m’en occupe",
    "button.fill_in": "Remplir",
    "button.edit": "Modifier et approuver",
    "button.grant": "Approuver pour {time}",
    "button.grant.thread": "Approuver dans cette conversation",
    "button.grant.until_revoked": "Approuver jusqu’à révocation",
    "button.revoke": "Révoquer l’accord durable",
    "button.hand": "Transmettre",
    "button.run_again": "Relancer",
    "button.did_run": "Déjà exécuté",
    "button.stop": "Arrêter",
    "form.deny.title": "Refuser la demande",
    "form.deny.label": "Motif",
    "form.comment.hint": "L’agent et l’auteur de la demande le liront.",
    "form.deny.submit": "Refuser",
    "form.edit.title": "Modifier et approuver",
    "form.approve.title": "Approuver et commenter",
    "form.approve.submit": "Approuver",
    "form.comment.label": "Commentaire",
    "form.edit.submit": "Approuver",
    "form.hand.title": "Transmettre",
    "form.hand.to": "À qui",
    "form.hand.how": "Comment",
    "form.hand.reassign": "Être interrogé à ma place",
    "form.hand.delegate": "Décider pour moi ; moi aussi",
    "form.hand.submit": "Transmettre",
    "form.hand.nobody": "Il n’y a personne à qui vous puissiez transmettre cela.",
    "form.answer.title": "Votre réponse",
    "form.answer.submit": "Envoyer",
    "form.outdated": (
        "Cet appel a été modifié entre-temps. Merci de regarder la carte la plus récente, qui le montre tel qu’il est."
    ),
    "form.yes": "Oui",
    "form.no": "Non",
    "form.line": "{number} {label}",
    "form.line.optional": "{number} {label} (facultatif)",
    "form.fault.missing": "Ce champ est nécessaire.",
    "form.fault.unreadable": "Cette valeur est illisible ; merci de la saisir à nouveau.",
    "form.fault.integer": "Merci d’indiquer un nombre entier, par exemple 12.",
    "form.fault.number": "Merci d’indiquer un nombre, avec un point et non une virgule, par exemple 12 ou 0.5.",
    "form.fault.boolean": "Merci de répondre par oui ou par non.",
    "form.fault.date": "Merci d’indiquer un jour sous la forme année-mois-jour, par exemple 2026-07-31.",
    "form.fault.choice": "Merci de choisir parmi : {limit}.",
    "form.fault.least": "La valeur doit être de {limit} au moins.",
    "form.fault.most": "La valeur doit être de {limit} au plus.",
    "form.fault.above": "La valeur doit être supérieure à {limit}.",
    "form.fault.below": "La valeur doit être inférieure à {limit}.",
    "form.fault.short": "Nombre minimal de caractères : {limit}.",
    "form.fault.long": "Nombre maximal de caractères : {limit}.",
    "form.fault.line": "La réponse doit tenir sur une seule ligne.",
    "form.fault.pattern": "La réponse n’a pas la forme attendue. {limit}",
    "form.fault.few": "Nombre minimal de choix : {limit}.",
    "form.fault.many": "Nombre maximal de choix : {limit}.",
    "form.close": "Retour",
    "form.failed": "Le formulaire n’a pas pu s’ouvrir, donc rien n’a changé. Merci d’appuyer de nouveau.",
    # Where it takes several people
    "claimed": "{name} s’en occupe.",
    "handed.operator": "Transmise de {name} à {to} par l’administration, {time}.",
    "delegated.operator": "L’administration laisse {to} décider à la place de {name}, depuis {time}.",
    "handed": "Transmise à {to} par {name}, {time}.",
    "delegated.away": "{to} peut décider à la place de {name} pendant son absence, jusqu’à {time}.",
    "delegated": "{to} peut décider à la place de {name}, depuis {time}.",
    "votes.needed": "Il faut {needs}.",
    "votes.approve": "Approuvé pour l’instant par {names}.",
    "votes.deny": "Refusé pour l’instant par {names}.",
    "votes.fell": "Les votes sur l’appel tel qu’il était avant ne comptent plus : {names}.",
    "votes.fell.you": (
        "{name} a modifié « {title} » : {changes}. Votre vote portait sur l’appel tel qu’il était avant, il ne compte "
        "donc plus. Merci de regarder la nouvelle carte et de décider de nouveau."
    ),
    "changed": "Modifié par {name} : {changes}",
    "changed.outdated": "Modifié par {name} : {changes}. Une nouvelle carte, plus bas, montre l’appel tel qu’il est.",
    "votes.missing": "Il manque encore : {needs}.",
    "votes.need": "{count} approbations ({who})",
    "votes.need.one": "une approbation ({who})",
    # An approval that counts for longer
    "grant.covers.same": "le même appel de {tool}",
    "grant.covers.alike": "les appels de {tool} avec la même valeur de {arguments}",
    "grant.until": "jusqu’à {time}",
    "grant.until.thread": "dans la conversation où c’était demandé",
    "grant.until.revoked": "jusqu’à révocation",
    "grant.stands": (
        "Accord durable de {name} pour {what} : sans nouvelle question, {until}. Utilisé {used} fois sur {uses}. Pour "
        "y mettre fin, appuyez sur le bouton, ou répondez ici : révoquer"
    ),
    "grant.spent": "Accord durable de {name} : épuisé, {uses} fois sur {uses}, {time}",
    "grant.over": "Accord durable de {name} : terminé, {time}. Utilisé {used} fois sur {uses}.",
    "grant.revoked": "Accord durable de {name} : révoqué par {by}, {time}. Utilisé {used} fois sur {uses}.",
    "grant.used": "{tool} : approuvé par l’accord durable de {name}, {time}, {used} sur {uses}.",
    "revoked": "L’accord durable pour {tool} est révoqué. Désormais, chaque appel est de nouveau soumis.",
    # How a card ends
    "settled.approved": "Approuvé par {name}, {time}",
    "settled.approved.because": "Approuvé par {name}, {time} : {comment}",
    "settled.approved_with_edits": "Approuvé avec des modifications par {name}, {time} : {changes}",
    "settled.approved_with_edits.because": (
        "Approuvé avec des modifications par {name}, {time} : {changes}. Commentaire : {comment}"
    ),
    "settled.denied": "Refusé par {name}, {time}",
    "settled.denied.because": "Refusé par {name}, {time} : {comment}",
    "settled.denied.chosen": "{choice} : {comment}",
    "settled.answered": "Répondu par {name}, {time} : {answer}",
    "settled.in_doubt.approved": "{name} dit de relancer, {time}",
    "settled.in_doubt.answered": "{name} dit que c’est déjà exécuté, {time}",
    "settled.in_doubt.denied": "Arrêté par {name}, {time}",
    "settled.expired": "Expiré, {time} : personne n’a répondu",
    "settled.undeliverable": "N’a pas pu être remis, {time}",
    "settled.no_route": "Il n’y avait personne à qui demander, {time}",
    "settled.cancelled": "Annulé par {name}, {time}",
    "settled.cancelled.because": "Annulé par {name}, {time} : {comment}",
    "settled.superseded": "N’est plus nécessaire, {time} : {comment}",
    "settled.replaced": "Remplacé par {comment}, {time}",
    "result.ok": "{tool} : terminé, {time}",
    "result.failed": "{tool} : échec, {time} : {message}",
    "result.in_doubt.approved": "{tool} a été interrompu. {name} dit de relancer, {time}",
    "result.in_doubt.answered": "{tool} a été interrompu. {name} dit que c’est déjà exécuté, {time}",
    "result.in_doubt.denied": "{tool} a été interrompu. Arrêté par {name}, {time}",
    "result.in_doubt": "{tool} a été interrompu, {time} : je demande s’il a été exécuté",
    "result.forbidden": "{tool} n’a pas été lancé, {time} : {reason}",
    # What an answer that changes nothing is told
    "refused.late": "Déjà {outcome} par {name} sur {channel} à {time}. Votre réponse n’a rien changé.",
    "refused.late.by": "Déjà {outcome} par {name} à {time}. Votre réponse n’a rien changé.",
    "refused.late.nobody": "Déjà {outcome} à {time}. Votre réponse n’a rien changé.",
    "refused.late.informs": "Je l’ai transmise à titre d’information.",
    "refused.late.replaced": (
        "Remplacé par {title} à {time} : votre réponse n’a rien changé. Merci de répondre à la nouvelle demande."
    ),
    "refused.handed_on": "Vous avez transmis cette demande, c’est donc à {who} de décider. Elle est toujours ouverte.",
    "refused.hand.unknown": (
        "Je ne connais personne de ce nom, rien n’a donc changé. Vous pouvez transmettre cela à {who}."
    ),
    "refused.hand.not_offered": "Cela ne se transmet pas. La demande est toujours ouverte.",
    "refused.hand.self": "Vous l’avez déjà, rien n’a donc changé. Vous pouvez transmettre cela à {who}.",
    "refused.hand.already": "Vous avez déjà transmis cette demande, rien n’a donc changé.",
    "refused.hand.delegate": (
        "Vous décidez à la place de quelqu’un d’autre, vous ne pouvez donc pas la transmettre. Vous pouvez "
        "toujours décider."
    ),
    "refused.hand.too_often": "Cette demande a été transmise {count} fois, c’est le maximum. Merci de décider.",
    "refused.hand.back": "{name} a déjà transmis cette demande, elle ne peut donc pas y revenir. Rien n’a changé.",
    "refused.hand.not_to": (
        "Cela ne peut pas être transmis à {name}, rien n’a donc changé. Vous pouvez le transmettre à {who}."
    ),
    "refused.hand.can_already": "{name} peut déjà décider, rien n’a donc changé.",
    "refused.hand.requester": (
        "{name} l’a demandé, quelqu’un d’autre doit donc décider. Vous pouvez le transmettre à {who}."
    ),
    "refused.hand.may_not": (
        "{name} ne peut pas décider de cela, qui que ce soit qui le demande, rien n’a donc changé. Vous pouvez le "
        "transmettre à {who}."
    ),
    "refused.hand.counts_for_nothing": (
        "Il faut ici d’autres votes que celui de {name}, rien n’a donc changé. Vous pouvez le transmettre à {who}."
    ),
    "refused.hand.too_few": "Sans vous, trop peu de personnes pourraient décider, rien n’a donc changé.",
    "refused.hand.unreachable": "Je ne sais pas où joindre {name}, rien n’a donc changé.",
    "refused.duplicate": "Vous avez déjà répondu ; votre première réponse compte.",
    "refused.claimed": "{name} s’en occupe déjà. Vous pouvez tout de même décider.",
    "refused.claimed.you": "Vous vous en occupez déjà.",
    "refused.not_asked": (
        "La décision revient à {who} : votre réponse n’a rien changé. La demande est toujours ouverte."
    ),
    "refused.group_unread": (
        "Je ne peux pas voir en ce moment qui fait partie du groupe qui donne le rôle {roles} : personne ne décide "
        "donc par lui, et votre réponse n’a rien changé. La demande est toujours ouverte ; réessayez dans quelques "
        "minutes."
    ),
    "refused.requester_excluded": (
        "C’est votre propre demande : quelqu’un d’autre doit décider ({who}). La demande est toujours ouverte."
    ),
    "refused.unknown_person": (
        "Je ne sais pas qui vous êtes sur ce canal, et la décision revient à des personnes que je connais : {who}. La "
        "demande est toujours ouverte."
    ),
    "refused.assurance": (
        "Ici, je ne peux pas être assez sûr de votre identité pour cette décision ; votre réponse n’a donc rien "
        "changé. Sur un canal où je peux l’être, c’est à {who} de décider."
    ),
    "refused.not_offered": "Ce n’est pas une des réponses possibles. {how}",
    "refused.edit.gone": (
        "Cet appel ne peut plus être modifié, donc rien n’a changé. Merci de l’approuver ou de le refuser."
    ),
    "refused.outdated": (
        "{name} a modifié la demande depuis la carte à laquelle vous avez répondu : {changes}. Votre réponse n’a donc "
        "pas été comptée ; merci de regarder la carte la plus récente, qui montre l’appel tel qu’il est."
    ),
    "refused.edit.invalid": "L’outil n’accepte pas cela, donc rien n’a changé : {reason}",
    "refused.edit.forbidden": "Une règle interdit l’appel ainsi modifié, donc rien n’a changé : {reason}",
    "refused.edit.words": (
        "Je n’ai pas pu lire cela comme une modification, donc rien n’a changé. Écrivez « modifier » et, en dessous, "
        "une ligne pour chaque champ à modifier, par numéro : {fields}. Par exemple « 1: … »."
    ),
    "refused.edit.nobody": (
        "Ainsi modifié, l’appel n’aurait pas assez de personnes pour en décider, donc rien n’a changé : {reason}"
    ),
    "refused.grant": (
        "Vous pouvez approuver ceci une fois, mais pas pour plus longtemps ; seul {who} le peut. Rien n’a changé, et "
        "la demande est ouverte."
    ),
    "refused.revoke": "Seul {who} peut révoquer cet accord durable, donc rien n’a changé.",
    "refused.revoke.ended": "Cet accord durable est déjà terminé.",
    "refused.form": "Il manque encore des réponses, donc rien n’a changé. {how}",
    "refused.form.faults": "Il manque encore des réponses, donc rien n’a changé :\n{faults}",
    "refused.not_a_choice": "Ce n’est pas un des choix : {choices}.",
    "refused.not_seen": (
        "Cette demande ne vous était pas encore parvenue quand vous avez écrit cela, donc rien n’a été compté. {how}"
    ),
    "refused.not_confirmed": (
        "C’est urgent : un mot seul ne suffit pas à approuver, donc rien n’a changé. Pour approuver, écrivez : "
        "approuver {code}"
    ),
    "refused.not_confirmed.in_doubt": (
        "C’est urgent : ces mots seuls ne suffisent pas à relancer, donc rien n’a changé. Pour le faire, écrivez : "
        "relancer {code}"
    ),
    "refused.expired": "Cette demande avait expiré avant votre réponse, qui n’a donc rien changé.",
    "refused.gone": "Je ne connais plus cette demande.",
    # What the conversation that asked is told
    "asked.people": "J’ai demandé à {who}. {deadline} Pour abandonner, écrivez : annuler",
    "asked.in_doubt": (
        "{tool} a été interrompu. J’ai demandé à {who} s’il a été exécuté. {deadline} Pour abandonner, écrivez : "
        "annuler"
    ),
    "asked.people.later": "{later} {deadline} Pour abandonner, écrivez : annuler",
    "asked.in_doubt.later": "{tool} a été interrompu. {later} {deadline} Pour abandonner, écrivez : annuler",
    "asked.quiet": "Heures calmes pour {who}, à qui je demanderai à {time}.",
    "asked.away.until": "Absence de {who} jusqu’à {time}.",
    "asked.away.deputy": "Absence de {name} jusqu’à {time} ; {to} décide à sa place.",
    "asked.away.only": "Il n’y a plus personne d’autre pour « {title} » : je demande à {who} malgré son absence.",
    "asked.digest": "Cela peut attendre : la demande ira à {who} à {time}.",
    "asked.channel": "ce canal",
    "asked.more.later": "Personne n’a encore décidé pour « {title} ». {later}",
    "asked.more.away": "« {title} » attendrait le retour d’une absence : je demande aussi à {who}.",
    "asked.more.quiet": "Des heures calmes retardent « {title} » : je demande aussi à {who}.",
    "asked.more.silence": "Personne n’a encore décidé pour « {title} » : je demande aussi à {who}.",
    "asked.more.undeliverable": "Je n’ai pu joindre personne pour « {title} » : je demande à {who}.",
    "asked.more.next": "Je n’ai pas pu joindre {name} pour « {title} » : je demande à {who}.",
    "asked.more.wish": "On m’a demandé de me presser pour « {title} » : je demande aussi à {who}.",
    "asked.more.no_route": "Pour « {title} », je demande à {who}.",
    "reminder": "« {title} » attend toujours une réponse, avant {time}.",
    "reminder.code": "Répondez sur la carte, ou commencez votre réponse par {code}.",
    "asked.handed": "{name} a transmis « {title} » à {to}, que j’interroge maintenant.",
    "asked.delegated": "{name} laisse {to} décider de « {title} » à sa place.",
    "asked.late": "{name} a répondu à « {title} » alors que c’était déjà terminé : {said}",
    "asked.comment": "« {title} » : approuvé par {name}. Commentaire : {comment}",
    "asked.away": "Une réponse automatique est arrivée de {name} : absence. « {title} » attend toujours.",
    "asked.deadline": "La réponse est attendue avant {time}.",
    "typing": "y travaille…",
    "waiting": (
        "J’attends encore une réponse ({who}) ; je lirai votre message ensuite. Pour abandonner, écrivez : annuler"
    ),
    "waiting.tool": "Je suis encore au travail ; je lirai votre message ensuite. Pour abandonner, écrivez : annuler",
    "waiting.parked": (
        "L’exécution est en attente jusqu’à ce que son responsable décide de la suite ; je lirai alors votre message."
    ),
    "codes": "De quelle demande parlez-vous ? Commencez votre réponse par son code :\n{list}",
    "codes.line": "{code}  {title}",
    "question_back.passed": "Transmis à {name} ; toujours ouvert.",
    "question_back.to_agent": "Transmis ; toujours ouvert.",
    "question_back.unanswered": "Personne ne peut y répondre pour l’instant ; la demande est toujours ouverte.",
    "question_back.answer": "{name} : {text}",
    "question_back.withdrawn": "décidé entre-temps",
    "run.ended": "l’exécution est terminée",
    "in_doubt.arrived": "son résultat est finalement arrivé",
    "cancelled": "Abandonné. Il ne se passera plus rien ici.",
    "cancelled.begun": (
        "Abandonné. {tool} avait déjà commencé et peut encore avoir un effet ; il ne se passera rien d’autre ici."
    ),
    "command.taken": "C’est noté. Je vous répondrai dans nos messages directs.",
    "command.help": (
        "Avec {command}, vous pouvez me parler de partout : écrivez à la suite ce qu’il vous faut, comme dans un "
        "message direct. Je vous y répondrai, et personne d’autre ne le voit."
    ),
    "files.not_here": "(Ce canal n’accepte pas de fichiers, je n’ai donc pas pu vous envoyer {names}.)",
    "start.refused": (
        "Je ne travaille que pour les personnes que je connais, et je ne vous connais pas encore. Un administrateur "
        "peut vous ajouter."
    ),
    "start.too_often": "Vous m’avez lancé très souvent depuis une heure. Merci de réessayer un peu plus tard.",
    "speak.refused": "Seules les personnes qui peuvent lancer cet agent peuvent lui parler ici.",
    # A card that shows that cards arrive
    "doctor.card": "Ceci est un test ; merci de ne pas en tenir compte",
    "doctor.card.body": "Il montre que je peux vous joindre ici, et disparaît de lui-même.",
    # An account that is linked by a one-time code
    "link.done": "C’est fait : ce compte appartient désormais à {name}.",
    "link.already": "Ce compte appartient déjà à {name}.",
    "link.taken": (
        "Ce compte appartient à {name} ; un administrateur doit le détacher avant qu’il puisse être à quelqu’un "
        "d’autre."
    ),
    "link.unknown": "Je ne connais pas ce code. Il vaut une fois, pendant 15 minutes ; merci d’en demander un nouveau.",
    "link.too_often": "Trop d’essais. Merci de réessayer dans une heure, avec un nouveau code.",
    "link.person": (
        "Un nouveau compte est lié au vôtre : {identity}. Il peut décider en votre nom. Si ce n’était pas vous, "
        "prévenez tout de suite un administrateur."
    ),
    "link.owner": "{name} a lié un compte avec un code à usage unique : {identity}",
    # Trouble, told to the requester and to the owner
    "halted": "L’exécution est en attente : {reason} Son responsable est prévenu.",
    "halted.owner": ("{agent} est en attente pour {name} : {reason} Pour continuer : ringback threads resume {thread}"),
    "failed": "Désolé, j’ai rencontré une erreur et je me suis arrêté. Mon responsable est prévenu.",
    "stopped": "Mon responsable a arrêté cette exécution.",
    "failed.owner": "{agent} a échoué pour {name} ({thread}) : {reason}",
    "dead.owner": "Un message n’a pas pu être remis ({delivery}) : {reason}",
    "waits.owner": (
        "Un message n’a pas encore pu être remis ({delivery}) : {reason}. De nouveaux essais ont lieu pendant un jour."
    ),
    "waits.webhook.owner": (
        "Un webhook n’est pas accepté ({delivery}) : {reason}. Tant qu’il n’est pas abandonné, de nouveaux essais ont "
        "lieu pendant trois jours ; ensuite : ringback deliveries list --status dead, ringback deliveries retry"
    ),
    "held.owner": (
        "{account} ne peut rien envoyer : {problem}. Ce qui doit y être dit attend dans l’ordre, avec un nouvel essai "
        "chaque minute ; rien n’est perdu, et tout le reste continue."
    ),
    "groups.owner": (
        "Impossible de lire qui fait partie du groupe {group} de {account} : d’ici là, personne n’a par lui le rôle "
        "{role} : {problem}"
    ),
    "stopped.owner": (
        "{account} n’écoute plus : {problem}. Une nouvelle vérification a lieu chaque minute ; tout le reste continue."
    ),
    "stuck.owner": (
        "La passerelle elle-même a un problème : elle ne peut pas continuer dans {conversation}. Ce qui y est dit est "
        "conservé et sera lu ; son journal dit ce qui a échoué."
    ),
    "restored.owner": (
        "Cette passerelle a été rétablie à partir d’une sauvegarde, {time}. Ce qui s’est passé depuis cette sauvegarde "
        "n’est pas connu ici : ce qui est de nouveau ouvert a peut-être déjà reçu une réponse, et les messages de "
        "cette période sont perdus. Les accords durables sont terminés. Les messages qui sont peut-être partis sont "
        "d’abord recherchés, et avant qu’une exécution de cette période ne fasse ce qui ne doit pas être fait deux "
        "fois, quelqu’un est consulté. Merci de parcourir : ringback requests list, ringback deliveries list"
    ),
    "parked.expired": "personne n’a répondu à temps à « {title} ».",
    "parked.undeliverable": "« {title} » n’a pu être remis à personne.",
    "parked.undeliverable.because": "« {title} » n’a pu être remis à personne ({detail}).",
    "parked.no_route": "il n’y a personne à qui demander pour « {title} ».",
    "parked.diverged": "son code a changé en cours de route ({detail}).",
    "parked.model": "son modèle ne répond pas ({detail}).",
    "outcome.approved": "approuvé",
    "outcome.approved_with_edits": "approuvé avec des modifications",
    "outcome.denied": "refusé",
    "outcome.answered": "répondu",
    "outcome.expired": "expiré",
    "outcome.undeliverable": "abandonné (impossible à remettre)",
    "outcome.no_route": "abandonné (personne à qui demander)",
    "outcome.cancelled": "annulé",
    "outcome.superseded": "retiré",
    "outcome.in_doubt": "décidé",
    "channel.slack": "Slack",
    "channel.discord": "Discord",
    "channel.sms": "SMS",
    "channel.email": "l’e-mail",
    "channel.api": "l’API",
    "titled": "« {title} »",
    "earlier": "une demande précédente",
    "newer": "une demande plus récente",
    # How times are written, and numbers that are not whole
    "time.hour": "{hour}:{minute}",
    "time.hour.utc": "{hour}:{minute} UTC",
    "time.day": "{hour} le {weekday} {day} {month}",
    "time.weekdays": "lundi mardi mercredi jeudi vendredi samedi dimanche",
    "time.months": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "time.s": "{count} secondes",
    "time.m": "{count} minutes",
    "time.h": "{count} heures",
    "time.d": "{count} jours",
    "time.s.one": "1 seconde",
    "time.m.one": "1 minute",
    "time.h.one": "1 heure",
    "time.d.one": "1 jour",
    "number.point": ",",
    "and": "{first} et {last}",
    "others": "{count} autres",
    "or": "{first} ou {last}",
    "nobody": "personne",
    "somebody": "quelqu’un",
    # Mail
    "card.how.letter.link": "Ou répondez sur cette page ; l’ouvrir ne décide de rien :",
    "page.title": "Une réponse",
    "page.gone": "Il n’y a rien à répondre ici. Si le lien est coupé, ouvrez-le de nouveau depuis le message.",
    "page.busy": "Cela n’a pas pu être pris en compte. Revenez en arrière et réessayez dans un instant.",
    "page.confirm": "Rien ne s’est encore passé. Votre réponse compte dès que vous appuyez sur un bouton.",
    "page.taken": "Merci. Votre réponse est arrivée ; un message vous dira comment cela s’est terminé.",
    "page.once": "Vous avez déjà répondu ici. Un message vous dit comment cela s’est terminé.",
    "letter.above": "Écrivez votre réponse au-dessus de cette ligne.",
    "letter.empty": (
        "Votre message ne contenait que la citation, je n’ai donc rien fait. Écrivez au-dessus, s’il vous plaît."
    ),
    "letter.not_yours": (
        "J’ai posé cette question à quelqu’un d’autre : votre réponse ne compte pas et rien n’a changé. La "
        "personne interrogée doit répondre au message qu’elle a elle-même reçu."
    ),
    "letter.too_large": (
        "Votre message est trop volumineux pour moi, je n’ai donc rien fait. Envoyez-en un plus petit, s’il vous plaît."
    ),
    "letter.differs": (
        "Votre message répond à une demande et en nomme une autre par son code, je n’ai donc rien fait. Répondez "
        "à celle dont il s’agit, sans code."
    ),
    "letter.unproven.owner": (
        "Un message qui se dit de {sender} (« {topic} ») est arrivé sans preuve ; rien n’a été fait et personne "
        "n’a reçu de réponse. La preuve est dmarc=pass dans les Authentication-Results de votre propre serveur de"
        " réception."
    ),
}

FRENCH: Mapping[str, str] = {key: _spaced(sentence) for key, sentence in _SENTENCES.items()}
