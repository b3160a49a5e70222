// Package outbox writes call activities into Salesforce: each once, whatever
// crashes. One Writer works for one org, on what bridge/store keeps for it.
//
//	store ─► due entries ─► doubtful? ask the org by CallObject ─► its Task, or none
//	                      ├ no Task yet: claim (noted on disk) ─► create ─► settle
//	                      ├ Task known, something else is wanted: update what differs ─► settle
//	                      └ to be deleted: delete ─► forget
//
// A Task is created only after the disk knows that it may be there, so that a
// crash, a lost reply or a stop between sending and noting leaves a doubtful
// entry, which is never sent again before the org was asked. The call's id in
// CallObject tells what is ours.
//
// Up to 200 Tasks travel in one request, in the order of their time. What one of
// them is refused for concerns that one (see refusal.go); what concerns the org
// (its limits, its sign-in, no network) pauses the writer and touches nothing.
// Nothing queues up in memory: what waits is in the database, which bounds it.
package outbox
