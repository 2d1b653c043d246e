// An app on Slack's own library for Node. Only the address of Slack is not the real one; everything else is as in
// Slack's examples. It answers "hello" with a button, a press with a modal, and the modal with what was entered.
const { App } = require("@slack/bolt");

const { MODE, API, BOT_TOKEN, APP_TOKEN, SIGNING_SECRET } = process.env;

const app = new App({
  token: BOT_TOKEN,
  clientOptions: { slackApiUrl: API },
  ...(MODE === "http" ? { signingSecret: SIGNING_SECRET } : { socketMode: true, appToken: APP_TOKEN }),
});

app.message("hello", async ({ message, say }) => {
  const button = { type: "button", action_id: "open", text: { type: "plain_text", text: "Open" } };
  await say({
    text: `Hello <@${message.user}>`,
    blocks: [{ type: "actions", elements: [button] }],
    thread_ts: message.ts,
  });
});

app.action("open", async ({ ack, body, client }) => {
  await ack();
  const element = { type: "plain_text_input", action_id: "text" };
  await client.views.open({
    trigger_id: body.trigger_id,
    view: {
      type: "modal",
      callback_id: "form",
      private_metadata: body.channel.id,
      title: { type: "plain_text", text: "Why" },
      submit: { type: "plain_text", text: "Send" },
      blocks: [{ type: "input", block_id: "why", label: { type: "plain_text", text: "Why" }, element }],
    },
  });
});

app.view("form", async ({ ack, view, client }) => {
  const text = view.state.values.why.text.value;
  if (text === "no") {
    await ack({ response_action: "errors", errors: { why: "Say more." } });
    return;
  }
  await ack();
  await client.chat.postMessage({ channel: view.private_metadata, text: `Because ${text}` });
});

app.command("/ringback", async ({ ack, command }) => ack(`You said ${command.text}`));

app.message("file", async ({ message, client }) => {
  const file = message.files[0];
  const got = await fetch(file.url_private, { headers: { authorization: `Bearer ${BOT_TOKEN}` } });
  await client.filesUploadV2({
    channel_id: message.channel,
    filename: "copy.txt",
    file: Buffer.from(await got.arrayBuffer()),
    initial_comment: `A copy of ${file.name}`,
  });
});

app.start({ port: 0, host: "127.0.0.1" }).then((server) => {
  console.log(JSON.stringify({ port: MODE === "http" ? server.address().port : 0 }));
});
