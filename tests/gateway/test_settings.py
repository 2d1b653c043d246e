"""
Settings: one line for each fault, secrets never in the file, precedence.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from gateway import bootstrap, settings
from gateway.errors import SettingsError
from gateway.sections import AgentSettings, Server
from gateway.settings_example import example
from gateway.settings_people import PersonSettings
from gateway.settings_policy import PolicySettings

OWNER = '[[people]]\nid = "ben"\nname = "Ben"\nroles = ["owner"]\n'
RULE = OWNER + "[[policy]]\ntool='x'\nroles=['owner']\n"
OTHER = OWNER + "[[people]]\nid='a'\nname='A'\n"
GONE = OWNER + "away={}\n[[people]]\nid='a'\nname='A'\ndeputy='ben'\naway=['2026-12-24/2027-01-06']\n"
SLACK = '[[slack]]\naccount = "T1"\nbot_token = "env:BOT"\napp_token = "env:APP"\n'
AGENT = "[[agents]]\nuse = ['a:b']\nlisten = ['slack']\n"
SECRETS = {"BOT": "xoxb-1", "APP": "xapp-1", "CI": "c" * 16, "SHORT": "secret"}
SECRETS["HOOK"] = f"whsec_{'A' * 32}"
CLIENT = "[[clients]]\nname = 'ci'\ntoken = 'env:CI'\n"
HOOKED = "webhook_secret = 'env:HOOK'\n"


@pytest.fixture
def load(tmp_path: Path):
    def load(text: str, environment: dict[str, str] | None = None, **explicit: object) -> settings.Settings:
        file = tmp_path / "ringback.toml"
        file.write_text(text)
        return settings.load(file, SECRETS if environment is None else environment, **explicit)

    return load


def test_the_least_that_is_needed(load):
    """
    Somebody who owns it is all that has to be set.
    """
    loaded = load(OWNER)

    assert (8080, "info", []) == (loaded.server.port, loaded.log.level, loaded.agents)


def test_ones_own_words_are_of_a_language(load):
    """
    What stands in `[sentences]` itself is in the gateway's own language, other languages have a table each.
    """
    german = "[server]\nlanguage = 'de'\n[sentences]\n'button.approve' = 'Nur zu'\n"
    spoken = load(OWNER + german + "[sentences.fr]\n'button.deny' = 'Pas question'").catalogues()

    assert ["Nur zu", "Ablehnen"] == [spoken.of("").say(key) for key in ("button.approve", "button.deny")]
    assert ["Approuver", "Pas question"] == [spoken.of("fr").say(key) for key in ("button.approve", "button.deny")]
    assert "Deny" == spoken.of("en").say("button.deny")


def test_who_is_away_has_a_deputy_who_is_there(load):
    """
    Days are those of the person's own clock, the last one whole; of two who are away in turn each may be the other's.
    """
    loaded = load(GONE.format("['2027-01-07']\ndeputy='a'") + "timezone='Europe/Berlin'")

    ben, a = loaded.directory()
    assert ("a", "ben") == (ben.deputy, a.deputy)
    berlin = ZoneInfo("Europe/Berlin")
    (days,) = a.away
    assert datetime(2026, 12, 24, tzinfo=berlin).timestamp() == days.begins
    assert datetime(2027, 1, 7, tzinfo=berlin).timestamp() == days.ends


@pytest.mark.parametrize(
    ("text", "key", "remedy"),
    [
        ("", "people", "nobody has the role 'owner'"),
        (OWNER + "[server]\nprot = 1", "server.prot", "there is no such setting"),
        (OWNER + "[server]\nport = 99999", "server.port", "less than or equal to 65535"),
        (OWNER + "[[agents]]\nlisten = ['slack']", "agents[0].use", "is missing"),
        (OWNER + "[slack]\naccount = 'T1'", "slack", "two brackets"),
        (OWNER + "[[slack]]\nbot_token = 'env:BOT'\napp_token = 'env:APP'", "slack[0].account", "is missing"),
        (OWNER + SLACK.replace("env:BOT", "xoxb-secret"), "slack[0].bot_token", "secrets do not stand in the file"),
        (OWNER + SLACK.replace("env:BOT", "env:NONE"), "slack[0].bot_token", "set the environment variable NONE"),
        (OWNER + SLACK.replace("env:BOT", "file:/nowhere"), "slack[0].bot_token", "cannot be read"),
        (OWNER + SLACK.replace("env:BOT", "file:/\\u0000"), "slack[0].bot_token", "cannot be read"),
        ("slack = [1]\n" + OWNER, "slack[0]", "a table of its own"),
        (OWNER + "[server]\nhost = ''", "server.host", "at least 1 character"),
        ("x = " + "[" * 100_000, "--config", "nested too deeply"),
        (f"x = {'9' * 5_000}", "--config", "cannot be read"),
        (OWNER + "[[policy]]\ntool = 'x'", "policy[0]", "nobody who may approve"),
        (OWNER + "[[policy]]\ntool='x'\nroles = ['nobody']", "policy[0].roles", "has the role 'nobody'"),
        (OWNER + "[[policy]]\ntool='x'\npeople = ['eve']", "policy[0].people", "there is no 'eve'"),
        (RULE + "deadline='soon'", "policy[0].deadline", "like 24h"),
        (RULE + "targets=['people', '#x']", "policy[0].targets[1]", "channel:account/place"),
        (RULE + "reassign=['role:ghost']", "policy[0].reassign", "role 'ghost'"),
        (RULE + "reassign=['eve']", "policy[0].reassign", "'eve' is nobody"),
        (RULE + "quorum=2", "policy[0]", "those who may decide are Ben"),
        (RULE + "quorum=0", "policy[0].quorum", "greater than or equal to 1"),
        (RULE + "thresholds=[{roles=['ghost']}]", "policy[0].thresholds", "has the role 'ghost'"),
        (
            OWNER + "[[policy]]\ntool='*'\neffect='allow'\n[[policy]]\ntool='x'\neffect='forbid'",
            "policy[1]",
            "never speaks: all its calls fit policy[0]",
        ),
        (RULE + "when={amount={over=5}}", "policy[0].when", "there is no comparison 'over'"),
        (RULE + "reminders=['1h', 'soon']", "policy[0].reminders[1]", "like 24h"),
        (RULE + "ladder=[{after='soon'}]", "policy[0].ladder[0].after", "like 24h"),
        (RULE + "digest=['noon']", "policy[0].digest[0]", "no time of day"),
        (RULE + "gather='2h'", "policy[0].gather", "longer than an hour"),
        (RULE + "hours=['noon']", "policy[0].hours[0]", "are no hours"),
        (RULE + "requester=['role:ghost']", "policy[0].requester", "has the role 'ghost'"),
        (RULE + "grants=['1h', 'forever']", "policy[0].grants[1]", "or one of thread, until_revoked"),
        (RULE + "grants=['1h','1h']", "policy[0].grants", "stands there twice"),
        (RULE + "grants=['1h']\ngrant_uses=0", "policy[0].grant_uses", "greater than or equal to 1"),
        (RULE + "grants=['1h']\nquorum=2", "policy[0].grants", "only where one is enough"),
        (
            RULE + "grants=['1h']\nneed='all'\nthresholds=[{people=['ben']}, {roles=['owner']}]",
            "policy[0].grants",
            "only where one is enough",
        ),
        (RULE + "grants=['1h']\nurgency='high'", "policy[0].grants", "is not for what is urgent"),
        (RULE + "grant_by=['environment']", "policy[0].grants", "permits none"),
        (RULE + "effect='allow'\ngrants=['1h']", "policy[0].grants", "for rules that ask"),
        (RULE + "effect='allow'\nin_turn=true", "policy[0].in_turn", "for rules that ask"),
        (RULE + "targets=['origin']\nin_turn=true", "policy[0].in_turn", "name it in targets"),
        (RULE + "requester=['eve']", "policy[0].requester", "no 'eve'"),
        (OWNER + OWNER, "people[1].id", "two people called 'ben'"),
        (OTHER + "identities=['x']", "people[1].identities[0]", "channel:account/place"),
        (OTHER + "quiet=['22-7']", "people[1].quiet", "like Mon-Fri 09:00-17:00"),
        (OTHER + "quiet=['0:00-24:00']", "people[1].quiet", "they are never over"),
        (OTHER + "quiet=['7:00-8:00', '8:00-7:00']", "people[1].quiet", "never over"),
        (OTHER + "away=['2026-12-24 to 2027-01-06']", "people[1].away", "like 2026-12-24/2027-01-06"),
        (OTHER + "away=['2027-01-06/2026-12-24']", "people[1].away", "ends before it begins"),
        (OTHER + "deputy='eve'", "people[1].deputy", "there is no 'eve'"),
        (OTHER + "deputy='a'", "people[1].deputy", "nobody decides in their own stead"),
        (GONE.format("['2026-12-31/2027-01-02']"), "people[1].deputy", "A and Ben are all away on 2026-12-31"),
        (GONE.format("['2026-12-31']\ndeputy='a'"), "people[0].deputy", "Ben and A are all away on 2026-12-31"),
        (OTHER + "digest=['9']", "people[1].digest[0]", "no time of day"),
        (OTHER + "timezone='Mars'", "people[1].timezone", "like Europe/Berlin"),
        (OTHER + "language='tlh'", "people[1].language", "there are "),
        (OWNER + "[server]\nlanguage='tlh'", "server.language", "no language 'tlh'; there are "),
        (OWNER + "[sentences.tlh]\n'button.deny'='x'", "sentences", "no language 'tlh'; there are "),
        (OWNER + "[sentences.en]\n'no.such'='x'", "sentences", "no sentence 'no.such'"),
        (OWNER + AGENT + "model='m'", "agents[0].model", "there is no 'm'"),
        (
            OWNER + AGENT + AGENT.replace("'slack'", "'slack:T1/C1'"),
            "agents[1].listen",
            "slack:T1/C1 overlaps with slack of agents[0]",
        ),
        (OWNER + "[[server]]\nport = 1", "server", "one bracket"),
        (OWNER + SLACK + "[[agents]]\nuse=['a:b']\nlisten=['slak']", "agents[0].listen", "there is slack:T1"),
        (OWNER + SLACK + AGENT + "start=['role:relase']", "agents[0].start", "has the role 'relase'"),
        (OWNER + SLACK + AGENT + "start=['rtia']", "agents[0].start", "'rtia' is nobody"),
        (OWNER + SLACK + AGENT, "people", "has an account where trouble could be told"),
        (OWNER + SLACK + "[ops]\nconversation = 'slack:T2/C1'", "ops.conversation", "no account that is configured"),
        (SLACK + RULE + "targets=['slack:T2/C1']", "policy[0].targets", "no account that is configured"),
        (RULE + "deadline='4000000d'", "policy[0].deadline", "than a year"),
        (OWNER + "[sentences]\n'no.such' = 'x'", "sentences", "there is no sentence"),
        (OWNER + "[ops]\nconversation = 'x'", "ops.conversation", "channel:account/place"),
        (OWNER + CLIENT.replace("env:CI", "secret"), "clients[0].token", "secrets do not stand in the file"),
        (OWNER + CLIENT.replace("CI", "SHORT"), "clients[0].token", "at least 16"),
        (OWNER + CLIENT.replace("'ci'", "'C I'"), "clients[0].name", "pattern"),
        (OWNER + CLIENT.replace("'ci'", "'cli'"), "clients[0].name", "'cli' is taken"),
        (OWNER + CLIENT + CLIENT, "clients[1].name", "'ci' is taken"),
        (OWNER + CLIENT + CLIENT.replace("'ci'", "'b'"), "clients[1].token", "another client has this token"),
        (OWNER + CLIENT + "ask = ['role:pilot']", "clients[0].ask", "has the role 'pilot'"),
        (OWNER + CLIENT + "ask = ['anyone']", "clients[0].ask", "'anyone' is nobody"),
        (OWNER + CLIENT + "to = ['people']", "clients[0].to", "'people' is nobody"),
        (OWNER + CLIENT + "to = []", "clients[0].to", "names nobody"),
        (OWNER + CLIENT + "scopes = ['all']", "clients[0].scopes[0]", "requests:read"),
        (OWNER + CLIENT.replace("[[clients]]", "[clients]"), "clients", "two brackets"),
        (OWNER + CLIENT + "webhook = 'https://ci.example/'", "clients[0].webhook_secret", "webhooks are signed"),
        (OWNER + CLIENT + "webhook_secret = 'env:CI'", "clients[0].webhook_secret", "whsec_ and 24 to 64 bytes"),
        (OWNER + CLIENT + HOOKED + "webhook = 'http://10.0.0.1'", "clients[0].webhook", "https:// URL"),
        (OWNER + CLIENT + HOOKED + "webhook = 'https://10.0.0.1'", "clients[0].webhook", "leads inside"),
        ("people = [", "--config", "cannot be read"),
        ("channels = {}\n" + OWNER, "channels", "no such"),
    ],
)
def test_a_wrong_setting_is_one_line(load, text: str, key: str, remedy: str):
    """
    What is wrong is said in one line: the key, the file, what to do.
    """
    with pytest.raises(SettingsError) as refused:
        load(text)
    line = str(refused.value)

    assert line.startswith(key)
    assert "ringback.toml" in line
    assert remedy in line
    assert "\n" not in line
    assert "secret" not in line.replace("secrets do not", "").replace("webhook_secret", "")


def test_a_missing_file_says_how_to_make_one():
    """
    Without a file the remedy is the command that makes one.
    """
    with pytest.raises(SettingsError, match=r"ringback config example > ringback\.toml"):
        settings.load(Path("/nowhere/ringback.toml"), {})


def test_secrets_come_from_the_environment_or_a_file(load, tmp_path: Path):
    """
    env:NAME, the file that NAME_FILE names, file:PATH; none of them shows in a representation.
    """
    (tmp_path / "token").write_text("xoxb-2\n")
    text = OWNER + SLACK
    sources = (
        load(text),
        load(text, {"BOT_FILE": str(tmp_path / "token"), "APP": "xapp-1"}),
        load(text.replace("env:BOT", f"file:{tmp_path / 'token'}")),
    )
    accounts = [loaded.channels["slack"][0] for loaded in sources]

    assert ["xoxb-1", "xoxb-2", "xoxb-2"] == [account.bot_token.get_secret_value() for account in accounts]
    assert "xoxb" not in repr(accounts)


def test_the_token_of_the_metrics_is_a_secret(load, tmp_path: Path):
    """
    It is read as every secret is, shows nowhere, and is refused where it stands in the file itself.
    """
    (tmp_path / "token").write_text("m-secret\n")
    metrics = '[metrics]\ntoken = "env:METRICS"\n'
    loaded = [
        load(OWNER + metrics, {"METRICS": "m-secret"}),
        load(OWNER + metrics, {"METRICS_FILE": str(tmp_path / "token")}),
    ]

    assert ["m-secret"] * 2 == [one.metrics.token.get_secret_value() for one in loaded]
    assert "m-secret" not in repr(loaded)
    assert bootstrap.secrets(loaded[0]) == ["m-secret"]
    with pytest.raises(SettingsError, match=r"metrics\.token .*secrets do not stand in the file"):
        load(OWNER + '[metrics]\ntoken = "m-secret"\n', {})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[retention]\nraw = "soon"', r"retention\.raw .*'soon' is no duration"),
        ('[retention]\ncontexts = "400d"', r"retention\.contexts .*longer than a year"),
        ('[retention]\ntexts = "4000d"', r"retention\.texts .*longer than ten years"),
        ("[limits]\nstarts_per_hour = -1", r"limits\.starts_per_hour .*greater than or equal to 0"),
        ('[limits]\ntokens_per_run = "many"', r"limits\.tokens_per_run .*valid integer"),
    ],
)
def test_limits_and_retention_that_make_no_sense(load, text: str, said: str):
    """
    Each is one line with its key.
    """
    with pytest.raises(SettingsError, match=said):
        load(OWNER + text)


def test_texts_may_be_kept_for_years(load):
    """
    Longer than anything that waits, and empty for ever.
    """
    assert "1000d" == load(OWNER + '[retention]\ntexts = "1000d"').retention.texts
    assert "" == load(OWNER).retention.texts


def test_explicit_over_environment_over_file(load):
    """
    A command-line option holds over a variable, that over the file, and that over the default.
    """
    text = OWNER + "[server]\nport = 1\nhost = 'file'\n"
    environment = {"RINGBACK_SERVER_PORT": "2", "RINGBACK_SERVER_HOST": "environment"}

    assert (1, "file") == (load(text, {}).server.port, load(text, {}).server.host)
    assert 2 == load(text, environment).server.port
    explicit = load(text, environment, server={"port": 3, "host": None}).server
    assert (3, "environment") == (explicit.port, explicit.host)


def test_rules_and_people_are_values_of_the_core(load):
    """
    The file becomes the policy's rules and the directory's people.
    """
    loaded = load(
        OWNER
        + SLACK
        + "[[policy]]\ntool = 'deploy'\nwhen = { environment = ['a', 'b'] }\nroles = ['owner']\n"
        + "exclude_requester = true\ntargets = ['people', 'slack:T1/C1']\ndeadline = '90m'\n"
    )
    (rule,) = loaded.rules()

    assert ("deploy", {"environment": ["a", "b"]}, ("owner",), True) == (
        rule.tool,
        rule.when,
        rule.who.roles,
        rule.who.exclude_requester,
    )
    assert (("people", "slack:T1/C1"), 5_400) == (rule.where.targets, rule.patience)
    assert ["ben"] == [person.id for person in loaded.directory()]


def test_the_example_is_a_file_that_loads(load):
    """
    What `ringback config example` prints is valid once its secrets are set, and shows every setting.
    """
    text = example()
    secrets = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1", "MAIL_PASSWORD": "x", "MAIL_SECRET": "x" * 32}
    loaded = load(text, secrets)

    assert "ana" == loaded.people[0].id
    for section in (Server, AgentSettings, PersonSettings, PolicySettings):
        for name, field in section.model_fields.items():
            assert f"{name} = " in text
            assert str(field.description) in text
