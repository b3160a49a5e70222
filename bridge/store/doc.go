// Package store keeps what cannot be rebuilt in state.db: orgs, links, groups,
// agents, administrators, sessions, the audit trail, what links remember, and
// the calls: those that live in a log (living.go), the others in the journal.
//
//	panel, config import ─► Save…, Delete…, Import ─► one transaction with its audit row ─┐
//	agents' sign-ins     ─► SaveSession, TakeSession, Bind ─► queue ─► group commit ──────┴► state.db
//	daemon, panel        ◄─ Document, Agents, SessionByToken … ◄─ pool of readers ◄─────────┘
//
// SQLite has one writer, and a commit that survives a power cut costs a flush
// of the disk. So there is one writing connection, and the small writes that
// come in thousands when all agents reconnect share their commits: a goroutine,
// started by Open and joined by Close, takes what waits in the queue, writes it
// in one transaction and answers each after COMMIT. The queue is bounded; when
// it is full the caller waits, until its context ends. What was answered with
// nil is on the disk.
//
// Client secrets and link passwords are sealed with the key given to Open, each
// bound to its place. They leave the store by Document alone; Orgs and Links,
// which the panel shows, are without them. Only one process opens the folder:
// see LockData.
package store
