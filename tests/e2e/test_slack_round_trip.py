"""
The main job, as people see it: asked on Slack, approved on Slack, done.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.e2e.player import APPROVALS, Player
from tests.e2e.processes import Sandbox, running, until

NOT_FOR_YOU = "I do not know who you are"


@pytest.fixture(scope="module", params=["socket", "http"])
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """Slack speaks to the gateway over a socket, and by signed requests."""
    with running(f"test_slack_round_trip-{request.param}", "--mode", request.param) as started:
        yield started


@pytest.fixture
def size(sandbox: Sandbox) -> str:
    """The one on a desktop, the other on a phone."""
    return "phone" if sandbox.over_http() else "desktop"


@pytest.mark.timeout(90)
def test_deployment_is_asked_approved_and_told(player: Player, sandbox: Sandbox):
    """
    An outsider's press changes nothing and only they are told; an approver's question reaches the requester and the
    answer comes back under the card; one press settles every card, even where Slack is slow, and it happens once.
    """
    tag = "v1.4.2"
    player.ask_for(tag)

    player.be("Otto, outsider", APPROVALS)
    player.press(player.message(tag), "Approve")
    expect(player.message(NOT_FOR_YOU)).to_contain_text("Only visible to you")
    player.be("Ana, approver", APPROVALS)
    expect(player.message(tag).get_by_role("button", name="Approve", exact=True)).to_be_visible()
    expect(player.message(NOT_FOR_YOU)).to_have_count(0)

    player.be("Ana, approver")
    player.reply(player.message(tag), "yes but not before five")
    expect(player.thread()).to_contain_text("Passed to Rita Ray; still open.")
    player.be("Rita, requester")
    expect(player.message("Ana Lima asks about")).to_contain_text("yes but not before five")
    player.write("fine, at six then")
    player.be("Ana, approver")
    expect(player.message(tag)).to_contain_text("Rita Ray: fine, at six then")
    assert sandbox.changes() == []

    slow = {"on": "chat.update", "kind": "rate_limit", "channel": "CAPPROVALS", "retry_after": 1, "times": 2}
    sandbox.post("/slack/faults", slow)
    player.press(player.message(tag), "Approve")
    expect(player.message(tag)).to_contain_text("Approved by Ana Lima")
    expect(player.message(tag).get_by_role("button", name="Approve", exact=True)).to_have_count(0)
    expect(player.message(tag)).to_contain_text("deploy done")

    player.be("Ana, approver", APPROVALS)
    expect(player.message(tag)).to_contain_text("Approved by Ana Lima")
    expect(player.message(tag)).to_contain_text("deploy done")
    expect(player.message(tag).get_by_role("button", name="Approve", exact=True)).to_have_count(0)
    assert sandbox.get("/slack/faults") == [], "the channel was not slow"

    player.be("Rita, requester")
    expect(player.message("v1.4.2 is in production now")).to_be_visible()
    (change,) = sandbox.changes()
    assert (change["tag"], change["attempt"]) == (tag, 1)
    expect(player.deployments).to_contain_text("1 change")


def test_log_and_context_stand_beside_it(player: Player):
    """
    The newest thread's events are listed by their names, in order, and the exact text of its newest model call.
    """
    player.be("Rita, requester")
    player.write("list")
    expect(player.message("production:")).to_be_visible()

    told = ["RunStarted", "ModelAnswered", "ToolStarted", "ToolFinished", "ModelAnswered", "Replied", "RunEnded"]
    until(lambda: player.events()[-len(told) :] == told)
    expect(player.context).to_contain_text('<result of="list_deployments"')
    assert player.context.text_content().endswith("What is the next step?")


@pytest.mark.timeout(90)
def test_denial_carries_its_reason(player: Player, sandbox: Sandbox):
    """
    A denial with a reason, given in the form, stands on the card and reaches the requester; nothing happens.
    """
    tag, before = "v9.9.9", sandbox.changes()
    player.ask_for(tag)

    player.be("Ben, approver")
    player.press(player.message(tag), "Deny with a reason")
    form = player.page.get_by_role("dialog", name="Deny this request")
    form.get_by_label("Reason").fill("It is Friday.")
    form.get_by_role("button", name="Deny").click()
    expect(form).to_be_hidden()

    expect(player.message(tag)).to_contain_text("Denied by Ben Okri")
    expect(player.message(tag)).to_contain_text("It is Friday.")
    player.be("Rita, requester")
    expect(player.message("It is Friday.")).to_be_visible()
    until(lambda: player.events()[-1:] == ["RunEnded"])
    assert sandbox.changes() == before


def test_a_request_is_handed_on(player: Player, sandbox: Sandbox):
    """
    An approver hands a request to the other one by the form: their own card has no buttons and says so, the other one
    approves, and it runs.
    """
    tag = "v9.9.8"
    player.ask_for(tag)

    player.be("Ana, approver")
    player.press(player.message(tag), "Hand on")
    form = player.page.get_by_role("dialog", name="Hand it on")
    expect(form.get_by_label("To whom")).not_to_contain_text("Ana Lima")
    form.get_by_label("To whom").select_option("Ben Okri")
    form.get_by_role("button", name="Hand on").click()
    expect(form).to_be_hidden()

    expect(player.message(tag)).to_contain_text("Handed to Ben Okri by Ana Lima")
    expect(player.message(tag).get_by_role("button", name="Approve", exact=True)).to_have_count(0)
    player.be("Ben, approver")
    expect(player.message(tag)).to_contain_text("Handed to Ben Okri by Ana Lima")
    player.press(player.message(tag), "Approve")
    expect(player.message(tag)).to_contain_text("Approved by Ben Okri")
    until(lambda: [change["tag"] for change in sandbox.changes()][-1:] == [tag])
    player.be("Rita, requester")
    until(lambda: player.events()[-1:] == ["RunEnded"])


def test_agent_sends_and_reads_files(player: Player):
    """
    An export comes as a file that can be opened; a file that somebody attached stands in the model's context by its
    name, kind and size, and the agent says what is in it.
    """
    player.be("Rita, requester")
    player.write("export the list as a file")
    exported = player.message("This is what runs where.")
    with player.page.expect_download() as coming:
        exported.get_by_role("link", name="deployments.csv").click()
    assert coming.value.path().read_text().splitlines()[0] == "environment,tag"

    plan = {"name": "plan.txt", "mimeType": "text/plain", "buffer": b"v1.4.2 on Monday\nv1.5.0 on Tuesday\n"}
    player.pane.get_by_label("Attach").set_input_files(plan)
    player.write("what is in this?")
    expect(player.message("plan.txt has 2 lines")).to_contain_text("v1.4.2 on Monday")
    expect(player.context).to_contain_text("[attached: plan.txt, text/plain, 35 bytes]")
    expect(player.context).not_to_contain_text("files-pri")


@pytest.mark.timeout(90)
def test_work_in_a_channel_is_seen(player: Player, sandbox: Sandbox):
    """
    While a roll-out is watched, those in the channel see that the agent is at work; when it is out, they see that.
    """
    player.be("Rita, requester", APPROVALS)
    player.write(f"<@{sandbox.call('auth.test', {})['user_id']}> deploy v3.1.0 to staging")
    expect(player.pane.get_by_text("is working on it…")).to_be_visible()
    player.message("deploy v3.1.0").get_by_role("button", name="1 reply").click()
    expect(player.thread()).to_contain_text("v3.1.0 is in staging now")
    expect(player.pane.get_by_text("is working on it…")).to_be_hidden()
