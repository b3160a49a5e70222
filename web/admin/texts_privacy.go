package admin

// elsewhereTexts are the sentences about where personal data may be that the
// bridge cannot reach, in German. They are said by `ctibridge privacy` as well.
func elsewhereTexts() map[string]string {
	return map[string]string{
		"Salesforce: leads, contacts, accounts and call activities (Tasks). Erase them there; what stays there is copied into the directory again by the next full sync.":     "Salesforce: Leads, Kontakte, Accounts und Anrufaktivitäten (Aufgaben). Löschen Sie sie dort; was dort bleibt, kommt beim nächsten vollen Abgleich wieder ins Verzeichnis.",
		"The telephone system: its call records, voice mails and the telephones' own lists.":                                                                                  "Die Telefonanlage: ihre Verbindungsdaten, Sprachnachrichten und die Listen der Telefone.",
		"The bridge's configuration: exclusions and numbers that are not dialled (dialBlocked). Take the number out there if it is to go: it is treated like any other then.": "Die Einstellungen der Bridge: Ausnahmen und Nummern, die nicht gewählt werden (dialBlocked). Nehmen Sie die Nummer dort heraus, wenn sie verschwinden soll: Dann gilt sie wie jede andere.",
		"Backups of the data folder, and address-book files that were imported: erase or re-import those.":                                                                    "Sicherungen des Datenordners und eingelesene Adressbuchdateien: Löschen Sie sie, oder lesen Sie sie neu ein.",
		"Logs: they have call ids and agent ids, and no number and no name; keep them for 14 days at most.":                                                                   "Protokolldateien: Darin stehen Kennungen von Anrufen und Agenten, keine Nummer und kein Name; bewahren Sie sie höchstens 14 Tage auf.",
		"Browsers: an open panel shows a call until the tab is reloaded.":                                                                                                     "Browser: Ein offenes Panel zeigt einen Anruf, bis der Tab neu geladen wird.",
		"The bridge's configuration: the agent's e-mail address and extensions. Delete the agent in the panel.":                                                               "Die Einstellungen der Bridge: E-Mail-Adresse und Nebenstellen des Agenten. Löschen Sie den Agenten in der Verwaltung.",
		"The bridge's audit trail: who changed the agent's settings, for as long as retention.audit says.":                                                                    "Das Protokoll der Bridge: wer die Einstellungen des Agenten geändert hat, so lange, wie retention.audit es sagt.",
	}
}
