// Asks the simulated org the way an independent client does and prints what it
// got as one JSON object. Arguments: URL, consumer key, consumer secret.
import jsforce from "jsforce";

const [url, clientId, clientSecret] = process.argv.slice(2);
const org = new jsforce.Connection({ instanceUrl: url, oauth2: { loginUrl: url, clientId, clientSecret }, version: "66.0" });
const result = {};

await org.authorize({ grant_type: "client_credentials" });
const described = await org.sobject("Contact").describe();
result.phones = described.fields.filter((f) => f.type === "phone").map((f) => f.name);

const paged = await org.query("SELECT Id, Name, Account.Name FROM Contact ORDER BY Id", { autoFetch: true, maxFetch: 10000 });
result.records = paged.records.length;
result.company = paged.records[0].Account.Name;
result.total = paged.totalSize;

const created = await org.sobject("Contact").create({ LastName: "O'Beispiel", Phone: "030 23125-101" });
result.created = created.success;
await org.sobject("Contact").update({ Id: created.id, FirstName: "Berta" });
const found = await org.sobject("Contact").find({ LastName: "O'Beispiel" }, ["Id", "Name"]).limit(1);
result.name = found[0].Name;
const whole = await org.sobject("Contact").retrieve(created.id);
result.phone = whole.Phone;
await org.sobject("Contact").destroy(created.id);
const bin = await org.query("SELECT Id FROM Contact WHERE IsDeleted = true", { scanAll: true });
result.deleted = bin.totalSize;

const stream = await org.bulk2.query("SELECT Id, Name, Account.Name FROM Contact", { pollInterval: 20, pollTimeout: 10000 });
const rows = await stream.toArray();
result.bulk = rows.length;
result.bulkIds = new Set(rows.map((r) => r.Id)).size;
result.bulkCompany = rows[0]["Account.Name"];

try {
  await org.query("SELECT Nothing FROM Contact");
} catch (err) {
  result.error = err.errorCode;
}
result.limit = org.limitInfo.apiUsage.limit;
console.log(JSON.stringify(result));
