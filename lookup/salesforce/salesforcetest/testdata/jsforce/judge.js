// Asks the simulated org the way an independent client does and prints what it
// got as one JSON object. Arguments: URL, consumer key, consumer secret, and a
// user's name and password.
import jsforce from "jsforce";

const [url, clientId, clientSecret, username, password] = process.argv.slice(2);
const org = new jsforce.Connection({ instanceUrl: url, oauth2: { loginUrl: url, clientId, clientSecret }, version: "66.0" });
const result = {};
const refused = async (f) => {
  try {
    return await f();
  } catch (err) {
    return err.errorCode ?? String(err);
  }
};

// Who we are, and what there is.
await org.authorize({ grant_type: "client_credentials" });
const me = await org.identity();
result.me = [me.username, me.organization_id === me.id.split("/").at(-2), me.active];
result.versions = (await org.request("/services/data")).some((v) => v.version === "66.0");
const described = await org.sobject("Contact").describe();
result.phones = described.fields.filter((f) => f.type === "phone").map((f) => f.name);
result.external = described.fields.filter((f) => f.externalId).map((f) => f.name);
result.objects = (await org.describeGlobal()).sobjects.filter((o) => o.queryable).length > 5;
result.limits = (await org.limits()).DailyApiRequests.Max;

// Pages.
const paged = await org.query("SELECT Id, Name, Account.Name FROM Contact ORDER BY Id", { autoFetch: true, maxFetch: 10000 });
result.records = paged.records.length;
result.company = paged.records[0].Account.Name;
result.total = paged.totalSize;
const first = await org.query("SELECT Id FROM Contact ORDER BY Id");
const second = await org.queryMore(first.nextRecordsUrl);
result.pages = [first.records.length, first.done, second.records.length, second.records[0].Id > first.records.at(-1).Id];
result.count = (await org.query("SELECT COUNT() FROM Contact")).totalSize;
result.some = await org.sobject("Contact").count({ LastName: { $like: "Muster-1%" } });

// One record.
const contacts = org.sobject("Contact");
const created = await contacts.create({ LastName: "O'Beispiel", Phone: "030 23125-101" });
result.created = created.success;
await contacts.update({ Id: created.id, FirstName: "Berta" });
const found = await contacts.find({ LastName: "O'Beispiel" }, ["Id", "Name"]).limit(1);
result.name = found[0].Name;
const whole = await contacts.retrieve(created.id);
result.phone = whole.Phone;

// By external id.
const key = "Kunde__c";
const upserted = [
  await contacts.upsert({ [key]: "K-1", LastName: "Beispiel" }, key),
  await contacts.upsert({ [key]: "K-1", FirstName: "Maria" }, key),
];
result.upserted = upserted.map((r) => r.created);
result.byKey = (await org.request(`/sobjects/Contact/${key}/K-1`)).Name;
result.onlyUpdate = await refused(() => org.requestPatch(`/sobjects/Contact/${key}/K-2?updateOnly=true`, { LastName: "Niemand" }));
await contacts.create({ LastName: "Doppelt", [key]: "K-1" });
result.several = await refused(async () => (await org.requestPatch(`/sobjects/Contact/${key}/K-1`, { FirstName: "Wer" })).length);

// Collections: each for itself, all or none.
const wrong = [{ LastName: "Eins" }, { FirstName: "Ohne" }];
result.collection = (await contacts.create(wrong)).map((r) => r.success);
result.allOrNone = (await contacts.create(wrong, { allOrNone: true })).map((r) => r.errors[0].statusCode);
result.left = (await contacts.find({ LastName: "Eins" }, ["Id"])).length;
const many = await contacts.create(Array.from({ length: 250 }, (_, i) => ({ LastName: `Viele-${i}` })), { allowRecursive: true });
result.many = many.filter((r) => r.success).length;
result.retrieved = (await contacts.retrieve(many.slice(0, 3).map((r) => r.id), { fields: ["Name"] })).map((r) => r.Name);
const gone = await contacts.destroy(many.map((r) => r.id), { allowRecursive: true });
result.gone = gone.filter((r) => r.success).length;
result.again = await refused(() => contacts.destroy(many[0].id));

