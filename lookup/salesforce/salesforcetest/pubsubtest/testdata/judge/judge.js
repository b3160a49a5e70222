// Follows the simulated org the way an independent client does and prints what it
// got as one JSON object. Arguments: host:port, instance, org id, access token.
// What it is to be told may come when it has subscribed, after "ready".
import PubSubApiClient from "salesforce-pubsub-api-client";

const [pubSubEndpoint, instanceUrl, organizationId, accessToken] = process.argv.slice(2);
const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const topic = "/data/ContactChangeEvent";
const connect = async () => {
  const client = new PubSubApiClient(
    { authType: "user-supplied", accessToken, instanceUrl, organizationId, pubSubEndpoint, rejectUnauthorizedSsl: false },
    quiet,
  );
  await client.connect();
  return client;
};
const told = (event) => {
  const { ChangeEventHeader: header, ...fields } = event.payload;
  const set = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
  delete set.CreatedDate;
  delete set.LastModifiedDate;
  delete set.OwnerId;
  return {
    change: header.changeType,
    entity: header.entityName,
    records: header.recordIds.length,
    changed: header.changedFields,
    nulled: header.nulledFields,
    fields: set,
  };
};
// follow gives the next n events, or the error that the stream ends with.
const follow = (client, n, begin) =>
  new Promise((resolve) => {
    const events = [];
    begin(client, (subscription, type, data) => {
      if (type === "event") events.push(data);
      if (type === "error") resolve(data.metadata?.get?.("error-code")?.[0] ?? data.code ?? String(data));
      if (events.length === n) resolve(events);
    });
  });

const first = await connect();
const events = follow(first, 4, (client, callback) => client.subscribe(topic, callback));
setTimeout(() => console.log("ready"), 0);
// The client fetches the schema for each event until it has it, and hands the
// first ones on as they get ready.
const all = (await events).sort((a, b) => a.replayId - b.replayId);
first.close();

const second = await connect();
const again = await follow(second, 2, (client, callback) => client.subscribeFromReplayId(topic, callback, null, all[1].replayId));
second.close();

const third = await connect();
const earliest = await follow(third, 4, (client, callback) => client.subscribeFromEarliestEvent(topic, callback));
const lost = await follow(third, 1, (client, callback) => client.subscribeFromReplayId("/data/AccountChangeEvent", callback, null, 1));
third.close();

console.log(
  JSON.stringify({
    events: all.map(told),
    again: again.map((e) => e.replayId - all[1].replayId),
    earliest: earliest.map((e) => e.replayId - all[0].replayId),
    lost,
  }),
);
process.exit(0);
