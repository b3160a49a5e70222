package admin

// orgTexts are the sentences about orgs (lookup.Advice), in German.
func orgTexts() map[string]string {
	return map[string]string{
		"The org is switched off: nothing is asked of it, and its agents get no pops.": "Die Org ist ausgeschaltet: Sie wird nichts gefragt, und ihre Agenten bekommen keine Pops.",
		"Switch it on to use it again.": "Schalten Sie sie ein, um sie wieder zu benutzen.",
		"The bridge signs in with a password by SOAP login(), which Salesforce ends in summer 2027.":                                           "Die Bridge meldet sich mit einem Passwort über SOAP login() an; Salesforce stellt das im Sommer 2027 ab.",
		"Create an external client app and change the sign-in to client credentials.":                                                          "Legen Sie eine externe Client-Anwendung an und stellen Sie die Anmeldung auf Client Credentials um.",
		"Look in Setup, Company Information, for who uses the calls; raise the org's “Stop at”, or buy more.":                                  "Sehen Sie im Setup unter „Unternehmensinformationen“ nach, wer die Aufrufe verbraucht; setzen Sie die Grenze der Org höher oder kaufen Sie Aufrufe dazu.",
		"Delete or archive records, or buy storage: once it is full, Salesforce refuses new records, logged calls among them.":                 "Löschen oder archivieren Sie Datensätze oder kaufen Sie Speicher: Ist er voll, nimmt Salesforce keine neuen Datensätze mehr an, auch keine Anrufprotokolle.",
		"Look in Setup, Bulk Data Load Jobs, for who starts them. When they are used up, the bridge reads by single queries, which is slower.": "Sehen Sie im Setup unter „Massendatenladeaufträge“ nach, wer sie startet. Sind sie verbraucht, liest die Bridge mit einzelnen Abfragen, was länger dauert.",
		"%s per cent of the org's API calls for 24 hours are used, so it is not polled now: changes come by hints and by “Sync now”.":          "%[1]s Prozent der API-Aufrufe der Org für 24 Stunden sind verbraucht; sie wird jetzt nicht abgefragt: Änderungen kommen durch Hinweise und durch „Jetzt abgleichen“.",
		"%s per cent of the org's API calls for 24 hours are used, so it is polled only every %s.":                                             "%[1]s Prozent der API-Aufrufe der Org für 24 Stunden sind verbraucht; sie wird nur noch alle %[2]s abgefragt.",
		"At the present rate of %s an hour, the org's API calls for 24 hours are used up at %s.":                                               "Bei jetzt %[1]s in der Stunde sind die API-Aufrufe der Org für 24 Stunden um %[2]s verbraucht.",
		"%s per cent of the org's data storage are used.":                                                                                      "%[1]s Prozent des Datenspeichers der Org sind belegt.",
		"%s per cent of the org's Bulk API jobs for 24 hours are used.":                                                                        "%[1]s Prozent der Bulk-API-Aufträge der Org für 24 Stunden sind verbraucht.",
		"The org's new refresh token could not be stored.":                                                                                     "Das neue Refresh-Token der Org ließ sich nicht speichern.",
		"Look at the log for the reason, a full disk as a rule; after a restart somebody has to sign in to Salesforce again.":                  "Den Grund nennt das Protokoll, meist eine volle Platte; nach einem Neustart muss sich jemand wieder bei Salesforce anmelden.",
	}
}