// Several requests in one.
const composite = await org.requestPost("/composite", {
  compositeRequest: [
    { method: "POST", url: "/services/data/v66.0/sobjects/Account", referenceId: "firm", body: { Name: "Verbund GmbH" } },
    { method: "POST", url: "/services/data/v66.0/sobjects/Contact", referenceId: "person", body: { LastName: "Verbund", AccountId: "@{firm.id}" } },
    { method: "GET", url: "/services/data/v66.0/query?q=SELECT+Account.Name+FROM+Contact+WHERE+Id='@{person.id}'", referenceId: "read" },
    { method: "GET", url: "/services/data/v66.0/sobjects/Contact/@{nobody.id}", referenceId: "lost" },
  ],
});
result.composite = composite.compositeResponse.map((r) => r.httpStatusCode);
result.compositeCompany = composite.compositeResponse[2].body.records[0].Account.Name;

// Changes.
await contacts.destroy(created.id);
const bin = await org.query("SELECT Id FROM Contact WHERE IsDeleted = true AND LastName = 'O\\'Beispiel'", { scanAll: true });
result.deleted = bin.totalSize;
const now = Date.now();
const [from, to] = [new Date(now - 600000), new Date(now + 120000)];
const deleted = await contacts.deleted(from, to);
result.getDeleted = deleted.deletedRecords.some((r) => r.id === created.id) && deleted.latestDateCovered.length > 0;
const updated = await contacts.updated(from, to);
result.getUpdated = [updated.ids.includes(upserted[0].id), updated.ids.includes(created.id)];
result.tooEarly = await refused(() => contacts.updated(new Date(now - 40 * 86400000), to));

// Search.
const search = await org.search('FIND {"23125-0" OR Verb*} IN ALL FIELDS RETURNING Contact(Id, Name LIMIT 3), Account(Name)');
result.search = search.searchRecords.map((r) => [r.attributes.type, r.Name]).filter(([, name]) => name.startsWith("Verbund"));
result.noSearch = await refused(() => org.search("FIND nothing"));

// Bulk: jsforce pipes each page into a stream that the first page's end closes, so
// it can read results of one page only; go-salesforce judges those of several.
const stream = await org.bulk2.query("SELECT Id, Name, Account.Name FROM Contact WHERE LastName LIKE 'Muster-%'", { pollInterval: 20, pollTimeout: 10000 });
const rows = await stream.toArray();
result.bulk = rows.length;
result.bulkIds = new Set(rows.map((r) => r.Id)).size;
result.bulkCompany = rows[0]["Account.Name"];

// Refusals, and the ways out and in again.
result.errors = [
  await refused(() => org.query("SELECT Nothing FROM Contact")),
  await refused(() => org.query("SELECT Id FROM Nothing")),
  await refused(() => org.query("SELECT FROM")),
  await refused(() => contacts.create({ FirstName: "Ohne" })),
  await refused(() => contacts.create({ LastName: "x".repeat(81) })),
  await refused(() => contacts.retrieve("003000000000000AAA")),
];
result.limit = org.limitInfo.apiUsage.limit;
const token = org.accessToken;
await org.logout();
const after = new jsforce.Connection({ instanceUrl: url, accessToken: token, version: "66.0" });
result.loggedOut = await refused(() => after.query("SELECT Id FROM Contact LIMIT 1"));
const soap = new jsforce.Connection({ loginUrl: url, version: "62.0" });
const who = await soap.login(username, password);
result.soap = [who.id === me.user_id, (await soap.query("SELECT Id FROM Contact LIMIT 1")).totalSize];
console.log(JSON.stringify(result, null, 1));
