"""English. Every other language has the sentences that people read; what models read is said in English alone."""

from __future__ import annotations

from collections.abc import Mapping

ENGLISH: Mapping[str, str] = {
    # What a model is told about an outcome
    "model.approved": "Approved by {name}.",
    "model.approved.grant": "Approved by a standing grant of {name}.",
    "model.approved_with_edits": "Approved by {name} with changes; the changed call is what ran.",
    "model.changed": "Changed: {changes}",
    "model.denied": "Denied by {name}.",
    "model.denied.before": "This very call has been denied already.",
    "model.denied.advice": "Do not try the same again; find another way, or ask.",
    "model.forbidden": "The policy forbids this call.",
    "model.suppressed": "Not run: this is a fork, which only reads.",
    "model.expired": "Nobody answered in time; that is not a denial.",
    "model.undeliverable": "The question could not be delivered to anybody.",
    "model.no_route": "There is nobody to ask.",
    "model.too_few": "{needs} Those who may decide it are {who}; the policy asks for more people than there are.",
    "model.cancelled": "Cancelled by {name} before anybody decided.",
    "model.superseded": "No longer needed.",
    "model.replaced": "Replaced by {title} before anybody decided.",
    "model.in_doubt.approved": "It was interrupted; {name} says: run it again.",
    "model.in_doubt.answered": "It was interrupted; {name} says that it did run. Its result is not known.",
    "model.in_doubt.denied": "It was interrupted and then stopped by {name}. It may have taken effect all the same.",
    "model.chosen": "They chose “{choice}”.",
    "model.because": "Reason: {comment}",
    "model.besides": "They add: {comment}",
    "model.policy": "the policy",
    "model.late": "About “{title}”, after it had ended: {said}\nIt came too late to decide anything; it only informs.",
    "said.approve": "approve",
    "said.edit": "approve, with changes",
    "said.deny": "deny",
    "said.in_doubt.approve": "run it again",
    "said.in_doubt.did_run": "it did run",
    "said.in_doubt.deny": "stop",
    # What a model is told about files
    "context.attached": "[attached: {name}, {kind}, {size}]",
    "context.sent": "[sent with it: {name}, {size}]",
    # A card
    "card.approval": "Approve {tool}?",
    "card.in_doubt": "Did {tool} run?",
    "card.in_doubt.body": (
        "The gateway stopped while this was running, so nobody knows whether it took effect. "
        "Please look, then say what to do."
    ),
    "card.in_doubt.timed_out": (
        "This took longer than {limit} seconds and was given up, so nobody knows whether it took effect. "
        "Please look, then say what to do."
    ),
    "card.in_doubt.restored": (
        "The gateway was put back from a backup, {time}. This may have been done already in the time that the backup "
        "does not hold, so nobody here knows whether it took effect. Please look, then say what to do."
    ),
    "card.calls": "Calls",
    "card.asker": "Asked by {name}",
    "card.asker.nobody": "Asked by the agent {agent}",
    "card.by": "Answer by",
    "card.silence": "If nobody does, nothing happens and {name} is told.",
    "card.silence.go_on": "If nobody does, this is not done, and the agent goes on without it.",
    "card.silence.you": "If you do not, nothing happens, and this is put on hold.",
    "card.how.approval": "Press a button, or reply here: approve or deny. Anything else is passed on as a question.",
    "card.how.approval.high": (
        "This is urgent, so you are asked once more before it is approved. Press a button, or reply here: deny. "
        "Anything else is passed on as a question."
    ),
    "card.how.editable": (
        "Press a button, or reply here: approve, deny, or “edit” and below it a line for each change, as in “1: …” "
        "({fields}). Anything else is passed on as a question."
    ),
    "card.how.grants": "Approving for longer also covers {what}, up to {uses} times.",
    "card.how.in_doubt": "Press a button, or reply here: run again, it did run, or stop.",
    "card.how.question": "Reply here with your answer.",
    "card.how.form": "Press {button}, or reply here with a line for each, by number: {fields}. For instance, “1: …”.",
    "card.how.choices": "Press one, or reply here with its name or number.",
    "card.how.hand": "To hand it on, write: reassign to, or delegate to, and a name.",
    "card.how.code": "Elsewhere in this conversation, begin your reply with {code}.",
    "card.how.code.mention": "Elsewhere in this channel, mention me and begin with {code}.",
    "card.how.code.high": "To approve it in words, write: approve {code}",
    "card.how.code.in_doubt.high": "This is urgent, so to run it again in words, write: run again {code}",
    "card.how.letter.approval": (
        "Reply with one word on the first line: approve or deny. What you write below it goes with it, to the "
        "requester and the agent; anything else on the first line is passed on as a question."
    ),
    "card.how.letter.in_doubt": "Reply with one of these on the first line: run again, it did run, or stop.",
    "card.how.letter.question": "Reply with your answer.",
    "card.how.letter.choices": "Reply with a name or number from the list on the first line.",
    "card.how.letter.form": "Reply with a line for each, by number: {fields}. For instance, “1: …”.",
    "card.how.letter.code": "In a mail of its own, begin with {code}.",
    "card.how.letter.approval.high": (
        "This is urgent, so approving it takes its code. Reply with deny on the first line to deny it. Anything "
        "else is passed on as a question."
    ),
    "card.question_back": "{name} asks about: {title}",
    "card.after.superseded": "This replaces {title}, which nobody has to decide any more.",
    "card.after.expired": "Asked again: the first ran out at {time}, and nobody had answered.",
    "card.after.undeliverable": "Asked again: the first could not be delivered to anybody, {time}.",
    "card.after.no_route": "Asked again: the first time there was nobody to ask, {time}.",
    "card.again": "Again: the first copy of this may not have reached you. It is the same request.",
    "batch.title": "{title} ({count} requests)",
    "batch.approve": "Approve all {count}",
    "batch.deny": "Deny all {count}",
    "batch.menu": "Decide this one",
    "batch.show": "Show it by itself",
    "batch.how": (
        "Press a button for all that are open, or choose for each. In words, begin with the code of one, as in “{code} "
        "approve”; anything else after a code is passed on as a question."
    ),
    "digest.title": "{count} requests that could wait",
    "digest.how": (
        "Choose for each. In words, begin with its code, as in “{code} approve”; a question is answered after its code."
    ),
    "batch.partly": "{done} of {count} counted. For these your answer changed nothing:\n{lines}",
    "batch.nothing": "For these your answer changed nothing:\n{lines}",
    "confirm.title": "Approve exactly this?",
    "confirm.no": "Back",
    "button.approve": "Approve",
    "button.deny": "Deny",
    "button.deny_form": "Deny with a reason",
    "button.approve_form": "Approve with a comment",
    "button.claim": "I am on it",
    "button.fill_in": "Fill in",
    "button.edit": "Change and approve",
    "button.grant": "Approve for {time}",
    "button.grant.thread": "Approve in this conversation",
    "button.grant.until_revoked": "Approve until revoked",
    "button.revoke": "Revoke the grant",
    "button.hand": "Hand on",
    "button.run_again": "Run again",
    "button.did_run": "It did run",
    "button.stop": "Stop",
    "form.deny.title": "Deny this request",
    "form.deny.label": "Reason",
    "form.comment.hint": "The requester and the agent will read this.",
    "form.deny.submit": "Deny",
    "form.edit.title": "Change and approve",
    "form.approve.title": "Approve with a comment",
    "form.approve.submit": "Approve",
    "form.comment.label": "Comment",
    "form.edit.submit": "Approve",
    "form.hand.title": "Hand it on",
    "form.hand.to": "To whom",
    "form.hand.how": "How",
    "form.hand.reassign": "They are asked instead of me",
    "form.hand.delegate": "They may decide in my stead; so may I",
    "form.hand.submit": "Hand on",
    "form.hand.nobody": "There is nobody to whom you may hand this on.",
    "form.answer.title": "Your answer",
    "form.answer.submit": "Send",
    "form.yes": "Yes",
    "form.no": "No",
    "form.line": "{number} {label}",
    "form.line.optional": "{number} {label} (optional)",
    "form.fault.missing": "This is needed.",
    "form.fault.unreadable": "This cannot be read; please enter it again.",
    "form.fault.integer": "Please give a whole number, such as 12.",
    "form.fault.number": "Please give a number, such as 12 or 0.5.",
    "form.fault.boolean": "Please say yes or no.",
    "form.fault.date": "Please give a day as year-month-day, such as 2026-07-31.",
    "form.fault.choice": "Please choose from: {limit}.",
    "form.fault.least": "This has to be {limit} or more.",
    "form.fault.most": "This has to be {limit} or less.",
    "form.fault.above": "This has to be more than {limit}.",
    "form.fault.below": "This has to be less than {limit}.",
    "form.fault.short": "This needs at least {limit} characters.",
    "form.fault.long": "This may have at most {limit} characters.",
    "form.fault.line": "This has to be a single line.",
    "form.fault.pattern": "This is not in the form that is needed. {limit}",
    "form.fault.few": "Please choose at least {limit}.",
    "form.fault.many": "Please choose at most {limit}.",
    "form.close": "Back",
    "form.outdated": "This call was changed since. Please look at the newest card, which shows it as it is now.",
    "form.failed": "That form could not be opened just now, so nothing has changed. Please press again.",
    # Where it takes several people
    "claimed": "{name} is on it.",
    "handed.operator": "Handed from {name} to {to} by an operator, {time}.",
    "delegated.operator": "An operator lets {to} decide in the stead of {name}, since {time}.",
    "handed": "Handed to {to} by {name}, {time}.",
    "delegated.away": "{to} may decide in the stead of {name}, who is away until {time}.",
    "delegated": "{to} may decide in the stead of {name}, since {time}.",
    "votes.needed": "It takes {needs}.",
    "votes.approve": "Approved so far by {names}.",
    "votes.deny": "Denied so far by {names}.",
    "votes.missing": "Still needed: {needs}.",
    "votes.need": "{count} approvals of {who}",
    "votes.need.one": "one approval of {who}",
    "votes.fell": "Votes on the call as it was before do not count any more: {names}.",
    "votes.fell.you": (
        "{name} has changed “{title}”: {changes}. Your vote was about the call as it was before, so it does not count "
        "any more. Please look at the new card and decide again."
    ),
    "changed": "Changed by {name}: {changes}",
    "changed.outdated": "Changed by {name}: {changes}. A new card below shows the call as it is now.",
    # An approval that counts for longer
    "grant.covers.same": "the same call of {tool}",
    "grant.covers.alike": "calls of {tool} with the same {arguments}",
    "grant.until": "until {time}",
    "grant.until.thread": "in the conversation where it was asked",
    "grant.until.revoked": "until it is revoked",
    "grant.stands": (
        "Standing grant by {name}: {what} will not be asked about {until}. Used {used} of {uses} times. "
        "To end it, press the button, or reply here: revoke"
    ),
    "grant.spent": "Standing grant by {name}: used up, {uses} of {uses} times, {time}",
    "grant.over": "Standing grant by {name}: over, {time}. Used {used} of {uses} times.",
    "grant.revoked": "Standing grant by {name}: revoked by {by}, {time}. Used {used} of {uses} times.",
    "grant.used": "{tool}: approved by {name}'s standing grant of {time}, {used} of {uses}.",
    "revoked": "The standing grant for {tool} is revoked. From now on each call is asked about again.",
    # How a card ends
    "settled.approved": "Approved by {name}, {time}",
    "settled.approved.because": "Approved by {name}, {time}: {comment}",
    "settled.approved_with_edits": "Approved with changes by {name}, {time}: {changes}",
    "settled.approved_with_edits.because": "Approved with changes by {name}, {time}: {changes}. They add: {comment}",
    "settled.denied": "Denied by {name}, {time}",
    "settled.denied.because": "Denied by {name}, {time}: {comment}",
    "settled.denied.chosen": "{choice}: {comment}",
    "settled.answered": "Answered by {name}, {time}: {answer}",
    "settled.in_doubt.approved": "{name} says: run it again, {time}",
    "settled.in_doubt.answered": "{name} says it did run, {time}",
    "settled.in_doubt.denied": "Stopped by {name}, {time}",
    "settled.expired": "Expired, {time}: nobody answered",
    "settled.undeliverable": "Could not be delivered, {time}",
    "settled.no_route": "There was nobody to ask, {time}",
    "settled.cancelled": "Cancelled by {name}, {time}",
    "settled.cancelled.because": "Cancelled by {name}, {time}: {comment}",
    "settled.superseded": "No longer needed, {time}: {comment}",
    "settled.replaced": "Replaced by {comment}, {time}",
    "result.ok": "{tool} done, {time}",
    "result.failed": "{tool} failed, {time}: {message}",
    "result.in_doubt.approved": "{tool} was interrupted. {name} says: run it again, {time}",
    "result.in_doubt.answered": "{tool} was interrupted. {name} says it did run, {time}",
    "result.in_doubt.denied": "{tool} was interrupted. Stopped by {name}, {time}",
    "result.in_doubt": "{tool} was interrupted, {time}: asking whether it ran",
    "result.forbidden": "{tool} was not started, {time}: {reason}",
    # What an answer that changes nothing is told
    "refused.late": "Already {outcome} by {name} on {channel} at {time}. Your answer changed nothing.",
    "refused.late.by": "Already {outcome} by {name} at {time}. Your answer changed nothing.",
    "refused.late.nobody": "Already {outcome} at {time}. Your answer changed nothing.",
    "refused.late.informs": "I have passed it on as information.",
    "refused.late.replaced": (
        "This was replaced by {title} at {time}, so your answer changed nothing. Please look at the newer one."
    ),
    "refused.handed_on": "You have handed this on, so it is for {who} to decide. The request is still open.",
    "refused.hand.unknown": "I know nobody of that name, so nothing has changed. You may hand this on to {who}.",
    "refused.hand.not_offered": "This is not to be handed on. The request is still open.",
    "refused.hand.self": "You have it already, so nothing has changed. You may hand this on to {who}.",
    "refused.hand.already": "You have handed this on already, so nothing has changed.",
    "refused.hand.delegate": (
        "You decide this in the stead of somebody else, so it is not yours to hand on. You may still decide it."
    ),
    "refused.hand.too_often": "This was handed on {count} times, which is as often as it goes. Please decide it.",
    "refused.hand.back": "{name} has handed this on already, so it does not go back there. Nothing has changed.",
    "refused.hand.not_to": "This may not be handed to {name}, so nothing has changed. You may hand it on to {who}.",
    "refused.hand.can_already": "{name} can decide this already, so nothing has changed.",
    "refused.hand.requester": "{name} asked for this, so somebody else has to decide it. You may hand it on to {who}.",
    "refused.hand.may_not": (
        "{name} may not decide this, whoever asks them, so nothing has changed. You may hand it on to {who}."
    ),
    "refused.hand.counts_for_nothing": (
        "It takes the votes of others than {name}, so nothing has changed. You may hand it on to {who}."
    ),
    "refused.hand.too_few": "Without you too few would be left who may decide this, so nothing has changed.",
    "refused.hand.unreachable": "I do not know where to reach {name}, so nothing has changed.",
    "refused.duplicate": "You have answered this already; your first answer counts.",
    "refused.claimed": "{name} is on it already. You can decide it all the same.",
    "refused.claimed.you": "You are on it already.",
    "refused.not_asked": "Only {who} can decide this, so your answer changed nothing. The request is still open.",
    "refused.group_unread": (
        "I cannot see just now who is in the group that gives the role {roles}, so nobody decides by it, and your "
        "answer changed nothing. The request is still open; please try again in a few minutes."
    ),
    "refused.requester_excluded": (
        "You asked for this yourself, so somebody else has to decide it: {who}. The request is still open."
    ),
    "refused.unknown_person": (
        "I do not know who you are on this channel, and this needs somebody I know: {who}. The request is still open."
    ),
    "refused.assurance": (
        "I cannot be sure enough here who you are for this decision, so your answer changed nothing. On a channel "
        "where I can be, it is for {who} to decide."
    ),
    "refused.not_offered": "That is not one of the answers here. {how}",
    "refused.edit.gone": "This call cannot be changed any more, so nothing has changed. Please approve or deny it.",
    "refused.edit.invalid": "The tool does not take that, so nothing has changed: {reason}",
    "refused.edit.forbidden": "A rule forbids the call with that change, so nothing has changed: {reason}",
    "refused.edit.words": (
        "I could not read that as a change, so nothing has changed. Write “edit”, and below it a line for each of "
        "these that you want to change, by number: {fields}. For instance, “1: …”."
    ),
    "refused.edit.nobody": (
        "With that change there would not be people enough who could decide it, so nothing has changed: {reason}"
    ),
    "refused.outdated": (
        "{name} has changed this since the card that you answered: {changes}. So your answer was not counted; please "
        "look at the newest card, which shows the call as it is now."
    ),
    "refused.grant": (
        "You can approve this once, but not for longer; only {who} can. Nothing has changed, and the request is open."
    ),
    "refused.revoke": "Only {who} can revoke this grant, so nothing has changed.",
    "refused.revoke.ended": "This standing grant has ended already.",
    "refused.form": "That does not answer everything yet, so nothing has changed. {how}",
    "refused.form.faults": "That does not answer everything yet, so nothing has changed:\n{faults}",
    "refused.not_a_choice": "That is not one of the choices: {choices}.",
    "refused.not_seen": "This request had not reached you when you wrote that, so it was not counted. {how}",
    "refused.not_confirmed": (
        "This is urgent, so a word alone does not approve it; nothing has changed. To approve it, write: approve {code}"
    ),
    "refused.not_confirmed.in_doubt": (
        "This is urgent, so those words alone do not run it again; nothing has changed. "
        "To do so, write: run again {code}"
    ),
    "refused.expired": "This request expired before your answer came, so it changed nothing.",
    "refused.gone": "I do not know this request any more.",
    # What the conversation that asked is told
    "asked.people": "I have asked {who}. {deadline} To drop it, write: drop",
    "asked.in_doubt": "{tool} was interrupted. I have asked {who} whether it ran. {deadline} To drop it, write: drop",
    "asked.people.later": "{later} {deadline} To drop it, write: drop",
    "asked.in_doubt.later": "{tool} was interrupted. {later} {deadline} To drop it, write: drop",
    "asked.quiet": "{who} has quiet hours, and is asked at {time}.",
    "asked.away.until": "{who} is away until {time}.",
    "asked.away.deputy": "{name} is away until {time}; {to} decides in their stead.",
    "asked.away.only": "There is nobody else left to ask about “{title}”, so I am asking {who}, away or not.",
    "asked.digest": "This can wait, so {who} is asked at {time}.",
    "asked.channel": "the channel",
    "asked.more.later": "Nobody has decided “{title}” yet. {later}",
    "asked.more.away": "“{title}” would wait for somebody who is away, so I am asking {who} too.",
    "asked.more.quiet": "Quiet hours hold up “{title}”, so I am asking {who} too.",
    "asked.more.silence": "Nobody has decided “{title}” yet, so I am asking {who} too.",
    "asked.more.undeliverable": "I could not reach anybody about “{title}”, so I am asking {who}.",
    "asked.more.next": "I could not reach {name} about “{title}”, so I am asking {who}.",
    "asked.more.wish": "I was asked to hurry with “{title}”, so I am asking {who} too.",
    "asked.more.no_route": "I am asking {who} about “{title}”.",
    "reminder": "“{title}” still waits for an answer, until {time}.",
    "reminder.code": "Answer on its card, or begin your reply with {code}.",
    "asked.handed": "{name} has handed “{title}” to {to}, who is asked now.",
    "asked.delegated": "{name} lets {to} decide “{title}” in their stead.",
    "asked.late": "{name} has answered “{title}”, after it had ended: {said}",
    "asked.comment": "“{title}” was approved by {name}, with a comment: {comment}",
    "asked.away": "{name} answers by a robot that they are away. “{title}” is still open.",
    "asked.deadline": "They have until {time}.",
    "typing": "is working on it…",
    "waiting": "I am still waiting for {who}; I will read your message next. To drop it, write: drop",
    "waiting.tool": "I am still at work; I will read your message next. To drop it, write: drop",
    "waiting.parked": "This is on hold until its owner decides how it goes on; I will read your message then.",
    "codes": "Which one do you mean? Begin your reply with its code:\n{list}",
    "codes.line": "{code}  {title}",
    "question_back.passed": "Passed to {name}; still open.",
    "question_back.to_agent": "Passed on; still open.",
    "question_back.unanswered": "Nobody is there to answer that; the request is still open.",
    "question_back.answer": "{name}: {text}",
    "question_back.withdrawn": "decided meanwhile",
    "run.ended": "the run has ended",
    "in_doubt.arrived": "its result came in after all",
    "cancelled": "Dropped. Nothing more will happen here.",
    "cancelled.begun": "Dropped. {tool} had begun already and may still take effect; nothing else will happen here.",
    "command.taken": "Got it. I will answer you in our direct messages.",
    "command.help": (
        "With {command} you can talk to me from anywhere: write what you need after it, as you would in a direct "
        "message. I will answer you there, and nobody else sees it."
    ),
    "files.not_here": "(This channel takes no files, so I could not send you {names}.)",
    "start.refused": "I only work for people I know, and I do not know you yet. An administrator can add you.",
    "start.too_often": "You have started me very often within the last hour. Please try again in a while.",
    "speak.refused": "Only those who may start this agent can speak to it here.",
    # A card that shows that cards arrive
    "doctor.card": "This is a test; please ignore it",
    "doctor.card.body": "It shows that I can reach you here, and goes away by itself.",
    # An account that is linked by a one-time code
    "link.done": "Done: this account is {name}'s now.",
    "link.already": "This account is {name}'s already.",
    "link.taken": "This account is {name}'s; an administrator has to unlink it before it can be anybody else's.",
    "link.unknown": "I do not know that code. It counts once, within 15 minutes; please ask for a new one.",
    "link.too_often": "That was too often. Please try again in an hour, with a new code.",
    "link.person": (
        "A new account is linked to you: {identity}. It can decide in your name. If that was not you, tell an "
        "administrator at once."
    ),
    "link.owner": "{name} has linked an account with a one-time code: {identity}",
    # Trouble, told to the requester and to the owner
    "halted": "This is on hold: {reason} Its owner has been told.",
    "halted.owner": "{agent} is on hold for {name}: {reason} Continue with: ringback threads resume {thread}",
    "failed": "Sorry, I ran into an error and stopped. My owner has been told.",
    "stopped": "My owner stopped this.",
    "failed.owner": "{agent} failed for {name} ({thread}): {reason}",
    "dead.owner": "A message could not be delivered ({delivery}): {reason}",
    "waits.owner": "A message could not be delivered yet ({delivery}): {reason}. It is tried again for a day.",
    "waits.webhook.owner": (
        "A webhook is not taken ({delivery}): {reason}. One that is not given up is tried again for three days; "
        "later: ringback deliveries list --status dead, ringback deliveries retry"
    ),
    "held.owner": (
        "Nothing can be sent by {account}: {problem}. What is to be said there waits in its order and is tried again "
        "every minute; nothing is lost, and everything else goes on."
    ),
    "groups.owner": (
        "Who is in the group {group} of {account} cannot be read, so nobody has the role {role} by it until it can: "
        "{problem}"
    ),
    "stopped.owner": (
        "{account} does not listen any more: {problem}. It is looked at again every minute; everything else goes on."
    ),
    "stuck.owner": (
        "Something is wrong with the gateway itself: it cannot go on in {conversation}. What is said there is kept and "
        "will be read; its log says what failed."
    ),
    "restored.owner": (
        "This gateway was put back from a backup, {time}. What happened since that backup was made is not known here: "
        "people may have answered what is open again, and messages of that time are lost. Standing grants have ended. "
        "Messages that may have gone out are looked for first, and people are asked before a run of that time does "
        "anything that must not be done twice. Please look through: ringback requests list, ringback deliveries list"
    ),
    "parked.expired": "nobody answered “{title}” in time.",
    "parked.undeliverable": "“{title}” could not be delivered to anybody.",
    "parked.undeliverable.because": "“{title}” could not be delivered to anybody ({detail}).",
    "parked.no_route": "there is nobody to ask about “{title}”.",
    "parked.diverged": "its code changed under it ({detail}).",
    "parked.model": "its model does not answer ({detail}).",
    "outcome.approved": "approved",
    "outcome.approved_with_edits": "approved with changes",
    "outcome.denied": "denied",
    "outcome.answered": "answered",
    "outcome.expired": "expired",
    "outcome.undeliverable": "given up, because it could not be delivered,",
    "outcome.no_route": "given up, because there was nobody to ask,",
    "outcome.cancelled": "cancelled",
    "outcome.superseded": "withdrawn",
    "outcome.in_doubt": "decided",
    "channel.slack": "Slack",
    "channel.discord": "Discord",
    "channel.sms": "SMS",
    "channel.email": "email",
    "channel.api": "the API",
    # How times are written, and numbers that are not whole
    "time.hour": "{hour}:{minute}",
    "time.hour.utc": "{hour}:{minute} UTC",
    "time.day": "{hour} on {weekday} {day} {month}",
    "time.weekdays": "Mon Tue Wed Thu Fri Sat Sun",
    "time.months": "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
    "number.point": ".",
    "time.s": "{count} seconds",
    "time.m": "{count} minutes",
    "time.h": "{count} hours",
    "time.d": "{count} days",
    "time.s.one": "1 second",
    "time.m.one": "1 minute",
    "time.h.one": "1 hour",
    "time.d.one": "1 day",
    "and": "{first} and {last}",
    "others": "{count} others",
    "or": "{first} or {last}",
    "titled": "“{title}”",
    "earlier": "an earlier request",
    "newer": "a newer request",
    "nobody": "nobody",
    "somebody": "somebody",
    # Mail
    "card.how.letter.link": "Or answer on this page; opening it decides nothing:",
    "page.title": "An answer",
    "page.gone": "There is nothing to answer here. If the link is cut, open it from the mail again.",
    "page.busy": "That could not be taken just now. Please go back and try again in a moment.",
    "page.confirm": "Nothing has happened yet. Your answer counts once you press a button.",
    "page.taken": "Thank you. Your answer has arrived, and a mail tells you how it ended.",
    "page.once": "You have answered here already. A mail tells you how it ended.",
    "letter.above": "Write your answer above this line.",
    "letter.empty": "Your mail had nothing in it but what it quotes, so I have done nothing. Please write above that.",
    "letter.not_yours": (
        "I asked this of somebody else, so your answer does not count, and nothing has changed."
        " Whoever was asked has to reply to the mail that they got themselves."
    ),
    "letter.too_large": "Your mail is larger than I can read, so I have done nothing. Please send a smaller one.",
    "letter.differs": (
        "Your mail answers one request and names another by its code, so I have done nothing. Please reply to the one"
        " that you mean, without a code."
    ),
    "letter.unproven.owner": (
        "A mail that says it is from {sender} (“{topic}”) came without proof of that, so nothing was done"
        " and nobody was answered. Proof is dmarc=pass in the Authentication-Results of your own receiving server."
    ),
}
