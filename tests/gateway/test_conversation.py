"""
In whose words things are said: each reader's own, and the gateway's where many read.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from adapters.base import Form as Opened
from adapters.base import FormWanted, Letterhead
from agent_core.addresses import ConversationKey, Identity
from agent_core.requests import Assurance, Decision
from agent_core.results import Answered, Verdict
from agent_core.run import Run, agent
from agent_core.wanted import Form, Question
from gateway.conversation import Conversation
from gateway.ongoing import Ongoing
from gateway.store.rows import ConversationState
from tests.gateway.agents import World, asker
from tests.gateway.house import ANA, BEN, OPS, OTTO, PEOPLE, RITA, House, Make
from tests.runtime import NOON, HandRuntime


class Release(BaseModel):
    """What a release needs to know."""

    sure: bool
    share: float = Field(le=0.5)


SPOKEN = {"rita": "es", "ana": "de", "ben": "fr"}
SPEAKERS = tuple(person.model_copy(update={"language": SPOKEN[person.id]}) for person in PEOPLE)


def a_house(make: Make, world: World, **how: Any) -> House:
    return make(world.deployer(world.deploy()), people=SPEAKERS, **how)


async def test_each_copy_is_in_its_readers_language(make: Make):
    """
    Ana reads German, Ben French, and #ops the gateway's own; the tool and its arguments are nobody's words.
    """
    async with a_house(make, World()) as house:
        await house.write(RITA, "go")
        cards = [house.card(place).card for place in (ANA, BEN, OPS)]

        assert ["deploy genehmigen?", "Approuver deploy\u202f?", "Approve deploy?"] == [card.title for card in cards]
        assert ["Genehmigen", "Approuver", "Approve"] == [card.buttons[0][1] for card in cards]
        assert ["Anfrage von Rita", "Demandé par Rita", "Asked by Rita"] == [card.asker for card in cards]
        assert ["Antwort bis", "Échéance\u00a0:", "Answer by"] == [card.by for card in cards]
        assert "antworte hier: genehmigen oder ablehnen." in cards[0].how
        assert cards[0].how.endswith(f"beginne deine Antwort mit {cards[0].code}.")
        assert 1 == len({card.facts for card in cards})
        asked = "He preguntado a Ana o Ben. Hay tiempo hasta las 23:13 UTC. Para dejarlo, escribe: cancelar"
        assert asked == house.texts(RITA)[-1]


async def test_ja_approves_and_every_copy_says_so_in_its_words(make: Make, runtime: HandRuntime):
    """
    What somebody writes is read in their language; the outcome is one, and each place reads it in its own.
    """
    world = World()
    async with a_house(make, world) as house:
        await house.write(RITA, "go")
        await runtime.advance(1)
        await house.write(ANA, "ja")

        assert [("production", "v1", 1)] == world.deployed
        assert [
            ("Genehmigt von Ana, 22:13 UTC", "deploy erledigt, 22:13 UTC"),
            ("Approuvé par Ana, 22:13 UTC", "deploy\u00a0: terminé, 22:13 UTC"),
            ("Approved by Ana, 22:13 UTC", "deploy done, 22:13 UTC"),
        ] == [house.card(place).card.notes for place in (ANA, BEN, OPS)]


async def test_the_gateways_own_words_and_english_are_read_from_everybody(make: Make, runtime: HandRuntime):
    """
    Who reads German here also knows the cards in #ops, and what a link in a mail writes; any other is a question.
    """
    world = World()
    async with a_house(make, world, language="es") as house:
        await house.write(RITA, "go")
        await runtime.advance(1)
        await house.write(ANA, "oui", under=house.card(ANA).id)
        assert "An Rita weitergegeben; noch offen." == house.texts(ANA)[-1]
        assert [] == world.deployed
        await house.write(ANA, "approve", under=house.card(ANA).id)

        assert 1 == len(world.deployed)


async def test_a_word_in_a_channel_is_its_writers(make: Make):
    """
    Under the English card in #ops Ana may say "nein".
    """
    world = World()
    async with a_house(make, world) as house:
        await house.write(RITA, "go")
        await house.write(ANA, "nein", at=OPS, under=house.card(OPS).id)

        assert ("Denied by Ana, 22:13 UTC",) == house.card(OPS).card.notes
        assert ("Abgelehnt von Ana, 22:13 UTC",) == house.card(ANA).card.notes
        assert ["denied"] == [result.outcome for result in world.results]


async def test_a_gateway_that_speaks_german(make: Make, runtime: HandRuntime):
    """
    Its channels, and whoever has set no language, read and write German.
    """
    world = World()
    async with make(world.deployer(world.deploy()), language="de") as house:
        await house.write(RITA, "go")
        assert {"deploy genehmigen?"} == {house.card(place).card.title for place in (ANA, BEN, OPS)}
        await runtime.advance(1)
        await house.write(ANA, "aprobar", under=house.card(ANA).id)
        assert [] == world.deployed
        await house.write(BEN, "Genehmigt.", under=house.card(BEN).id)

        assert 1 == len(world.deployed)


async def test_who_asked_drops_it_in_their_words(make: Make):
    """
    The word that Rita was told drops her run.
    """
    world = World()
    async with a_house(make, world) as house:
        await house.write(RITA, "go")
        await house.write(RITA, "cancelar")

        assert "Cancelado. Aquí no pasará nada más." == house.texts(RITA)[-1]
        assert ("Abgebrochen von Rita, 22:13 UTC",) == house.card(ANA).card.notes


async def test_who_answers_in_vain_is_told_in_their_language(make: Make):
    """
    What only one person sees is in their words, also in #ops, and in the gateway's where nobody knows theirs.
    """
    async with a_house(make, World()) as house:
        await house.write(RITA, "go")
        request = house.card(OPS).request
        await house.press(OTTO, request, Decision.APPROVE, at=OPS)
        told = "I do not know who you are on this channel, and this needs somebody I know: Ana or Ben."
        assert told in house.texts(OPS)[-1]
        await house.press(ANA, request, Decision.APPROVE, at=OPS)
        await house.press(BEN, request, Decision.DENY, at=OPS)

        late = "Déjà approuvé par Ana sur Slack à 22:13 UTC. Votre réponse n’a rien changé."
        assert late == house.texts(OPS)[-1]


async def test_a_question_back_crosses_languages(make: Make):
    """
    Rita reads in Spanish what Ana asks, Ana in German what becomes of it; their own words stay as they are.
    """
    async with a_house(make, World()) as house:
        await house.write(RITA, "go")
        await house.write(ANA, "warum jetzt?", under=house.card(ANA).id)
        card = house.card(RITA).card
        assert ("Ana tiene una pregunta sobre: ¿Aprobar deploy?", "warum jetzt?") == (card.title, card.body)
        await house.press(BEN, house.card(BEN).request, Decision.DENY)

        assert ("Ya no hace falta, 22:13 UTC: decidido mientras tanto",) == house.card(RITA).card.notes


async def test_an_attempt_in_doubt_is_explained_to_everybody(make: Make, runtime: HandRuntime):
    """
    Why nobody knows is said in each reader's words, its number too, and so are the three answers.
    """
    world = World()
    async with make(world.deployer(world.deploy(holds=True, limit=0.5)), people=SPEAKERS) as house:
        await house.write(RITA, "go")
        await house.press(BEN, house.card(BEN).request, Decision.APPROVE)
        await runtime.advance(1)
        cards = [house.card(place).card for place in (ANA, BEN, OPS)]

        assert ["Ist deploy gelaufen?", "deploy a-t-il été exécuté\u202f?", "Did deploy run?"] == [
            c.title for c in cards
        ]
        assert cards[0].body.startswith("Das hat länger als 0,5 Sekunden gedauert")
        assert cards[2].body.startswith("This took longer than 0.5 seconds")
        await house.write(ANA, "Ist gelaufen.", under=house.card(ANA).id)
        assert ("Ana sagt, dass es gelaufen ist, 22:13 UTC",) == house.card(ANA).card.notes


async def test_a_form_speaks_with_whoever_opens_it(make: Make):
    """
    Its window, what is wrong with it, yes and no, and what was filled in are in that person's language.
    """
    verdicts: list[Verdict] = []

    @agent(name="asker")
    async def fills(run: Run) -> None:
        verdicts.append(await run.request_human(Form("Release", Release)))

    async with make(fills, people=SPEAKERS) as house:
        await house.write(ANA, "los")
        place, who = ConversationKey(f"slack:T1/{ANA}"), Identity(f"slack:T1/{ANA}")
        request = house.card(ANA).request
        form = await house.gate.query(FormWanted(request, place, who, "Ana", Assurance.HIGH))
        assert isinstance(form, Opened)
        assert ("Deine Antwort", "Senden", "Zurück") == (form.title, form.submit, form.close)
        assert (("yes", "Ja"), ("no", "Nein")) == form.fields[0].options
        inbound = house.channel.form(place, ANA, request, {"sure": "vielleicht", "share": "0.75"}, 901)
        faults = await house.gate.faults(place, inbound.fact)  # type: ignore[arg-type]
        assert {
            "sure": "Bitte sag ja oder nein.",
            "share": "Das darf höchstens 0,5 sein.",
        } == faults
        await house.write(ANA, "1: ja\n2: 0.5", under=house.card(ANA).id)

        assert isinstance(verdicts[0], Answered)
        assert "Sure: Ja" in house.card(ANA).card.notes[0]


async def test_trouble_is_told_in_the_owners_language(make: Make):
    """
    Ben owns this and reads French; Rita is told in Spanish.
    """

    @agent(name="broken")
    async def broken(run: Run) -> None:
        raise RuntimeError("no idea")

    async with make(broken, people=SPEAKERS) as house:
        await house.write(RITA, "go")

        assert house.texts(BEN)[-1].startswith("broken a échoué pour Rita (")
        assert house.texts(RITA)[-1].startswith("Lo siento, he tenido un error")


async def test_trouble_of_the_gateway_itself_has_its_time(make: Make, runtime: HandRuntime):
    """
    What no conversation is about is told to the owner in their language, the day and the hour too.
    """
    async with a_house(make, World()) as house:
        await house.notices.tell("restored.owner", "restored", at=runtime.now() - 86_400)
        await runtime.settle()

        assert "à partir d’une sauvegarde, 22:13 UTC le lundi 13 novembre." in house.texts(BEN)[-1]


async def test_letters_that_one_person_reads_are_in_their_language(make: Make):
    """
    A thread of mail belongs to nobody; as long as one person alone reads it, it is in their words and their time.
    """
    async with a_house(make, World()) as house:
        here = Conversation(ConversationKey("email:bot/thread"), house.world, Ongoing())
        ana, ben = (Identity(f"slack:T1/{user}") for user in (ANA, BEN))
        said = []
        for head in (None, Letterhead(to=(ana,)), Letterhead(to=(ana,), copies=(ben,))):
            here.state = ConversationState(head=head)
            said.append((here.say("form.yes"), here.words(here.key).say("form.no"), here.clock(NOON + 86_400)))

        assert [("Yes", "No"), ("Ja", "Nein"), ("Yes", "No")] == [words[:2] for words in said]
        assert [True, False, True] == [" on " in time for _, _, time in said]


async def test_a_card_keeps_the_language_in_which_it_was_sent(make: Make):
    """
    What is said after somebody's language was changed is in the new one; what stands there stays.
    """
    async with make(asker(Question("Which tag?")), people=SPEAKERS) as house:
        await house.write(ANA, "los")
        house.world.directory.replace(PEOPLE)
        title, how = house.card(ANA).card.title, house.card(ANA).card.how
        await house.write(ANA, "v2", under=house.card(ANA).id)

        assert ("Which tag?", True) == (title, how.startswith("Schreib deine Antwort hier."))
        assert ("Answered by Ana, 22:13 UTC: v2",) == house.card(ANA).card.notes


async def test_a_command_is_answered_in_its_writers_language(make: Make):
    """
    Who types a command is told at once, in their words.
    """
    async with a_house(make, World()) as house:
        said = [
            house.gate.confirm("/bot", Identity(f"slack:T1/{user}"), empty=False) for user in (ANA, BEN, RITA, OTTO)
        ]

        assert ["Verstanden.", "C’est noté.", "Entendido.", "Got it."] == [f"{one.partition('.')[0]}." for one in said]
